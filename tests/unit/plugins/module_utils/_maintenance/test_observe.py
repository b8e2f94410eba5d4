# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a maintenance observes of the cloud before it begins."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator


def test_an_unknown_host_is_refused(operator: Operator) -> None:
    with pytest.raises(Refused, match="no compute host 'cmp09' .* cmp01, cmp02, cmp03"):
        operator.look_to_start("cmp09")


def test_a_hypervisor_that_is_not_named_like_its_host(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.world.hosts["cmp01"].hypervisor = "blade-7.example"
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_a_cloud_that_does_not_list_hypervisors_is_an_error(cloud: FakeCloud, operator: Operator) -> None:
    cloud.faults.plant(status(403), "/os-hypervisors", "GET")
    with pytest.raises(CloudError, match="Could not list the hypervisors"):
        operator.look_to_stop("cmp01")
