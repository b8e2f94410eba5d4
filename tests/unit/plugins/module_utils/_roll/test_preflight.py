# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""All that is in the way of a roll, by its pool, its services, their keepers and the inventory."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import Mark
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.ownership import Keeper, ownership_of
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.service import Service
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.preflight import Member, Wanted, problems

ROLL = "20261121T100000Z-0123abcd"
KEEPER = Keeper("ops", ROLL)


def member(host: str, mark: Mark | None = None, returning: Mark | None = None, **more: Any) -> Member:
    """A healthy member, or one with this mark in the reason of its disabling, and these changes of its service."""
    keeper = more.pop("keeper", KEEPER)
    has_hypervisor = more.pop("has_hypervisor", True)
    given = {"enabled": mark is None, "up": True, "reason": mark.text if mark else None, **more}
    service = Service("1", "nova-compute", host, "az1", beat=None, **given)
    ownership = ownership_of(service, returning)
    return Member(host, ownership, has_hypervisor, ownership.other(keeper))


def mark(owner: str = "ops", roll: str = ROLL) -> Mark:
    return Mark(owner, "20261121T101500Z", "migrate", "kernel", roll=roll)


def wanted(*inventory: str, hosts: list[str] | None = None, **more: Any) -> Wanted:
    """:param inventory: names of hosts, ``name=nova_host`` for those with that variable."""
    named = dict((entry.split("=") + [""])[:2] for entry in inventory)
    return Wanted(hosts=hosts, exclude=more.pop("exclude", ()), inventory=named, can_add=more.pop("can_add", False))


def first_words(texts: list[str]) -> list[str]:
    """What is wrong, without what to do about it."""
    return [text.partition(";")[0] for text in texts]


def test_nothing_is_in_the_way_of_a_healthy_pool() -> None:
    pool = [member("a"), member("b", mark()), member("c", returning=mark())]
    assert problems(pool, wanted("a", "b", "c")) == []


DOWN, HEADLESS = member("down", up=False), member("headless", has_hypervisor=False)
FOREIGN = member("foreign", enabled=False, reason="broken fan")
TAKEN = member("taken", mark("bob", "20261121T090000Z-00000000"))
EVERYTHING = [DOWN, HEADLESS, FOREIGN, TAKEN, member("lost"), member("twice"), Member("gone", None, False, None)]
NAMED = ("down", "headless", "foreign", "taken", "gone", "twice=twice", "again=twice")


def test_all_that_is_in_the_way_is_told_at_once() -> None:
    assert first_words(problems(EVERYTHING, wanted(*NAMED))) == [
        "Not in the inventory, neither by nova_host nor by name: lost",
        "More than one host of the inventory has this nova_host: twice",
        "Without a compute service or a hypervisor: gone, headless",
        "The compute service is down: down",
        "Disabled by somebody else: foreign (broken fan)",
        f"Kept by others: taken is {TAKEN.other.text if TAKEN.other else ''}",
    ]


def test_hosts_that_are_not_upgraded_may_be_broken_but_not_kept_by_another_roll() -> None:
    (kept,) = problems([*EVERYTHING, member("good")], wanted("good", hosts=["good"]))
    assert kept.startswith("Kept by others: taken is")
    everything = [member.host for member in EVERYTHING]
    assert problems([*EVERYTHING, member("good")], wanted("good", exclude=everything)) == [kept]


def test_what_a_person_began_by_hand_is_in_the_way_only_where_it_is_to_be_upgraded() -> None:
    """Also where it is the same owner: a DIMM dies there."""
    by_hand = member("a", mark(roll=""))
    assert problems([by_hand, member("b")], wanted("b", hosts=["b"])) == []
    (kept,) = problems([by_hand, member("b")], wanted("a", "b"))
    assert kept.startswith("Kept by others: a is in maintenance by ops by hand since 20261121T101500Z (kernel)")


def test_with_a_takeover_nobody_keeps_a_host() -> None:
    takeover = Keeper("ops", ROLL, takeover=True)
    pool = [member("a", mark("bob", "20261121T090000Z-00000000"), keeper=takeover), member("b")]
    assert problems(pool, wanted("a", "b")) == []


def test_the_service_of_a_host_that_was_begun_may_be_down() -> None:
    """It may be in the middle of its reboot."""
    assert problems([member("a", mark(), up=False), member("b")], wanted("a", "b")) == []


@pytest.mark.parametrize("option", ["hosts", "exclude"])
def test_hosts_of_other_pools_are_refused(option: str) -> None:
    given: dict[str, Any] = {option: ["a", "z"]}
    found = problems([member("a"), member("b")], wanted("a", "b", **given))
    assert first_words(found) == [f"In rolling_upgrade_{option}, and no members of the pool: z"]


@pytest.mark.parametrize(
    ("pool", "given"), [([], {}), ([member("a")], {"hosts": []}), ([member("a")], {"exclude": ["a"]})]
)
def test_a_roll_through_no_host_is_refused(pool: list[Member], given: dict[str, Any]) -> None:
    (found,) = problems(pool, wanted("a", **given))
    assert found.startswith("There is no host to upgrade")


def test_members_that_will_be_added_to_the_inventory_may_lack_there() -> None:
    assert problems([member("a"), member("b")], wanted("a", can_add=True)) == []


def test_inventory_host_is_found_by_nova_host_before_its_name() -> None:
    assert wanted("a", "other=a", "b", "c=d").places() == {"a": "other", "b": "b", "d": "c"}


def test_hosts_are_selected_in_the_order_of_the_operator() -> None:
    members = ["a", "b", "c"]
    assert wanted().selected(members) == members
    assert wanted(hosts=["c", "a", "c", "z"]).selected(members) == ["c", "a"]
    assert wanted(exclude=["b"]).selected(members) == ["a", "c"]
