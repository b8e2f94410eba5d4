# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The machines that Ansible reaches are the hosts that Nova empties."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.hypervisor import Hypervisor
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.machines import Machine, problems_of_machines

HYPERVISORS = {
    host: Hypervisor(f"id-{host}", f"{long}.example", host, None, 1, address=f"192.0.2.{number}")
    for number, (host, long) in enumerate({"cmp01": "node-a", "cmp02": "node-b"}.items(), start=1)
}
PLACES = {"cmp01": "first", "cmp02": "second"}


def problems(**printed: str) -> list[str]:
    return list(problems_of_machines({host: Machine.read(text) for host, text in printed.items()}, PLACES, HYPERVISORS))


@pytest.mark.parametrize(
    "printed",
    ["cmp01\nboot-1\n", "CMP01.rack2.example\nboot-1\n", "node-a\nboot-1\n", "odd\nboot-1\n10.0.0.1 192.0.2.1 \n"],
)
def test_a_machine_is_known_by_the_name_of_the_host_or_its_hypervisor_or_by_its_address(printed: str) -> None:
    assert problems(cmp01=printed) == []


@pytest.mark.parametrize(("printed", "who"), [("cmp02\nboot-1\n192.0.2.2\n", "called 'cmp02'"), ("", "tells no name")])
def test_another_machine_is_refused(printed: str, who: str) -> None:
    (problem,) = problems(cmp01=printed)
    assert (
        problem.startswith("'first', the host cmp01 of Nova by the inventory, leads to a machine ") and who in problem
    )


def test_hundreds_of_other_machines_are_one_sentence() -> None:
    hosts = [f"cmp{number:03}" for number in range(500)]
    machines = {host: Machine(f"other-{host}", f"boot-of-{host}", frozenset()) for host in hosts}
    (problem,) = problems_of_machines(machines, {host: host for host in hosts}, {})
    assert "and 490 more: correct nova_host" in problem and len(problem) < 1500


def test_two_hosts_that_lead_to_one_machine_are_refused() -> None:
    both = "gateway\nboot-1\n192.0.2.1 192.0.2.2\n"
    assert problems(cmp01=both, cmp02=both) == [
        "cmp01, cmp02 lead to one machine, called 'gateway': correct the inventory."
    ]
    assert problems(cmp01="gateway\nboot-1\n192.0.2.1\n", cmp02="gateway\nboot-2\n192.0.2.2\n") == []
