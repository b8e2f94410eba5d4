# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A host that changes hands while a maintenance is at work: who keeps it is read again before each write."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import Behaviour
from tests.unit.fake.operator import Operator
from tests.unit.fake.wire import Reply, Request

THEIRS = "stackops:night-shift:20261121T100001Z:migrate firmware"


def enable(cloud: FakeCloud) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = True, None


def disable(cloud: FakeCloud) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "bad DIMM, do not use"


def take_over(cloud: FakeCloud) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, THEIRS


def forget_reason(cloud: FakeCloud) -> None:
    """A PUT of the status alone clears the reason."""
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, None


Change = Callable[[FakeCloud], None]
CHANGES: dict[Change, str] = {
    enable: "was enabled meanwhile, and not by this run",
    disable: r"disabled by somebody else \(bad DIMM, do not use\) meanwhile and stays so",
    take_over: r"taken over meanwhile by night-shift \(firmware\)",
    forget_reason: r"disabled by somebody else \(no reason given\) meanwhile",
}
each_change = pytest.mark.parametrize("change", CHANGES)
each_disabling = pytest.mark.parametrize("change", [change for change in CHANGES if change is not enable])


def stands(cloud: FakeCloud) -> tuple[bool, str | None]:
    return cloud.world.hosts["cmp01"].enabled, cloud.world.hosts["cmp01"].reason


@each_change
def test_in_the_middle_of_a_drain_nothing_more_moves(cloud: FakeCloud, operator: Operator, change: Change) -> None:
    for number in range(6):
        cloud.boot(f"web{number}", "cmp01")
    cloud.clock.after(4.0, lambda: change(cloud))
    with pytest.raises(Interrupted, match=CHANGES[change]) as stopped:
        operator.start("cmp01")
    host = stopped.value.facts["host"]
    assert (host["status"] == "enabled", host["disabled_reason"]) == stands(cloud)
    assert len(cloud.moves.started) < 6 and "It stays out of service" not in str(stopped.value) * (change is enable)
    assert host["maintenance"] is None


# -- between the steps of a roll

ROLL = "20261121T100000Z-0123abcd"
SINCE: dict[Change, str] = {
    enable: "was enabled since its maintenance began, and not by this run",
    disable: r"disabled by somebody else \(bad DIMM, do not use\) since its maintenance began",
    take_over: "in maintenance by night-shift since",
    forget_reason: r"disabled by somebody else \(no reason given\) since its maintenance began",
}


@each_change
@pytest.mark.parametrize("job", ["start", "stop"])
def test_a_maintenance_that_has_to_stand_is_not_begun_anew_nor_called_stopped(
    cloud: FakeCloud, operator: Operator, change: Change, job: str
) -> None:
    """Somebody took the host while it was upgraded: who left it before would be forgotten without a word."""
    cloud.boot("web", "cmp01")
    operator.start("cmp01", roll=ROLL)
    change(cloud)
    before = stands(cloud)
    with pytest.raises(Refused, match=SINCE[change]):
        getattr(operator, job)("cmp01", roll=ROLL, standing=True)
    assert stands(cloud) == before and cloud.names_on("cmp01") == []


def test_a_maintenance_that_stands_is_gone_on_with(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01", roll=ROLL)
    late = cloud.boot("late", "cmp01")
    operator.start("cmp01", roll=ROLL, standing=True)
    assert late.host != "cmp01"
    operator.stop("cmp01", roll=ROLL, standing=True)
    assert cloud.names_on("cmp01") == ["late", "web"]


@each_change
def test_at_the_end_of_a_drain_it_is_no_success(cloud: FakeCloud, operator: Operator, change: Change) -> None:
    """Changed while the last server moves: the look at the end reads the service too."""
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(seconds=20.0))
    cloud.clock.after(19.0, lambda: change(cloud))
    with pytest.raises(Interrupted, match=CHANGES[change]):
        operator.start("cmp01")


@each_disabling
def test_between_the_look_and_the_write_nothing_is_written(
    cloud: FakeCloud, operator: Operator, change: Change
) -> None:
    cloud.boot("web", "cmp01")
    work = operator.look_to_start("cmp01")
    change(cloud)
    before = stands(cloud)
    with pytest.raises(Interrupted, match=f"Nothing was touched.*{CHANGES[change]}") as stopped:
        work.apply()
    assert stands(cloud) == before and cloud.writes == [] and stopped.value.facts["changed"] is False


@each_disabling
@pytest.mark.parametrize("mode", ["disable", "hypervisor"])
def test_in_no_mode_anything_is_written_then(cloud: FakeCloud, operator: Operator, change: Change, mode: str) -> None:
    """The hypervisor's own mode is switched before the service is disabled, and after that look too."""
    work = operator.look_to_start("cmp01", mode=mode)
    change(cloud)
    with pytest.raises(Interrupted, match=f"Nothing was touched.*{CHANGES[change]}"):
        work.apply()
    assert cloud.writes == [] and not cloud.world.hosts["cmp01"].maintenance_mode


def test_a_reason_of_theirs_is_not_enabled_later(cloud: FakeCloud, operator: Operator) -> None:
    work = operator.look_to_start("cmp01")
    disable(cloud)
    with pytest.raises(Interrupted):
        work.apply()
    operator.stop("cmp01")
    assert stands(cloud) == (False, "bad DIMM, do not use")


@each_disabling
@pytest.mark.parametrize("until", ["wait", "start_servers", "trait"])
def test_a_host_that_changes_hands_during_the_return_is_not_enabled_by_us(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], change: Change, until: str
) -> None:
    """Until the enabling itself, whatever comes before that: the wait for the service, servers to start, the trait."""
    cloud.boot("tagged", "cmp01", tags={"maintenance:stop"})
    operator.start("cmp01", granted_tags=("stop",))
    work = operator.look_to_stop("cmp01")
    paths = {"wait": "/os-services", "start_servers": "/action", "trait": "/traits/CUSTOM"}

    def changes(_request: Request) -> Reply | None:
        change(cloud)
        return None

    cloud.faults.plant(changes, path=paths[until])
    with pytest.raises(Interrupted, match=CHANGES[change]):
        work.apply()
    assert not cloud.world.hosts["cmp01"].enabled


def test_whoever_takes_a_host_over_during_its_return_is_not_kept_out_by_it(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Their mark has the time of ours, so it covers who left, and the trait of our return would only refuse them."""
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    work = operator.look_to_stop("cmp01")

    def takes_over(_request: Request) -> Reply | None:
        host.reason = str(host.reason).replace(":me:", ":night-shift:")
        return None

    cloud.faults.plant(takes_over, path="/traits/CUSTOM", method="PUT")
    with pytest.raises(Interrupted, match="taken over meanwhile by night-shift"):
        work.apply()
    assert not cloud.returning("cmp01")
    operator.stop("cmp01", owner="night-shift")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_whoever_disables_it_during_its_return_leaves_the_trait(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Their reason has overwritten the mark, so only the trait tells who is to be brought back later."""
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cloud.faults.plant(lambda _request: disable(cloud), path="/traits/CUSTOM", method="PUT")
    with pytest.raises(Interrupted, match=CHANGES[disable]):
        work.apply()
    enable(cloud)
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_one_that_is_enabled_while_servers_are_brought_back_is_ours_already(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    enable(cloud)
    work.apply()
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_one_that_is_disabled_while_servers_are_brought_back_stays_so(cloud: FakeCloud, operator: Operator) -> None:
    """The moves back are refused; the trait stays, and a later stop brings back who is away."""
    for number in range(6):
        cloud.boot(f"web{number}", "cmp01")
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cloud.clock.on_tick(lambda: disable(cloud) if len(cloud.names_on("cmp01")) == 2 else None)
    with pytest.raises(
        Interrupted, match=r"was back in service, .* \(bad DIMM, do not use\) meanwhile.*Not back"
    ) as stopped:
        work.apply()
    assert stands(cloud) == (False, "bad DIMM, do not use") and cloud.returning("cmp01")
    assert stopped.value.facts["host"]["status"] == "disabled" and len(stopped.value.facts["left"]) in (3, 4)


def test_and_who_is_away_comes_back_when_that_is_over(cloud: FakeCloud, operator: Operator) -> None:
    for number in range(6):
        cloud.boot(f"web{number}", "cmp01")
    operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(seconds=10.0))
    cloud.clock.after(30.0, lambda: disable(cloud))
    with pytest.raises(Interrupted):
        operator.stop("cmp01")
    assert 0 < len(cloud.names_on("cmp01")) < 6
    enable(cloud)
    operator.stop("cmp01")
    assert len(cloud.names_on("cmp01")) == 6 and cloud.returned("cmp01")


def test_of_two_starts_at_once_one_is_told(cloud: FakeCloud, operator: Operator) -> None:
    """Both looked before either wrote its mark."""
    guest = cloud.boot("web", "cmp01")
    ours, theirs = operator.look_to_start("cmp01"), operator.look_to_start("cmp01", owner="night-shift")
    theirs.apply()
    with pytest.raises(Interrupted, match="Nothing was touched.*taken over meanwhile by night-shift"):
        ours.apply()
    assert ":night-shift:" in str(stands(cloud)[1]) and len(cloud.moves.started) == 1 and guest.host != "cmp01"


def test_a_service_that_is_deleted_in_the_middle_is_one_sentence(cloud: FakeCloud, operator: Operator) -> None:
    for number in range(4):
        cloud.boot(f"web{number}", "cmp01")

    def deleted(request: Request) -> Reply | None:
        return Reply(200, {"services": []}) if "host" in request.query else None

    cloud.clock.after(3.0, lambda: cloud.faults.plant(deleted, path="/os-services", method="GET", times=99))
    with pytest.raises(Interrupted, match="Nova lists no compute service of cmp01: see whether it was deleted"):
        operator.start("cmp01")


@pytest.mark.parametrize("job", ["look_to_start", "look_to_stop"])
def test_a_host_whose_hypervisor_is_gone_is_one_sentence(cloud: FakeCloud, operator: Operator, job: str) -> None:
    operator.start("cmp01")
    cloud.faults.plant(status(200, {"hypervisors": []}), path="/os-hypervisors", times=9)
    with pytest.raises(Refused, match="There is no compute host 'cmp01' with a hypervisor"):
        getattr(operator, job)("cmp01")
