# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Bringing servers back: exactly those that left for the maintenance, and each that stays away is named."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from fake.cloud import FakeCloud
from fake.faults import status
from fake.model import Guest
from fake.moves import Behaviour, Outcome
from fake.operator import Operator


def test_exactly_the_departed_servers_are_brought_back(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    result = operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests)
    assert cloud.names_on("cmp02") == ["of-cmp02"] and cloud.names_on("cmp03") == ["of-cmp03"]
    assert {name: guest.vm_state for name, guest in guests.items()} == {
        "web": "active",
        "frozen": "paused",
        "db": "stopped",
    }
    assert {move["name"] for move in result["brought_back"]} == set(guests)
    assert result["host"]["status"] == "enabled" and result["host"]["maintenance"] is None
    assert cloud.returned("cmp01")


def test_what_bringing_back_asks_for(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    """It asks for each server just before its move and when that ended, and for the hypervisor of the host alone."""
    operator.start("cmp01")
    cloud.forget_requests()
    operator.stop("cmp01")
    requests = [str(request) for request in cloud.asked()]
    live = [f"GET compute /v2.1/servers/{guest.id}" for guest in guests.values() if guest.name != "db"]
    assert [requests.count(request) for request in live] == [2, 2]
    (hypervisors,) = cloud.asked(path="/os-hypervisors")
    assert hypervisors.query == {"hypervisor_hostname_pattern": "cmp01"}


def test_a_server_that_was_deleted_keeps_no_other_waiting(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01", max_concurrent=1)
    first = work.predict()["brought_back"][0]["id"]
    cloud.delete(cloud.world.guests[first])
    assert work.apply()["left"] == []
    assert len(cloud.names_on("cmp01")) == len(guests) - 1


def test_a_server_that_was_moved_again_is_brought_back_from_there(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    other = "cmp03" if guests["web"].host == "cmp02" else "cmp02"
    cloud.move(guests["web"], other)
    cloud.clock.sleep(10.0)
    operator.stop("cmp01")
    assert guests["web"].host == "cmp01"


def test_a_server_that_somebody_moves_meanwhile_is_brought_back_afterwards(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    other = "cmp03" if guests["web"].host == "cmp02" else "cmp02"
    work = operator.look_to_stop("cmp01")
    cloud.moves.behave("web", Behaviour(seconds=30.0, times=1))
    cloud.move(guests["web"], other)
    result = work.apply()
    assert guests["web"].host == "cmp01" and len(result["brought_back"]) == len(guests)


def test_a_server_that_was_deleted_is_neither_brought_back_nor_left(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.delete(guests["web"])
    result = operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["db", "frozen"] and result["left"] == [] and cloud.returned("cmp01")


def test_no_server_moves_without_bringing_back(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    asked = len(cloud.moves.started)
    operator.stop("cmp01", bring_back=False)
    assert cloud.names_on("cmp01") == [] and len(cloud.moves.started) == asked and cloud.returned("cmp01")


# -- servers that stay away


def crowd(cloud: FakeCloud) -> None:
    """Let another server take the capacity of the host as soon as it is in service."""
    host = cloud.world.hosts["cmp01"]
    arrived: list[Guest] = []

    def arrive() -> None:
        if host.enabled and not arrived:
            arrived.append(cloud.boot("crowd", "cmp01", vcpus=15))

    cloud.clock.on_tick(arrive)


def test_a_server_for_which_there_is_no_capacity_is_named(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    crowd(cloud)
    work = operator.look_to_stop("cmp01", max_concurrent=1)
    result = work.apply()
    assert len(result["brought_back"]) == 1 and len(result["left"]) == 2 == len(work.warnings)
    assert all("record says 'error'" in server["reason"] for server in result["left"])
    assert cloud.returned("cmp01")


def test_a_server_that_has_to_be_brought_back_and_is_not_is_a_failure(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    crowd(cloud)
    with pytest.raises(Interrupted, match="not all servers are back") as stopped:
        operator.stop("cmp01", bring_back_required=True, max_concurrent=1)
    assert len(stopped.value.facts["left"]) == 2 and len(stopped.value.facts["brought_back"]) == 1
    host = cloud.world.hosts["cmp01"]
    assert host.enabled and cloud.returning("cmp01")

    cloud.delete(next(guest for guest in cloud.world.guests.values() if guest.name == "crowd"))
    operator.stop("cmp01", bring_back_required=True)
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_a_server_that_was_refused_once_is_brought_back_in_the_next_pass(cloud: FakeCloud, operator: Operator) -> None:
    pair = [cloud.boot(name, "cmp01") for name in ("web1", "web2")]
    operator.start("cmp01")
    cloud.moves.behave("web2", Behaviour(Outcome.ERROR, times=1))
    operator.stop("cmp01")
    assert [guest.host for guest in pair] == ["cmp01", "cmp01"]


def test_a_server_that_cannot_move_any_more_stays_away(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    guests["web"].vm_state = "suspended"
    result = operator.stop("cmp01")
    assert [server["name"] for server in result["left"]] == ["web"] and "suspended" in result["left"][0]["reason"]
    assert cloud.names_on("cmp01") == ["db", "frozen"]


def test_a_server_that_ends_in_error_is_named(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN))
    result = operator.stop("cmp01")
    assert [server["name"] for server in result["left"]] == ["web"] and "its guest may still run" in result["left"][0][
        "reason"
    ]


def test_bringing_back_that_hangs_ends_with_the_timeout_and_goes_on_later(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(seconds=500.0))
    with pytest.raises(Interrupted, match="100 seconds"):
        operator.stop("cmp01", timeout=100.0)
    assert cloud.returning("cmp01")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")
    moved = [name for name, target in cloud.moves.started if target == "cmp01"]
    assert sorted(moved) == sorted(guests)


def test_a_server_that_somebody_else_brought_back_is_not_away(cloud: FakeCloud, operator: Operator) -> None:
    """It moves between two observations, so that nothing shows how it came."""
    pair = [cloud.boot(name, "cmp01") for name in ("web1", "web2")]
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
    (back,) = cloud.names_on("cmp01")
    assert [server["name"] for server in stopped.value.facts["left"]] == [
        guest.name for guest in pair if guest.name != back
    ]


def test_all_servers_are_named_when_the_api_fails_between_two_moves(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cloud.faults.plant(status(403, {"forbidden": {"message": "Oops."}}), r"/servers/[0-9a-f-]{36}$", "GET", at=2)
    with pytest.raises(Interrupted, match="Oops") as stopped:
        work.apply()
    assert {server["name"] for server in stopped.value.facts["left"]} == set(guests)


def test_the_next_run_goes_on_when_the_api_failed_in_the_middle(
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
