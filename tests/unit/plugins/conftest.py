# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Fixtures of the tests that use the fake cloud."""

from __future__ import annotations

import pytest


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Do not wait between repetitions; the list holds the seconds that would have been waited."""
    pauses: list[float] = []
    monkeypatch.setattr("keystoneauth1.session.time.sleep", pauses.append)
    return pauses
