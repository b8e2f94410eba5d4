# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How each kind of server moves, and what keeps a server from moving."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD, LIVE
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.rules import kind_of_move, runs, unmovable
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.fields import Fields
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server

from tests.unit.fake.attempts import HERE


@pytest.mark.parametrize(("vm_state", "kind"), [("active", LIVE), ("paused", LIVE), ("stopped", COLD), ("error", None)])
def test_a_running_server_moves_live_only(vm_state: str, kind: str | None) -> None:
    assert kind_of_move(replace(HERE, vm_state=vm_state)) == kind


@pytest.mark.parametrize(
    ("policy", "blocks"),
    [("affinity", True), ("anti-affinity", False), ("soft-affinity", False), ("soft-anti-affinity", False)],
)
def test_only_an_affinity_group_keeps_a_server_from_moving(policy: str, blocks: bool) -> None:
    groups = [Group("g", "pair", policy, frozenset({"s", "t"}))]
    assert (unmovable(HERE, groups) is not None) is blocks
    assert unmovable(replace(HERE, id="other"), groups) is None


def test_a_task_under_way_keeps_no_server_from_moving() -> None:
    assert unmovable(replace(HERE, vm_state="building", task_state="spawning")) is None
    assert unmovable(replace(HERE, vm_state="building")) is not None


@pytest.mark.parametrize(
    ("vm_state", "running"),
    [("active", True), ("paused", True), ("error", True), ("rescued", True), ("stopped", False), ("suspended", False)],
)
def test_a_server_that_may_run_counts_as_running(vm_state: str, running: bool) -> None:
    assert runs(replace(HERE, vm_state=vm_state)) is running


@pytest.mark.parametrize(
    ("specs", "bound"),
    [
        ({"accel:device_profile": "fpga"}, "accel:device_profile in its flavor"),
        ({"hw:pmem": "4GB"}, "hw:pmem in its flavor"),
        ({"hw:mem_encryption": "True"}, "hw:mem_encryption in its flavor"),
        ({"hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb"}, "hw:tpm_version in its flavor"),
        ({"hw:tpm_version": "2.0", "hw:tpm_secret_security": "user"}, "hw:tpm_version in its flavor"),
        ({"hw:tpm_version": "2.0", "hw:tpm_secret_security": "host"}, None),
        ({"pci_passthrough:alias": "gpu:1"}, "pci_passthrough:alias in its flavor"),
        ({"hw:mem_encryption": "false", "hw:cpu_policy": "dedicated"}, None),
    ],
)
def test_a_flavor_may_keep_a_running_server_from_moving(specs: dict[str, str], bound: str | None) -> None:
    raw = {"id": "s", "name": "web", "status": "ACTIVE", "OS-EXT-STS:vm_state": "active", "image": ""}
    server = Server.read(Fields({**raw, "flavor": {"ram": 512, "extra_specs": specs}}, ""))
    assert server.bound == bound
    assert (unmovable(server) is None) == (bound is None)
    assert unmovable(server, cold=True) is None and unmovable(replace(server, vm_state="stopped")) is None
