# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Traits of providers: those with a prefix are changed, and all others are left as they are."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.placement import Placement

from tests.unit.fake.cloud import FakeCloud

PREFIX = "CUSTOM_OURS_"
FOREIGN = "CUSTOM_SSD"


@pytest.fixture
def placement(cloud: FakeCloud) -> Placement:
    cloud.world.known_traits.add(FOREIGN)
    cloud.world.hosts["cmp01"].traits = {FOREIGN}
    return cloud.connect().placement


def test_a_trait_replaces_those_with_its_prefix_and_no_other(cloud: FakeCloud, placement: Placement) -> None:
    host = cloud.world.hosts["cmp01"]
    placement.set_trait(host.provider, PREFIX, f"{PREFIX}1")
    placement.set_trait(host.provider, PREFIX, f"{PREFIX}2")
    assert host.traits == {FOREIGN, f"{PREFIX}2"}
    assert f"{PREFIX}1" not in cloud.world.known_traits
    placement.set_trait(host.provider, PREFIX, None)
    assert host.traits == {FOREIGN} and FOREIGN in cloud.world.known_traits


def test_a_trait_that_another_host_carries_is_not_deleted(cloud: FakeCloud, placement: Placement) -> None:
    for name in ("cmp01", "cmp02"):
        placement.set_trait(cloud.world.hosts[name].provider, PREFIX, f"{PREFIX}1")
    placement.set_trait(cloud.world.hosts["cmp01"].provider, PREFIX, None)
    assert placement.providers_by_trait(PREFIX) == {f"{PREFIX}1": [cloud.world.hosts["cmp02"].provider]}


def test_traits_are_listed_by_prefix_also_those_that_no_host_carries(cloud: FakeCloud, placement: Placement) -> None:
    cloud.world.known_traits.add(f"{PREFIX}UNUSED")
    assert placement.providers_by_trait(PREFIX) == {f"{PREFIX}UNUSED": []}
    assert placement.providers_by_trait(FOREIGN) == {FOREIGN: [cloud.world.hosts["cmp01"].provider]}


def test_an_error_names_the_trait(placement: Placement) -> None:
    with pytest.raises(CloudError, match="Could not create the trait not-a-trait"):
        placement.set_trait("provider", PREFIX, "not-a-trait")
