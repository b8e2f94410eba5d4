# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What Nova would refuse is refused before the first write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.change import Change
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.validation import check, joining, rezoned
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.service import Service

NVME = Aggregate("nvme", 1, "uuid-1", hosts=("a", "b"), metadata={"ssd": "true"})
AZ1 = Aggregate("az1", 2, "uuid-2", zone="az1", hosts=("c",))
SEVEN = Aggregate("7", 3, "uuid-3")
ALL = [NVME, AZ1, SEVEN]


def service(host: str) -> Service:
    return Service(f"service-{host}", "nova-compute", host, None, True, True, None, None)


@pytest.mark.parametrize(
    ("change", "servers", "messages"),
    [
        (Change(None, Aggregate("n", zone="az2", hosts=("c",))), {}, ["'c' would be in the zones az1, az2"]),
        (Change(NVME, replace(NVME, zone="az1")), {"a": 1}, ["'a' holds 1 server and"]),
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
        check(ALL, [change], [service(host) for host in "abc"], servers)
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
def test_allowed_with_servers_everywhere(change: Change) -> None:
    check(ALL, [change], [service(host) for host in "abc"], {"a": 9, "b": 9, "c": 9})


def test_a_host_may_change_between_zones_in_one_go() -> None:
    az2 = Aggregate("az2", 4, "uuid-4", zone="az2")
    changes = [Change(AZ1, replace(AZ1, hosts=())), Change(az2, replace(az2, hosts=("c",)))]
    check([*ALL, az2], changes, [service("c")], {})
    assert rezoned([*ALL, az2], changes) == {"c"} == joining(changes)


def test_a_long_list_of_hosts_is_cut() -> None:
    with pytest.raises(Refused, match=r"h0000, .* and 1990 more"):
        check(ALL, [Change(NVME, replace(NVME, hosts=("x",)))], [service(f"h{number:04}") for number in range(2000)])
