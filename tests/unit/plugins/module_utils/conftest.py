# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A cloud of three hosts in one aggregate, and an operator who maintains them."""

from __future__ import annotations

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03", ssd="true")
    return cloud


@pytest.fixture
def operator(cloud: FakeCloud) -> Operator:
    return Operator(cloud)


@pytest.fixture
def guests(cloud: FakeCloud) -> dict[str, Guest]:
    """Return three servers of cmp01; a server of each other host must stay where it is."""
    kinds = {"web": "active", "frozen": "paused", "db": "stopped"}
    for name in ("cmp02", "cmp03"):
        cloud.boot(f"of-{name}", name)
    return {name: cloud.boot(name, "cmp01", state) for name, state in kinds.items()}
