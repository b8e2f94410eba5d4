# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What others began is theirs: their cold migrations, their confirmations, and marks that are nobody's any more."""

from __future__ import annotations

from uuid import UUID

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.finished_return import (
    read_finished_returns,
)

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import kill
from tests.unit.fake.moves import COLD, Behaviour
from tests.unit.fake.operator import Operator
from tests.unit.fake.wire import Reply, Request

SINCE, UNTIL = "20261121T090000Z", "20261121T090100Z"


def confirmations(cloud: FakeCloud) -> int:
    return len([request for request in cloud.asked("POST") if "confirmResize" in request.body])


TRAIN, NEW = (2, 79), (2, 104)  # the older one does not tell who asked for a migration


@pytest.mark.parametrize("newest", [TRAIN, NEW])
@pytest.mark.parametrize("begun", [0.0, 5.0, 120.0])
def test_a_cold_migration_of_before_is_theirs_to_confirm(
    cloud: FakeCloud, operator: Operator, begun: float, newest: tuple[int, int]
) -> None:
    cloud.nova.newest = newest
    guest = cloud.boot("db", "cmp01", "stopped")
    cloud.act(guest, "migrate")
    cloud.moves.behave("db", Behaviour(seconds=30.0))
    cloud.moves.ask(guest, COLD, "cmp02")
    cloud.clock.sleep(begun)
    with pytest.raises((Interrupted, Refused), match="confirm"):
        operator.start("cmp01")
    assert confirmations(cloud) == 0 and guest.vm_state == "resized"


@pytest.mark.parametrize("newest", [TRAIN, NEW])
@pytest.mark.parametrize("job", ["start", "stop"])
def test_one_of_a_run_of_ours_that_was_killed_is_ours(
    cloud: FakeCloud, operator: Operator, job: str, newest: tuple[int, int]
) -> None:
    cloud.nova.newest = newest
    guest = cloud.boot("db", "cmp01", "stopped")
    cloud.moves.behave("db", Behaviour(seconds=30.0))
    cloud.clock.after(10.0, lambda: cloud.faults.plant(kill))
    assert operator.dies_at(999, kill, False, "start", "cmp01") and guest.task_state
    getattr(operator, job)("cmp01")
    assert (guest.host, guest.vm_state) == ("cmp01" if job == "stop" else "cmp02", "stopped")


def test_one_that_is_begun_in_the_middle_is_theirs_too(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.hosts["cmp03"].up = False
    guest, _other = cloud.boot("db", "cmp01", "stopped"), cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(seconds=20.0))
    work = operator.look_to_start("cmp01", max_concurrent=1)

    def migrates() -> None:
        if guest.task_state is None and guest.host == "cmp01":
            cloud.moves.ask(guest, COLD, "cmp02")

    guest.task_state = "image_snapshot"
    cloud.clock.after(5.0, lambda: setattr(guest, "task_state", None))
    cloud.clock.after(5.0, migrates)
    with pytest.raises(Interrupted, match="whoever did has to confirm or revert that"):
        work.apply()
    assert confirmations(cloud) == 0


def test_a_confirmation_of_theirs_is_an_observation(cloud: FakeCloud, operator: Operator) -> None:
    """Nova answers 400 while it is under way."""
    guest = cloud.boot("db", "cmp01", "stopped")
    cloud.moves.confirmations.seconds = 10.0

    def confirmed_already(_request: Request) -> Reply | None:
        cloud.moves.confirm(guest)
        return None

    cloud.faults.plant(confirmed_already, method="POST", path="/action", at=2)
    result = operator.start("cmp01")
    assert guest.host != "cmp01" and [move["name"] for move in result["moved"]] == ["db"]
    assert [code for request, code in cloud.replies if "confirmResize" in (request.body or {})] == [400]


def test_a_migration_that_they_take_back_leaves_again(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")
    cloud.moves.confirmations.seconds = 10.0

    def takes_back(_request: Request) -> Reply | None:
        cloud.moves.confirmations.revert(guest)
        return None

    cloud.faults.plant(takes_back, method="POST", path="/action", at=2)
    operator.start("cmp01")
    assert guest.host != "cmp01" and guest.vm_state == "stopped"


# -- marks that are nobody's any more


def leave_trait(cloud: FakeCloud, host: str) -> str:
    """As a return does that was killed when all its servers were back."""
    return cloud.leave_return(host, SINCE, UNTIL)


def test_a_left_over_trait_takes_no_target_away(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    leave_trait(cloud, "cmp02")
    operator.start("cmp01", targets=("cmp02",))
    assert cloud.names_on("cmp02") == ["web"]


def test_a_left_over_trait_refuses_no_other_owner(cloud: FakeCloud, operator: Operator) -> None:
    leave_trait(cloud, "cmp01")
    cloud.boot("web", "cmp01")
    operator.start("cmp01", owner="night-shift")
    assert ":night-shift:20261121T1" in str(cloud.world.hosts["cmp01"].reason)


def test_a_left_over_trait_is_no_maintenance_for_which_a_return_would_have_to_be_remembered(
    cloud: FakeCloud, operator: Operator
) -> None:
    """It may stay for months, and each return would leave another trait behind."""
    cloud.boot("web", "cmp01")
    trait = leave_trait(cloud, "cmp02")
    operator.start("cmp01")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web"] and cloud.world.known_traits == {trait}


def test_beside_a_left_over_trait_what_is_remembered_is_forgotten(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    trait = leave_trait(cloud, "cmp02")
    times = "20261121T090000Z_20261121T090100Z_20261121T090200Z"
    past = f"CUSTOM_STACKOPS_RETURNED_{times}_OF_{UUID(int=1).hex.upper()}"
    assert read_finished_returns([past])
    cloud.world.known_traits.add(past)
    operator.start("cmp01")
    operator.stop("cmp01")
    assert cloud.world.known_traits == {trait}


@pytest.mark.parametrize("since", ["X", "20261399T990000Z"])
def test_a_trait_that_nobody_can_read_is_nobodys(cloud: FakeCloud, operator: Operator, since: str) -> None:
    cloud.leave_return("cmp01", since, UNTIL)
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web"] and cloud.world.hosts["cmp01"].enabled
