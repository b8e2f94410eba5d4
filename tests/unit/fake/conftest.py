# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A fake cloud of three hosts, and raw requests to it."""

from __future__ import annotations

import pytest
from fake.cloud import FakeCloud
from sites import Api


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.world.hides_soft_deleted = True
    return cloud


@pytest.fixture
def api(cloud: FakeCloud) -> Api:
    """Return raw requests as the administrator."""
    return Api(cloud.session(), cloud.auth())
