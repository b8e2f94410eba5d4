# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The hosts of an inventory, their variables and groups, decided from what the cloud answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._inventory import (
    Filters,
    groups,
    snapshot,
    unusable,
    variables_by_host,
)
from fake.cloud import FakeCloud

EVERY = Filters()


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "cmp04")
    cloud.aggregate("nvme", "cmp01", "cmp02", zone="az1", tier="gold", ssd="true")
    cloud.aggregate("gpu", "cmp02", "cmp03", tier="silver")
    cloud.aggregate("empty", zone="az9")
    cloud.world.hosts["cmp01"].enabled = False
    cloud.world.hosts["cmp03"].up = False
    return cloud


def observed(cloud: FakeCloud) -> Any:
    """Return the snapshot of the cloud as a cache keeps it."""
    nova = cloud.connect_directly().nova
    return json.loads(json.dumps(snapshot(nova.services(), nova.hypervisors(), nova.aggregates())))


def safe(text: str) -> str:
    return re.sub(r"\W", "_", text)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (EVERY, ["cmp01", "cmp02", "cmp03", "cmp04"]),
        (Filters(aggregates=["nvme"]), ["cmp01", "cmp02"]),
        (Filters(aggregates=["1", "gpu"]), ["cmp01", "cmp02", "cmp03"]),
        (Filters(aggregates=["empty"]), []),
        (Filters(aggregates=[]), []),
        (Filters(zones=["az1"]), ["cmp01", "cmp02"]),
        (Filters(zones=["az1", "nova"]), ["cmp01", "cmp02", "cmp03", "cmp04"]),
        (Filters(zones=["az9"]), []),
        (Filters(status="disabled"), ["cmp01"]),
        (Filters(state="up"), ["cmp01", "cmp02", "cmp04"]),
        (Filters(aggregates=["nvme"], status="enabled", state="up"), ["cmp02"]),
    ],
)
def test_filters(cloud: FakeCloud, filters: Filters, names: list[str]) -> None:
    assert list(variables_by_host(observed(cloud), filters)) == names


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(aggregates=["nvme", "nmve"]), "There is no aggregate 'nmve': the cloud has empty, gpu, nvme."),
        (Filters(zones=["az2"]), "There is no availability zone 'az2': the cloud has az1, az9, nova."),
    ],
)
def test_a_misspelt_filter_is_no_empty_inventory(cloud: FakeCloud, filters: Filters, message: str) -> None:
    with pytest.raises(Refused, match=re.escape(message)):
        variables_by_host(observed(cloud), filters)


def test_the_metadata_of_all_aggregates_of_a_host_meets(cloud: FakeCloud) -> None:
    variables = variables_by_host(observed(cloud), EVERY)
    assert variables["cmp02"]["nova_aggregate_metadata"] == {"ssd": ["true"], "tier": ["gold", "silver"]}
    assert [aggregate["name"] for aggregate in variables["cmp02"]["nova_aggregates"]] == ["gpu", "nvme"]
    assert variables["cmp04"]["nova_aggregates"] == [] and variables["cmp04"]["nova_aggregate_metadata"] == {}


def test_groups(cloud: FakeCloud) -> None:
    by_group, warnings = groups(variables_by_host(observed(cloud), EVERY), safe)
    assert warnings == []
    assert by_group == {
        "aggregate_nvme": ["cmp01", "cmp02"],
        "aggregate_gpu": ["cmp02", "cmp03"],
        "availability_zone_az1": ["cmp01", "cmp02"],
        "availability_zone_nova": ["cmp03", "cmp04"],
        "service_disabled": ["cmp01"],
        "service_enabled": ["cmp02", "cmp03", "cmp04"],
        "service_up": ["cmp01", "cmp02", "cmp04"],
        "service_down": ["cmp03"],
    }


def test_aggregates_that_would_share_a_group_have_none(cloud: FakeCloud) -> None:
    cloud.aggregate("nvme fast", "cmp01")
    cloud.aggregate("nvme-fast", "cmp03", "cmp04")
    by_group, warnings = groups(variables_by_host(observed(cloud), EVERY), safe)
    assert "aggregate_nvme_fast" not in by_group and "aggregate_nvme" in by_group
    (warning,) = warnings
    assert "There is no group aggregate_nvme_fast, for 'aggregate_nvme fast' and 'aggregate_nvme-fast'" in warning
    # Where the filters leave only hosts of one aggregate, the group is not shared.
    by_group, warnings = groups(variables_by_host(observed(cloud), Filters(aggregates=["nvme-fast"])), safe)
    assert by_group["aggregate_nvme_fast"] == ["cmp03", "cmp04"] and warnings == []


def test_bare_metal_and_a_host_without_hypervisor_have_none(cloud: FakeCloud) -> None:
    nova = cloud.connect_directly().nova
    first, *_others = nova.hypervisors()
    variables = variables_by_host(snapshot(nova.services(), [first, first], []), EVERY)
    assert variables["cmp01"]["nova_hypervisor"] is None and variables["cmp02"]["nova_hypervisor"] is None


def test_names_that_would_mean_something_else() -> None:
    names = ["cmp01", "cmp-1.example", "-oProxyCommand=x", "localhost", "all", "a b", "", "x:22", "ü", "a\n"]
    assert unusable(names, ["all", "localhost"]) == names[2:]
