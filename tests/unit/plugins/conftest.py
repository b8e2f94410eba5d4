# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Settings and fixtures of the plugins' tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

# The same examples in every run, on a machine of any speed.
set_hypothesis_home_dir(Path(__file__).resolve().parents[3] / "build" / "cache" / "hypothesis")
settings.register_profile("unit", derandomize=True, deadline=None, database=None)
settings.load_profile("unit")


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Do not wait between repetitions; the list holds the seconds that would have been waited."""
    pauses: list[float] = []
    monkeypatch.setattr("keystoneauth1.session.time.sleep", pauses.append)
    return pauses
