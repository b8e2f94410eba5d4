# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A cloud that an inventory can be made of, on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.loopback import served


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with served("cmp01", "cmp02", "cmp03") as cloud:
        cloud.aggregate("nvme", "cmp01", "cmp02", zone="az1", tier="gold")
        yield cloud
