# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding what must change for an aggregate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates import (
    Change,
    applied,
    check,
    chosen,
    existing,
    find,
    joining,
    merged,
    metadata_text,
    plan,
    rezoned,
    with_hosts,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Aggregate, Service
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused
from hypothesis import given
from hypothesis import strategies as st

NVME = Aggregate("nvme", 1, "uuid-1", hosts=("a", "b"), metadata={"ssd": "true"})
AZ1 = Aggregate("az1", 2, "uuid-2", zone="az1", hosts=("c",))
SEVEN = Aggregate("7", 3, "uuid-3")
ALL = [NVME, AZ1, SEVEN]


def service(host: str) -> Service:
    return Service(f"service-{host}", "nova-compute", host, None, True, True, None, None)


@pytest.mark.parametrize(
    ("reference", "found"), [("nvme", NVME), ("uuid-2", AZ1), ("2", AZ1), ("7", SEVEN), ("nope", None), ("", None)]
)
def test_find(reference: str, found: Aggregate | None) -> None:
    assert find(ALL, reference) is found


def test_a_name_that_is_another_ones_id_is_refused() -> None:
    with pytest.raises(Refused, match="name of the aggregate with id 3 and the id of the aggregate 'eight'"):
        find([SEVEN, Aggregate("eight", 7, "uuid-7")], "7")


def test_a_name_that_is_its_own_id_is_clear() -> None:
    assert find([replace(SEVEN, id=7)], "7") is not None


def test_what_must_exist() -> None:
    with pytest.raises(Refused, match="no aggregate 'x': the cloud has 7, az1, nvme"):
        existing(ALL, "x")


@pytest.mark.parametrize(
    ("name", "identifier", "found"),
    [("nvme", None, NVME), ("1", None, None), (None, "1", NVME), ("new", "uuid-1", NVME), ("nvme", "99", None)],
)
def test_chosen(name: str | None, identifier: str | None, found: Aggregate | None) -> None:
    assert chosen(ALL, name, identifier) is found


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (4, "4"), (1.5, "1.5"), ("x", "x"), ("", ""), (None, None)],
)
def test_metadata_is_text(value: Any, text: str | None) -> None:
    assert metadata_text({"key": value}) == {"key": text}


def test_keys_are_text_too() -> None:
    assert metadata_text({4: "x"}) == {"4": "x"}


def test_all_bad_metadata_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        metadata_text({"list": [1], "dict": {}, "a/b": 1, "long": "x" * 256, "availability_zone": "z", "good": 1})
    assert len(refused.value.problems) == 5


@pytest.mark.parametrize(
    ("wanted", "purge", "becomes"),
    [
        ({"x": "1"}, False, {"ssd": "true", "x": "1"}),
        ({"x": "1"}, True, {"x": "1"}),
        ({"ssd": None}, False, {}),
        ({"ssd": None, "x": "1"}, True, {"x": "1"}),
        ({}, True, {}),
        ({}, False, {"ssd": "true"}),
    ],
)
def test_merged(wanted: dict[str, str | None], purge: bool, becomes: dict[str, str]) -> None:
    assert merged({"ssd": "true"}, wanted, purge) == becomes


# -- checking


@pytest.mark.parametrize(
    ("change", "servers", "says"),
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
def test_refused(change: Change, servers: dict[str, int], says: Sequence[str]) -> None:
    with pytest.raises(Refused) as refused:
        check(ALL, [change], [service(host) for host in "abc"], servers)
    assert len(refused.value.problems) == len(says)
    assert all(part in problem for part, problem in zip(says, refused.value.problems, strict=True))


@pytest.mark.parametrize(
    "change",
    [
        Change(NVME, replace(NVME, hosts=("a", "b", "c"))),  # without a zone of its own it changes nobody's zone
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


# -- planning


def operations(before: Aggregate | None, after: Aggregate | None) -> list[str]:
    return [step.operation for step in plan(Change(before, after)).steps]


def test_nothing_to_do() -> None:
    assert operations(NVME, NVME) == [] == operations(None, None)


def test_creation_puts_metadata_before_hosts() -> None:
    after = replace(NVME, id=None, uuid=None, zone="az9")
    assert operations(None, after) == ["create_aggregate", "set_aggregate_metadata", "add_host", "add_host"]


def test_hosts_join_before_others_leave() -> None:
    assert operations(NVME, replace(NVME, hosts=("a", "c"))) == ["add_host", "remove_host"]


def test_hosts_leave_before_the_zone_changes() -> None:
    assert operations(AZ1, replace(AZ1, zone="az2", hosts=("d",))) == ["remove_host", "update_aggregate", "add_host"]


def test_deletion_empties_first() -> None:
    assert operations(NVME, None) == ["remove_host", "remove_host", "delete_aggregate"]


def test_hosts_added_and_removed() -> None:
    assert with_hosts(NVME, ["b", "c"], present=True).after == replace(NVME, hosts=("a", "b", "c"))
    assert with_hosts(NVME, ["b", "c"], present=False).after == replace(NVME, hosts=("a",))


NAMES = st.text("abc", min_size=1, max_size=2)
AGGREGATES = st.builds(
    Aggregate,
    name=NAMES,
    id=st.just(1),
    uuid=st.just("uuid-1"),
    zone=st.sampled_from([None, "az1", "az2"]),
    hosts=st.frozensets(NAMES, max_size=3).map(lambda hosts: tuple(sorted(hosts))),
    metadata=st.dictionaries(NAMES, NAMES, max_size=3),
)


@given(AGGREGATES, AGGREGATES)
def test_the_steps_lead_from_one_to_the_other(before: Aggregate, after: Aggregate) -> None:
    """Whatever stands and whatever is wanted: what the steps say, done in order, is what was wanted."""
    after = replace(after, zone=after.zone or before.zone)  # a zone is never removed
    now, metadata, hosts = before, dict(before.metadata), set(before.hosts)
    for step in plan(Change(before, after)).steps:
        if step.operation == "add_host":
            hosts.add(step.arguments[0])
        elif step.operation == "remove_host":
            hosts.remove(step.arguments[0])
        elif step.operation == "set_aggregate_metadata":
            for key, value in step.arguments[0].items():
                metadata.pop(key, None)
                metadata.update({} if value is None else {key: value})
        else:
            values = {"zone" if key == "availability_zone" else key: value for key, value in step.arguments[0].items()}
            assert len(values) == 1  # Nova could do the one and refuse the other
            now = replace(now, **values)
    assert replace(now, hosts=tuple(sorted(hosts)), metadata=metadata) == after
    assert applied([before], [Change(before, after)]) == [after]
