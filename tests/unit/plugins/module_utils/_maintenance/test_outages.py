# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A control plane that is away, busy or hangs for half a minute: a drain and a return outlast it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Interrupted, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.begin import begin
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.options import Options
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.ownership import Keeper
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.start import Start
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.stop import Stop
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.pace import Clock

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Act, drop, garbage, hang, refuse_connection, status, throttle, unavailable
from tests.unit.fake.operator import Operator

ACTS: dict[str, Callable[[FakeCloud], Act]] = {
    "503 of a load balancer": lambda _cloud: unavailable,
    "429": lambda _cloud: throttle(2),
    "500": lambda _cloud: status(500, {"computeFault": {"code": 500, "message": "Oops."}}),
    "nobody listens": lambda _cloud: refuse_connection,
    "connections that break": lambda _cloud: drop,
    "requests that hang": lambda cloud: hang(cloud.clock),
}
ROLL = "20261127T094500Z-0123abcd"
each_act = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


@pytest.fixture(autouse=True)
def _pauses_of_the_client(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own repetitions pass on the cloud's clock."""
    monkeypatch.setattr("keystoneauth1.session.time.sleep", cloud.clock.sleep)


@pytest.fixture(autouse=True)
def names(cloud: FakeCloud) -> list[str]:
    """Return the names of the servers of the host."""
    states = ("active", "paused", "stopped", "active", "active", "stopped")
    return [cloud.boot(f"web{number}", "cmp01", state).name for number, state in enumerate(states)]


def look(cloud: FakeCloud, job: type[Start] | type[Stop], **options: float) -> Start | Stop:
    """Through the real client, as in a task."""
    clock = Clock(cloud.clock.now, cloud.clock.sleep)
    # A TypedDict of all options would say them once more; a wrong one is an error of the test itself.
    return job(cloud.connect(), Options(host="cmp01", keeper=Keeper("me"), **options), clock)  # type: ignore[arg-type]


@each_act
@pytest.mark.parametrize("at", [0.0, 1.0, 4.0, 7.0])
@pytest.mark.parametrize("services", [(), ("compute",), ("placement",), ("identity",)], ids="".join)
def test_a_drain_outlasts_it(
    cloud: FakeCloud, act: Callable[[FakeCloud], Act], at: float, services: tuple[str, ...]
) -> None:
    work = look(cloud, Start)
    cloud.faults.during(at, 30.0, act(cloud), *services)
    result = work.apply()
    assert cloud.names_on("cmp01") == [] and len(result["moved"]) == 6 and result["left"] == []
    assert len(cloud.moves.started) == 6  # nothing was asked for twice


@each_act
@pytest.mark.parametrize("at", [0.0, 6.0, 12.0, 18.0])
@pytest.mark.parametrize("services", [(), ("compute",), ("placement",)], ids="".join)
def test_a_return_outlasts_it(
    cloud: FakeCloud,
    operator: Operator,
    names: list[str],
    act: Callable[[FakeCloud], Act],
    at: float,
    services: tuple[str, ...],
) -> None:
    operator.start("cmp01")
    work = look(cloud, Stop)
    cloud.faults.during(at, 30.0, act(cloud), *services)
    work.apply()
    assert cloud.names_on("cmp01") == names and cloud.returned("cmp01")


@pytest.mark.parametrize("at", [2, 3, 4])
@pytest.mark.parametrize("act", [throttle(1), unavailable, drop], ids=["429", "503", "drop"])
def test_a_move_that_was_not_taken_is_asked_for_again(cloud: FakeCloud, act: Act, at: int) -> None:
    cloud.faults.plant(act, path="/action", method="POST", at=at)
    result = look(cloud, Start).apply()
    assert len(result["moved"]) == 6 and len(cloud.moves.started) == 6


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_move_whose_answer_got_lost_is_not_asked_for_twice(cloud: FakeCloud, at: int) -> None:
    cloud.faults.plant(drop, path="/action", method="POST", at=at, after=True)
    result = look(cloud, Start).apply()
    assert len(result["moved"]) == 6 and len(cloud.moves.started) == 6


def test_a_token_that_ends_meanwhile_is_renewed(cloud: FakeCloud) -> None:
    work = look(cloud, Start)
    cloud.clock.after(3.0, cloud.keystone.revoke_all)
    cloud.faults.during(3.0, 30.0, unavailable, "identity")
    work.apply()
    assert cloud.names_on("cmp01") == []


def test_one_that_lasts_longer_than_the_time_is_named_with_what_was_done(cloud: FakeCloud) -> None:
    work = look(cloud, Start, timeout=60.0)
    cloud.faults.during(5.0, 1000.0, unavailable)
    with pytest.raises(Interrupted, match="503") as stopped:
        work.apply()
    assert stopped.value.facts["moved"] and stopped.value.facts["left"]


def test_the_outage_is_told_once(cloud: FakeCloud, operator: Operator) -> None:
    work = operator.look_to_start("cmp01")
    cloud.faults.during(3.0, 60.0, unavailable)
    work.apply()
    assert len([line for line in operator.lines if "Trying again while 'timeout' lasts" in line]) == 1


@pytest.mark.parametrize("code", [400, 403, 404])
def test_what_is_no_outage_ends_it_at_once(cloud: FakeCloud, code: int) -> None:
    work = look(cloud, Start)
    cloud.faults.during(3.0, 1000.0, status(code, {"error": {"message": "No."}}), "placement")
    with pytest.raises(Interrupted, match=f"answered {code}: No"):
        work.apply()
    assert cloud.clock.now() < 60.0


def test_the_page_of_a_proxy_is_no_answer(cloud: FakeCloud) -> None:
    """It has the status of a success, and so ends the drain rather than being taken for an empty list."""
    work = look(cloud, Start)
    cloud.faults.during(3.0, 1000.0, garbage, "compute")
    with pytest.raises((Interrupted, CloudError), match="not OpenStack's JSON"):
        work.apply()


def test_at_the_first_look_it_is_refused(cloud: FakeCloud) -> None:
    """Nothing was begun that could be lost."""
    cloud.faults.during(0.0, 1000.0, unavailable)
    with pytest.raises(CloudError, match="503"):
        look(cloud, Start)


@each_act
def test_a_roll_which_has_seen_the_cloud_outlasts_it_at_the_first_look_too(
    cloud: FakeCloud, act: Callable[[FakeCloud], Act]
) -> None:
    clock, options = Clock(cloud.clock.now, cloud.clock.sleep), Options(host="cmp01", keeper=Keeper("me", ROLL))
    for state in ("started", "stopped"):
        cloud.faults.during(cloud.clock.now(), 30.0, act(cloud))
        begin(cloud.connect(), state, options, clock).apply()
    assert len(cloud.names_on("cmp01")) == 6 and cloud.returned("cmp01")


def test_a_roll_does_not_wait_for_a_refusal_nor_for_ever(cloud: FakeCloud) -> None:
    clock, options = Clock(cloud.clock.now, cloud.clock.sleep), Options(host="cmp09", keeper=Keeper("me", ROLL))
    with pytest.raises(Refused, match="no compute host 'cmp09'"):
        begin(cloud.connect(), "started", options, clock)
    cloud.faults.during(0.0, 10_000.0, unavailable)
    with pytest.raises(CloudError, match="503"):
        begin(cloud.connect(), "started", options, clock)
    assert options.timeout <= cloud.clock.now() < options.timeout + 60.0
