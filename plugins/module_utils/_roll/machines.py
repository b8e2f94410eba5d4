# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether the machines that Ansible reaches are the hosts that Nova empties. Pure.

An inventory may lead to another machine, and then that one would be upgraded and rebooted under its guests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._openstack.hypervisor import Hypervisor
from .._text import listed


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as it told of itself.

    :ivar boot: the id of its boot, which no other machine has; containers have that of theirs.
    """

    name: str
    boot: str
    addresses: frozenset[str]

    @classmethod
    def read(cls, printed: str) -> Machine:
        """Return the machine that printed a line each: its name, the id of its boot, and its addresses."""
        lines = [line.strip() for line in printed.splitlines()] + ["", "", ""]
        return cls(lines[0], lines[1], frozenset(lines[2].split()))

    def is_host(self, host: str, hypervisor: Hypervisor | None) -> bool:
        """Return whether this is the machine of a host: it has its name, that of its hypervisor, or its address."""
        names = {_short(host)} | ({_short(hypervisor.name)} if hypervisor else set())
        return _short(self.name) in names or bool(hypervisor and hypervisor.address in self.addresses)


def _short(name: str) -> str:
    return name.split(".")[0].lower()


def problems_of_machines(
    machines: Mapping[str, Machine], places: Mapping[str, str], hypervisors: Mapping[str, Hypervisor]
) -> Iterator[str]:
    """Yield what is wrong, a sentence each.

    :param machines: the machine of each host. :param places: the hosts' names in the inventory.
    """
    others = []
    for host, machine in machines.items():
        if not machine.is_host(host, hypervisors.get(host)):
            there = f"a machine called {machine.name!r}" if machine.name else "a machine that tells no name"
            others.append(f"{places[host]!r}, the host {host} of Nova by the inventory, leads to {there}")
    if others:
        yield (
            f"{listed(others)}: correct nova_host or the connection, or set rolling_upgrade_check_machines to false if "
            "names really differ."
        )
    hosts: dict[tuple[str, str], list[str]] = {}
    for host, machine in machines.items():
        hosts.setdefault((machine.name, machine.boot), []).append(host)
    for (name, _boot), several in hosts.items():
        if len(several) > 1:
            yield f"{listed(several)} lead to one machine, called {name!r}: correct the inventory."
