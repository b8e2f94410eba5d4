# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A soak that is told to stop does not go on with its next try."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud.embedded.layout import Layout
from tests.soak.playbook import Execution
from tests.soak.runs import Runs, SoakError


def test_no_playbook_begins_any_more(tmp_path: Path) -> None:
    runs = Runs(tmp_path, Layout(tmp_path / "state", tmp_path / "venv"))
    runs.end()
    with pytest.raises(SoakError, match="was stopped"):
        runs.start("start_maintenance", Execution.WORKER)
    assert runs.count == 0
