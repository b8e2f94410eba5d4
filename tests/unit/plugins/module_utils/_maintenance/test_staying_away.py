# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers that do not come home: each is named, and the return goes on when it is run again."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from fake.cloud import FakeCloud
from fake.faults import status
from fake.model import Guest
from fake.moves import Behaviour, Outcome
from fake.operator import Operator


def crowd(cloud: FakeCloud) -> None:
    """Somebody else's server takes the host's room as soon as it is in service."""
    host = cloud.world.hosts["cmp01"]
    came: list[Guest] = []

    def settle() -> None:
        if host.enabled and not came:
            came.append(cloud.boot("crowd", "cmp01", vcpus=15))

    cloud.clock.on_tick(settle)


def test_who_finds_no_room_is_named(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    crowd(cloud)
    work = operator.look_to_stop("cmp01", max_concurrent=1)
    result = work.apply()
    assert len(result["brought_back"]) == 1 and len(result["left"]) == 2 == len(work.warnings)
    assert all("record says 'error'" in one["reason"] for one in result["left"])
    assert cloud.returned("cmp01")


def test_who_has_to_come_home_and_does_not_is_a_failure(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    crowd(cloud)
    with pytest.raises(Interrupted, match="not all servers are back") as stopped:
        operator.stop("cmp01", bring_back_required=True, max_concurrent=1)
    assert len(stopped.value.facts["left"]) == 2 and len(stopped.value.facts["brought_back"]) == 1
    host = cloud.world.hosts["cmp01"]
    assert host.enabled and cloud.returning("cmp01")

    cloud.delete(next(one for one in cloud.world.guests.values() if one.name == "crowd"))
    operator.stop("cmp01", bring_back_required=True)
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_room_that_one_makes_lets_the_next_pass_succeed(cloud: FakeCloud, operator: Operator) -> None:
    """Anti-affinity: the second can come only when a stranger left, which takes a pass."""
    pair = [cloud.boot(name, "cmp01") for name in ("one", "two")]
    operator.start("cmp01")
    cloud.moves.behave("two", Behaviour(Outcome.ERROR, times=1))
    operator.stop("cmp01")
    assert [one.host for one in pair] == ["cmp01", "cmp01"]


def test_one_that_cannot_move_any_more_stays_away(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    guests["web"].vm_state = "suspended"
    result = operator.stop("cmp01")
    assert [one["name"] for one in result["left"]] == ["web"] and "suspended" in result["left"][0]["reason"]
    assert cloud.names_on("cmp01") == ["db", "frozen"]


def test_one_that_ends_in_error_is_named(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN))
    result = operator.stop("cmp01")
    assert [one["name"] for one in result["left"]] == ["web"] and "its guest may still run" in result["left"][0][
        "reason"
    ]


def test_a_hanging_return_ends_with_the_timeout_and_goes_on_later(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(seconds=500.0))
    with pytest.raises(Interrupted, match="100 seconds"):
        operator.stop("cmp01", timeout=100.0)
    assert cloud.returning("cmp01")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")
    asked = [name for name, target in cloud.moves.started if target == "cmp01"]
    assert sorted(asked) == sorted(guests)


def test_one_that_somebody_brought_home_meanwhile_is_not_away(cloud: FakeCloud, operator: Operator) -> None:
    """Between two looks, so that nothing shows how it came."""
    pair = [cloud.boot(name, "cmp01") for name in ("one", "two")]
    operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(seconds=500.0))
    work = operator.look_to_stop("cmp01", timeout=60.0, max_concurrent=1)

    def help_the_other() -> None:
        (idle,) = (guest for guest in pair if guest.task_state is None)
        cloud.moves.behave(idle.name, Behaviour(seconds=0.5))
        cloud.move(idle, "cmp01")

    cloud.clock.after(50.0, help_the_other)
    with pytest.raises(Interrupted, match="60 seconds") as stopped:
        work.apply()
    (home,) = cloud.names_on("cmp01")
    assert [one["name"] for one in stopped.value.facts["left"]] == [one.name for one in pair if one.name != home]


def test_an_api_that_fails_between_two_moves_leaves_nobody_unnamed(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cloud.faults.plant(status(403, {"forbidden": {"message": "Oops."}}), r"/servers/[0-9a-f-]{36}$", "GET", at=2)
    with pytest.raises(Interrupted, match="Oops") as stopped:
        work.apply()
    assert {one["name"] for one in stopped.value.facts["left"]} == set(guests)


def test_an_api_that_fails_in_the_middle(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], no_pauses: list[float]
) -> None:
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cloud.faults.plant(status(500, {"computeFault": {"message": "Oops."}}), "/os-migrations", times=1000)
    with pytest.raises(Interrupted, match="Oops"):
        work.apply()
    cloud.faults.clear()
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")
