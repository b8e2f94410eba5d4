# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll that has not begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plugins.module_utils._roll.runs import Runs


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)
