# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Requests for migrations and their confirmations, and what is made of Nova's answers."""

from __future__ import annotations

import pytest
from fake.cloud import FakeCloud
from fake.faults import status
from fake.moves import COLD, LIVE, Behaviour
from fake.operator import Operator
from fake.wire import Reply, Request


def test_a_live_migration_names_its_target_and_does_not_bypass_the_scheduler(
    cloud: FakeCloud, operator: Operator
) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    (request,) = cloud.asked("POST", "/action")
    assert request.body == {"os-migrateLive": {"host": "cmp02", "block_migration": "auto"}}
    assert request.microversion >= (2, 68)


def test_a_server_that_is_busy_is_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    """Somebody else moves the server at the moment at which we ask, and Nova answers 409."""
    guest = cloud.boot("web", "cmp01")

    def other(_request: Request) -> Reply | None:
        cloud.move(guest, "cmp03")
        return None

    cloud.faults.plant(other, method="POST", path="/action")
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp03")] and guest.host == "cmp03"


@pytest.mark.parametrize("code", [502, 504])
def test_a_lost_answer_may_hide_a_move_that_began(cloud: FakeCloud, operator: Operator, code: int) -> None:
    cloud.boot("web", "cmp01")
    cloud.faults.plant(status(code), method="POST", path="/action", after=True)
    result = operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp02")] and len(result["moved"]) == 1


@pytest.mark.parametrize("code", [429, 503, 504])
def test_a_request_that_came_to_nothing_is_sent_again(cloud: FakeCloud, operator: Operator, code: int) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.faults.plant(status(code), method="POST", path="/action")
    operator.start("cmp01")
    assert guest.host == "cmp02" and cloud.moves.started == [("web", "cmp02")]


@pytest.mark.parametrize("then, kind", [("active", LIVE), ("stopped", COLD)])
def test_a_server_is_observed_once_more_before_it_moves(
    cloud: FakeCloud, operator: Operator, then: str, kind: str
) -> None:
    """Its owner starts it while another server is on its way: moved cold, it would be down."""
    cloud.boot("first", "cmp01")
    guest = cloud.boot("later", "cmp01", "stopped")
    cloud.moves.behave("first", Behaviour(seconds=3.0))

    def act() -> None:
        guest.vm_state = then

    cloud.clock.after(2.0, act)
    moved = {move["name"]: move["kind"] for move in operator.start("cmp01", max_concurrent=1)["moved"]}
    assert moved == {"first": LIVE, "later": kind}


def test_a_cold_move_may_be_confirmed_by_somebody_else(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")

    def confirmed_already(_request: Request) -> Reply | None:
        cloud.moves.confirm(guest)
        cloud.clock.sleep(1.0)
        return None

    cloud.faults.plant(confirmed_already, method="POST", path="/action", at=2)
    operator.start("cmp01")
    assert guest.host != "cmp01" and guest.vm_state == "stopped"
