# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Names of traits."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.placement import Placement

from tests.unit.fake.cloud import FakeCloud

PREFIX = "CUSTOM_OURS_"


@pytest.fixture
def placement(cloud: FakeCloud) -> Placement:
    cloud.world.known_traits.add("CUSTOM_SSD")
    return cloud.connect().placement


def test_traits_are_listed_by_prefix_and_deleted_once(placement: Placement) -> None:
    for number in (1, 1, 2):
        placement.create_trait(f"{PREFIX}{number}")
    assert placement.traits(PREFIX) == [f"{PREFIX}1", f"{PREFIX}2"]
    for _time in range(2):
        placement.delete_trait(f"{PREFIX}1")
    assert placement.traits(PREFIX) == [f"{PREFIX}2"] and placement.traits("CUSTOM_S") == ["CUSTOM_SSD"]


def test_an_error_names_the_trait(placement: Placement) -> None:
    with pytest.raises(CloudError, match="Could not create the trait not-a-trait"):
        placement.create_trait("not-a-trait")
