# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers that Nova never live-migrates: named before anything is touched, from what their flavors and images say."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.rules import unmovable
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.fields import Fields
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.operator import Operator

BOUND = {
    "vTPM": {"hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb"},
    "vTPM with a secret of its owner": {"hw:tpm_version": "2.0", "hw:tpm_secret_security": "user"},
    "PCI alias": {"pci_passthrough:alias": "gpu:1"},
    "accelerator": {"accel:device_profile": "fpga"},
    "persistent memory": {"hw:pmem": "6GB"},
    "encrypted memory": {"hw:mem_encryption": "true"},
}
FREE = {
    "vTPM with a secret of the deployment": {"hw:tpm_version": "2.0", "hw:tpm_secret_security": "deployment"},
    "vTPM with a secret of the host": {"hw:tpm_version": "2.0", "hw:tpm_secret_security": "host"},
    "no encrypted memory": {"hw:mem_encryption": "False"},
    "nothing": {},
}


def server(specs: dict[str, str], properties: dict[str, str], vm_state: str = "active") -> Server:
    """As Nova shows one, with the properties of its image from 2.98 on."""
    raw: dict[str, Any] = {"id": "x", "name": "web", "status": "ACTIVE", "OS-EXT-STS:vm_state": vm_state}
    flavor = {"extra_specs": specs, "ram": 1024, "vcpus": 1, "disk": 1}
    return Server.read(Fields({**raw, "flavor": flavor, "image": {"id": "image", "properties": properties}}, ""))


@pytest.mark.parametrize("specs", BOUND.values(), ids=BOUND)
def test_its_flavor_keeps_it_from_moving_live(cloud: FakeCloud, operator: Operator, specs: dict[str, str]) -> None:
    cloud.boot("web", "cmp01", extra_specs=specs)
    cloud.boot("other", "cmp01")
    with pytest.raises(Refused, match="'web' .* cannot leave: it has .* in its flavor, and Nova does not live-migrate"):
        operator.look_to_start("cmp01")
    assert cloud.writes == []
    result = operator.start("cmp01", leave_unmovable=True)
    assert [server["name"] for server in result["left"]] == ["web"] and cloud.names_on("cmp01") == ["web"]


@pytest.mark.parametrize("state", ["active", "stopped"])
def test_left_there_it_must_not_run_when_the_host_has_to_be_empty(
    cloud: FakeCloud, operator: Operator, state: str
) -> None:
    """Its owner may have started it since the drain."""
    guest = cloud.boot("web", "cmp01", extra_specs=BOUND["PCI alias"], vm_state="stopped")
    leaving: dict[str, Any] = {"leave_stopped": True, "leave_unmovable": True}
    operator.start("cmp01", **leaving)
    guest.vm_state = state
    if state == "stopped":
        assert [server["name"] for server in operator.start("cmp01", standing=True, **leaving)["left"]] == ["web"]
        return
    with pytest.raises(
        Interrupted, match="'cmp01' holds running servers, .* neither upgraded nor rebooted: web."
    ) as why:
        operator.start("cmp01", standing=True, **leaving)
    assert [server["name"] for server in why.value.facts["left"]] == ["web"]


@pytest.mark.parametrize("specs", FREE.values(), ids=FREE)
def test_its_flavor_lets_it_move(cloud: FakeCloud, operator: Operator, specs: dict[str, str]) -> None:
    cloud.boot("web", "cmp01", extra_specs=specs)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


@pytest.mark.parametrize("specs", BOUND.values(), ids=BOUND)
def test_shut_off_it_moves_cold(cloud: FakeCloud, operator: Operator, specs: dict[str, str]) -> None:
    cloud.boot("db", "cmp01", "stopped", extra_specs=specs)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


@pytest.mark.parametrize(
    ("properties", "bound"),
    [
        ({"hw_tpm_version": "2.0", "hw_tpm_model": "tpm-crb"}, "hw_tpm_version in its image"),
        ({"hw_mem_encryption": "true"}, "hw_mem_encryption in its image"),
        ({"hw_mem_encryption": "false"}, None),
        ({"hw_disk_bus": "virtio"}, None),
    ],
)
def test_its_image_may_keep_it_too(properties: dict[str, str], bound: str | None) -> None:
    why = unmovable(server({}, properties))
    assert (bound in why if why else False) if bound else why is None


def test_on_the_way_home_one_that_cannot_is_named(cloud: FakeCloud, operator: Operator) -> None:
    """Its owner resized it meanwhile."""
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01")
    guest.extra_specs["pci_passthrough:alias"] = "gpu:1"
    work = operator.look_to_stop("cmp01")
    result = work.apply()
    assert [server["name"] for server in result["left"]] == ["web"] and "pci_passthrough:alias" in result["left"][0][
        "reason"
    ]
    assert any("'web'" in warning for warning in work.warnings)
