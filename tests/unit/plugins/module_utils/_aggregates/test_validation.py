# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What Nova would refuse is refused before the first write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.change import Change
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.rehearsal import Rehearsal
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.steps import ordered
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.validation import check, joining, leaving
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.service import Service

NVME = Aggregate("nvme", 1, "uuid-1", hosts=("a", "b"), metadata={"ssd": "true"})
AZ1 = Aggregate("az1", 2, "uuid-2", zone="az1", hosts=("c",))
SEVEN = Aggregate("7", 3, "uuid-3")
ALL = [NVME, AZ1, SEVEN]


def refuse(changes: Sequence[Change], servers: dict[str, int], hosts: str = "abc", force: bool = False) -> None:
    """Check changes of the aggregates above in a cloud with these hosts, all of them enabled."""
    guarded = {} if force else leaving(changes)
    check(changes, Rehearsal(ALL, changes, ordered(changes)), [service(host) for host in hosts], servers, guarded)


def service(host: str) -> Service:
    return Service(f"service-{host}", "nova-compute", host, None, True, True, None, None)


@pytest.mark.parametrize(
    ("change", "servers", "messages"),
    [
        (Change(None, Aggregate("n", zone="az2", hosts=("c",))), {}, ["'c' would be in the zones az1, az2"]),
        (
            Change(NVME, replace(NVME, zone="az1")),
            {"a": 1},
            ["'a' holds 1 server, and until it holds none Nova refuses"],
        ),
        (Change(NVME, replace(NVME, zone="az1")), {"a": 2, "b": 3}, ["'a' holds 2 servers", "'b' holds 3 servers"]),
        (Change(AZ1, replace(AZ1, hosts=())), {"c": 1}, ["'c' holds 1 server"]),
        (Change(AZ1, None), {"c": 1}, ["'c' holds 1 server"]),
        (Change(NVME, replace(NVME, hosts=("a", "C"))), {}, ["did you mean 'c'?"]),
        (Change(NVME, replace(NVME, name=" x")), {}, ["no spaces around it"]),
        (Change(NVME, replace(NVME, name="x" * 256)), {}, ["1 to 255"]),
        (Change(NVME, replace(NVME, zone="a:b")), {}, ["no colon"]),
    ],
)
def test_refused(change: Change, servers: dict[str, int], messages: Sequence[str]) -> None:
    with pytest.raises(Refused) as refused:
        refuse([change], servers)
    assert len(refused.value.problems) == len(messages)
    assert all(part in problem for part, problem in zip(messages, refused.value.problems, strict=True))


@pytest.mark.parametrize(
    "change",
    [
        Change(NVME, replace(NVME, hosts=("a", "b", "c"))),  # an aggregate without a zone changes no zone
        Change(NVME, replace(NVME, hosts=("a",))),
        Change(AZ1, replace(AZ1, metadata={"x": "1"})),
        Change(None, Aggregate("other", zone="az1", hosts=("c",))),  # the same zone once more
        Change(NVME, None),
    ],
)
def test_allowed_by_force_with_servers_everywhere(change: Change) -> None:
    refuse([change], {"a": 9, "b": 9, "c": 9}, force=True)


@pytest.mark.parametrize(("after", "busy"), [(replace(NVME, hosts=("a",)), ["b"]), (None, ["a", "b"])])
def test_hosts_at_work_stay(after: Aggregate | None, busy: list[str]) -> None:
    change, servers = Change(NVME, after), {"a": 1, "b": 2, "c": 3}
    with pytest.raises(Refused, match="or set 'force: true'") as refused:
        refuse([change], servers)
    (problem,) = refused.value.problems
    assert [host for host in "abc" if f"{host} with {servers[host]} server" in problem] == busy


def test_one_that_nova_keeps_is_not_said_to_leave_by_force() -> None:
    with pytest.raises(Refused) as refused:
        refuse([Change(AZ1, None)], {"c": 1})
    assert "force" not in str(refused.value)


def test_a_host_may_change_between_zones_in_one_go() -> None:
    az2 = Aggregate("az2", 4, "uuid-4", zone="az2")
    changes = [Change(AZ1, replace(AZ1, hosts=())), Change(az2, replace(az2, hosts=("c",)))]
    rehearsal = Rehearsal([*ALL, az2], changes, ordered(changes))
    check(changes, rehearsal, [service("c")])
    assert set(rehearsal.to_be_empty) == {"c"} == joining(changes) == set(leaving(changes))


def test_a_long_list_of_hosts_is_cut() -> None:
    change = Change(NVME, replace(NVME, hosts=("x",)))
    with pytest.raises(Refused, match=r"h0000, .* and 1990 more"):
        check([change], Rehearsal(ALL, [change], ()), [service(f"h{number:04}") for number in range(2000)])
