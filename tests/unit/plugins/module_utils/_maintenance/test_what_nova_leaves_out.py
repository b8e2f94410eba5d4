# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What Nova's lists leave out or contradict: deleted servers that can be restored, and guests not as Nova has them."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.operator import Operator
from tests.unit.fake.server_views import CRASHED, NO_STATE, PAUSED, RUNNING, SHUT_DOWN

RUNS = "Nova has it shut off, and its hypervisor says that its guest runs"
DOWN = "Nova has it active, and its hypervisor says that its guest is down"


@pytest.mark.parametrize(
    ("vm_state", "power", "says"), [("stopped", RUNNING, RUNS), ("active", CRASHED, DOWN), ("active", SHUT_DOWN, DOWN)]
)
def test_a_guest_that_is_not_as_nova_has_it_is_named(
    cloud: FakeCloud, operator: Operator, vm_state: str, power: int, says: str
) -> None:
    cloud.boot("web", "cmp01", vm_state, power_state=power)
    with pytest.raises(Refused, match=f"'web' .* cannot leave: {says}"):
        operator.look_to_start("cmp01")
    result = operator.start("cmp01", leave_unmovable=True)
    assert result["left"][0]["running"] is True and cloud.moves.started == []


@pytest.mark.parametrize(
    ("vm_state", "power"), [("active", NO_STATE), ("active", PAUSED), ("paused", RUNNING), ("stopped", NO_STATE)]
)
def test_what_contradicts_nothing_moves(cloud: FakeCloud, operator: Operator, vm_state: str, power: int) -> None:
    cloud.boot("web", "cmp01", vm_state, power_state=power)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


def test_a_guest_that_starts_by_itself_is_not_moved_cold(cloud: FakeCloud, operator: Operator) -> None:
    """Somebody started it past Nova, after the first look."""
    guest = cloud.boot("db", "cmp01", "stopped")
    work = operator.look_to_start("cmp01")
    guest.power_state = RUNNING
    with pytest.raises(Interrupted, match=RUNS):
        work.apply()
    assert cloud.moves.started == []


def test_on_the_way_home_neither(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")
    operator.start("cmp01")
    guest.power_state = RUNNING
    result = operator.stop("cmp01")
    assert [server["reason"].startswith(RUNS) for server in result["left"]] == [True] and len(cloud.moves.started) == 1


@pytest.mark.parametrize("again", [False, True])
def test_a_deleted_server_that_can_be_restored_is_named(cloud: FakeCloud, operator: Operator, again: bool) -> None:
    """It is in no list that does not ask for such servers; its room is in Placement."""
    cloud.world.hides_soft_deleted = True
    if again:
        operator.start("cmp01")
    cloud.boot("gone", "cmp01", "soft-delete")
    with pytest.raises(Refused, match="'gone' .* deleted and can still be restored"):
        operator.look_to_start("cmp01")


def test_one_that_is_deleted_in_the_middle_is_named(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.hides_soft_deleted = True
    guest = cloud.boot("gone", "cmp01")
    work = operator.look_to_start("cmp01")
    guest.vm_state = "soft-delete"
    with pytest.raises(Interrupted, match="'gone' .* deleted and can still be restored"):
        work.apply()


def test_one_that_is_restored_in_the_middle_leaves_too(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.hides_soft_deleted = True
    guest = cloud.boot("gone", "cmp01", "soft-delete")
    work = operator.look_to_start("cmp01", leave_unmovable=True)
    guest.vm_state = "active"
    work.apply()
    assert cloud.names_on("cmp01") == []
