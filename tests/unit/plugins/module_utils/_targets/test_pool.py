# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which hosts may take the servers of a host."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Aggregate, Service
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.pool import pool_of, usable_hosts

NVME = Aggregate("nvme", 1, "u1", hosts=("a", "b", "c"))
SSD = Aggregate("ssd", 2, "u2", hosts=("c", "d"))
ALL = [NVME, SSD]


@pytest.mark.parametrize(
    ("host", "members", "targets", "hosts", "aggregates"),
    [
        ("a", [], None, ("b", "c"), ("u1",)),
        ("a", [NVME], None, ("b", "c"), ("u1",)),
        ("c", [NVME, SSD], None, ("a", "b", "d"), ("u1", "u2")),
        ("a", [NVME], ["b", "z"], ("b",), ("u1",)),
        ("a", [], ["b", "z", "a"], ("b", "z"), ()),
        ("a", [], [], (), ()),
    ],
)
def test_the_pool_of_a_host(
    host: str,
    members: list[Aggregate],
    targets: Collection[str] | None,
    hosts: tuple[str, ...],
    aggregates: tuple[str, ...],
) -> None:
    pool = pool_of(host, ALL, members, targets)
    assert (pool.hosts, pool.aggregates) == (hosts, aggregates)


@pytest.mark.parametrize(
    ("host", "members", "says"),
    [
        ("c", [], r"in 2 aggregates \('nvme', 'ssd'\)"),
        ("z", [], r"in 0 aggregates \(none\)"),
        ("a", [SSD], "no member of the aggregate 'ssd'"),
    ],
)
def test_options_that_leave_no_clear_pool_are_refused(host: str, members: list[Aggregate], says: str) -> None:
    with pytest.raises(Refused, match=says):
        pool_of(host, ALL, members, None)


def service(host: str, enabled: bool = True, up: bool = True, reason: str | None = None) -> Service:
    return Service(host, "nova-compute", host, "nova", enabled, up, reason, None)


def test_usable_hosts_and_why_the_others_are_not() -> None:
    mark = "stackops:me:20261121T101500Z:migrate"
    services = [
        service("a"),
        service("b", enabled=False),
        service("c", enabled=False, reason=mark),
        service("d", up=False),
    ]
    usable, unusable = usable_hosts("abcde", services)
    assert usable == ["a"]
    assert unusable == {
        "b": "it is disabled",
        "c": "it is in maintenance",
        "d": "its compute service is down",
        "e": "it has no compute service",
    }
