# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The machines that Ansible reaches are the hosts that Nova empties, or nothing is touched."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.hypervisor import Hypervisor
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.machines import Machine, problems_of_machines

from tests.unit.fake.cloud import FakeCloud

PLACES = {"cmp01": "at-cmp01", "cmp02": "at-cmp02"}


@pytest.fixture
def hypervisors() -> dict[str, Hypervisor]:
    cloud = FakeCloud("cmp01", "cmp02")
    cloud.world.hosts["cmp01"].hypervisor = "kvm1.example"
    cloud.world.hosts["cmp01"].address = "192.0.2.11"
    return {hypervisor.host: hypervisor for hypervisor in cloud.connect().nova.hypervisors()}


def problems(hypervisors: dict[str, Hypervisor], **printed: str) -> list[str]:
    """:param printed: what the machine of each host told of itself."""
    machines = {host: Machine.read(text) for host, text in printed.items()}
    return list(problems_of_machines(machines, PLACES, hypervisors))


@pytest.mark.parametrize(
    "printed",
    [
        "cmp01\nboot1\n10.0.0.1\n",
        "CMP01.example.org\nboot1\n\n",
        "kvm1\nboot1\n",
        "localhost\nboot1\n10.0.0.1 192.0.2.11\n",
    ],
)
def test_a_machine_is_known_by_its_name_its_hypervisor_s_name_or_its_address(
    hypervisors: dict[str, Hypervisor], printed: str
) -> None:
    assert problems(hypervisors, cmp01=printed) == []


@pytest.mark.parametrize(
    ("printed", "what"),
    [
        ("cmp02\nboot2\n192.0.2.12\n", "a machine called 'cmp02'"),
        ("", "a machine that tells no name"),
        ("cmp011\nboot1\n192.0.2.111\n", "a machine called 'cmp011'"),
    ],
)
def test_another_machine_is_refused(hypervisors: dict[str, Hypervisor], printed: str, what: str) -> None:
    (problem,) = problems(hypervisors, cmp01=printed)
    assert problem.startswith(f"'at-cmp01', the host cmp01 of Nova by the inventory, leads to {what}: correct nova_host")


def test_two_hosts_that_lead_to_one_machine_are_refused(hypervisors: dict[str, Hypervisor]) -> None:
    both = "cmp02\nboot2\n192.0.2.11\n"
    assert problems(hypervisors, cmp01=both, cmp02=both) == [
        "cmp01, cmp02 lead to one machine, called 'cmp02': correct the inventory."
    ]


def test_a_host_without_a_hypervisor_is_known_by_its_name() -> None:
    assert problems({}, cmp01="cmp01\nboot\n\n") == []
