# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Settings and fixtures of the plugins' tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

# The same examples in every run, on a machine of any speed, and no files left behind.
settings.register_profile("unit", derandomize=True, deadline=None, database=None)
settings.load_profile("unit")


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Do not wait between repetitions; the list holds the seconds that would have been waited."""
    pauses: list[float] = []
    monkeypatch.setattr("keystoneauth1.session.time.sleep", pauses.append)
    return pauses
