# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Random clouds in which random things go wrong and others meddle: whatever happens, the rules hold.

``SOAK=1`` tries many more of them, other ones each time; a failing one is printed with the seed that repeats it.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.start import Start
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.stop import Stop
from fake.cloud import FakeCloud
from fake.faults import Killed, kill
from fake.operator import Operator
from fake.referee import Referee
from fake.scenario import HOST, Scenario, heal, scenarios
from hypothesis import HealthCheck, event, given, settings

Result = dict[str, Any]
SOAKING = bool(os.environ.get("SOAK"))
EXAMPLES = 4000 if SOAKING else 250
MARGIN = 15.0  # seconds that the last look and the last pause may take
QUIET = {"stopped", "suspended", "shelved", "soft-delete"}


def ids(shown: list[Result]) -> set[str]:
    return {one["id"] for one in shown}


class Simulation:
    """A cloud, who maintains a host of it, and who watches."""

    def __init__(self, scenario: Scenario) -> None:
        self.cloud: FakeCloud = scenario.build()
        self.options = scenario.settings(self.cloud)
        self.referee = Referee(self.cloud, HOST, self.options)
        self.operator = Operator(self.cloud, **self.options)
        self.before = {one.id: one.host for one in self.cloud.world.guests.values()}

    @property
    def taken_away(self) -> bool:
        """Somebody else disabled the host, whose disabling is not ours to end."""
        return self.cloud.world.hosts[HOST].reason == "broken fan"

    def aboard(self) -> set[str]:
        return {one.id for one in self.cloud.world.guests_on(HOST)}

    def run(self, work: Start | Stop, draining: bool) -> tuple[Result, str]:
        """The result and, where it failed, the failure."""
        limit = self.options["timeout"] * (1 if draining else 3) + MARGIN
        self.referee.begin(draining, limit)
        try:
            return work.apply(), ""
        except Interrupted as failure:
            return failure.facts, str(failure)
        finally:
            self.cloud.faults.clear()
            self.referee.end()

    def go_on(self, resumed: bool) -> None:
        """After a kill, unless it is left at that."""
        if resumed and not self.taken_away:
            try:
                work = self.operator.look_to_start(HOST)
            except Refused:  # by now something stands in the way
                return
            result, failure = self.run(work, draining=True)
            self.check_drain(result, failure)

    def check_drain(self, result: Result, failure: str) -> None:
        guests = self.cloud.world.guests
        assert ids(result["left"]) == self.aboard()
        for one in result["left"]:
            assert one["running"] is (guests[one["id"]].vm_state not in QUIET) and one["reason"], one
        for one in result["moved"]:
            if one["id"] not in self.referee.meddled:
                assert guests[one["id"]].host == one["target"] != HOST, one
        host = self.cloud.world.hosts[HOST]
        assert (result["host"]["status"], host.enabled) == ("disabled", False)
        allowed = self.options["leave_stopped"] or self.options["leave_unmovable"] or self.options["granted_tags"]
        assert failure or allowed or not self.aboard()
        newest = {one.server: one for one in self.cloud.world.records if one.source == HOST}.values()
        old_disks = [one for one in newest if one.status == "finished" and one.server in guests]
        assert failure or self.options["leave_unmovable"] or not old_disks

    def check_return(self, result: Result, failure: str) -> None:
        guests, meddled, host = self.cloud.world.guests, self.referee.meddled, self.cloud.world.hosts[HOST]
        for one in result["brought_back"]:
            if one["id"] not in meddled:
                assert guests[one["id"]].host == HOST, one
        away = ids(result["left"])
        settled = {key for key, one in guests.items() if one.vm_state != "resized"} - meddled
        assert not away & settled & self.aboard()
        if not failure and not self.taken_away:
            mine = {key for key, home in self.before.items() if home == HOST and key in guests} - meddled
            assert mine - self.aboard() <= away and mine <= settled
            assert self.cloud.returned(HOST)
        assert self.taken_away or (result["host"]["status"] == "enabled") is host.enabled


@settings(max_examples=EXAMPLES, derandomize=not SOAKING, print_blob=True, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_the_rules_hold(scenario: Scenario) -> None:
    sim = Simulation(scenario)
    try:
        work = sim.operator.look_to_start(HOST)
    except Refused:
        event("refused")
        assert sim.cloud.writes == [] and sim.cloud.world.hosts[HOST].enabled
        return
    drain(sim, scenario, work)
    sim.cloud.clock.sleep(scenario.pause)
    if bring_back(sim, scenario):
        sim.cloud.clock.sleep(100.0)
        heal(sim.cloud)
        bring_the_rest_back(sim)


def drain(sim: Simulation, scenario: Scenario, work: Start) -> None:
    predict = work.predict()
    assert sim.cloud.writes == [] and work.changed
    scenario.unleash(sim.cloud, sim.referee, scenario.events)
    sim.cloud.faults.plant(kill, at=scenario.killed_at)
    try:
        result, failure = sim.run(work, draining=True)
    except Killed:
        event("killed")
        sim.go_on(scenario.resumed)
        return
    event("drain failed" if failure else "drained")
    sim.check_drain(result, failure)
    gone = {key for key, host in sim.before.items() if host == HOST and key in sim.cloud.world.guests} - sim.aboard()
    # Whoever left has moved, or a failure says that its move is not over: Nova has it elsewhere before that.
    assert all(f"({key}) is on its way" in failure for key in gone - sim.referee.meddled - ids(result["moved"]))
    if scenario.calm and "('timeout')" not in failure:
        assert not failure
        for key in ("moved", "left"):
            assert ids(predict[key]) == ids(result[key])
    if not failure and not sim.referee.meddled and not sim.taken_away:
        sim.cloud.forget_requests()
        assert not sim.operator.look_to_start(HOST).changed and sim.cloud.writes == []


def bring_back(sim: Simulation, scenario: Scenario) -> bool:
    """Whether there is something left to bring back."""
    sim.cloud.forget_requests()
    work = sim.operator.look_to_stop(HOST)
    work.predict()
    assert sim.cloud.writes == [] and not (work.changed and sim.taken_away)
    if not work.changed:
        event("nothing to bring back")
        return False
    scenario.unleash(sim.cloud, sim.referee, scenario.later)
    sim.cloud.faults.plant(kill, at=scenario.return_killed_at)
    try:
        result, failure = sim.run(work, draining=False)
    except Killed:
        event("return killed")
        work = sim.operator.look_to_stop(HOST)
        if not work.changed:
            return False
        result, failure = sim.run(work, draining=False)
    event("return failed" if failure else "returned")
    sim.check_return(result, failure)
    return bool(failure) and not sim.taken_away


def bring_the_rest_back(sim: Simulation) -> None:
    """Nothing goes wrong any more, so only the time can be too short, and each run gets further."""
    for _run in sim.cloud.world.guests:
        result, failure = sim.run(sim.operator.look_to_stop(HOST), draining=False)
        sim.check_return(result, failure)
        if not failure:
            return
        assert "('timeout')" in failure and result["brought_back"]
    raise AssertionError("it does not come to its end")
