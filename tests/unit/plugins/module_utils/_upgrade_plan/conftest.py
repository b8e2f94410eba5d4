# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A pool that a test fills."""

from __future__ import annotations

import pytest
from fake.fleets import PoolBuilder


@pytest.fixture
def pool() -> PoolBuilder:
    return PoolBuilder()
