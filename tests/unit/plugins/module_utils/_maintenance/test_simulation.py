# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Random clouds in which random things go wrong and others meddle: whatever happens, the rules hold.

``SOAK=1`` tries many more clouds, different ones each time; a failing cloud is printed with the seed that repeats it.
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
from fake.rules_checker import RulesChecker
from fake.scenario import HOST, Scenario, heal, scenarios
from hypothesis import HealthCheck, event, given, settings

Result = dict[str, Any]
SOAKING = bool(os.environ.get("SOAK"))
EXAMPLES = 4000 if SOAKING else 250
MARGIN = 15.0  # seconds that the last observation and the last pause may take
QUIET = {"stopped", "suspended", "shelved", "soft-delete"}


def ids(servers: list[Result]) -> set[str]:
    return {server["id"] for server in servers}


class Simulation:
    """A cloud, the operator who maintains a host of it, and the checker of the rules."""

    def __init__(self, scenario: Scenario) -> None:
        self.cloud: FakeCloud = scenario.build()
        self.options = scenario.settings(self.cloud)
        self.checker = RulesChecker(self.cloud, HOST, self.options)
        self.operator = Operator(self.cloud, **self.options)
        self.before = {guest.id: guest.host for guest in self.cloud.world.guests.values()}

    @property
    def is_foreign(self) -> bool:
        """Return whether somebody else disabled the host, which is not ours to enable then."""
        return self.cloud.world.hosts[HOST].reason == "broken fan"

    def on_host(self) -> set[str]:
        return {guest.id for guest in self.cloud.world.guests_on(HOST)}

    def run(self, work: Start | Stop, draining: bool) -> tuple[Result, str]:
        """Apply the work. Returns its result and, if it failed, the failure."""
        limit = self.options["timeout"] * (1 if draining else 3) + MARGIN
        self.checker.begin(draining, limit)
        try:
            return work.apply(), ""
        except Interrupted as failure:
            return failure.facts, str(failure)
        finally:
            self.cloud.faults.clear()
            self.checker.end()

    def resume(self, resumed: bool) -> None:
        """Run a killed drain again, if the scenario says so."""
        if resumed and not self.is_foreign:
            try:
                work = self.operator.look_to_start(HOST)
            except Refused:  # something blocks the drain by now
                return
            result, failure = self.run(work, draining=True)
            self.check_drain(result, failure)

    def check_drain(self, result: Result, failure: str) -> None:
        guests = self.cloud.world.guests
        assert ids(result["left"]) == self.on_host()
        for server in result["left"]:
            assert server["running"] is (guests[server["id"]].vm_state not in QUIET) and server["reason"], server
        for move in result["moved"]:
            if move["id"] not in self.checker.meddled:
                assert guests[move["id"]].host == move["target"] != HOST, move
        host = self.cloud.world.hosts[HOST]
        assert (result["host"]["status"], host.enabled) == ("disabled", False)
        allowed = self.options["leave_stopped"] or self.options["leave_unmovable"] or self.options["granted_tags"]
        assert failure or allowed or not self.on_host()
        newest = {record.server: record for record in self.cloud.world.records if record.source == HOST}.values()
        old_disks = [record for record in newest if record.status == "finished" and record.server in guests]
        assert failure or self.options["leave_unmovable"] or not old_disks

    def check_bring_back(self, result: Result, failure: str) -> None:
        guests, meddled, host = self.cloud.world.guests, self.checker.meddled, self.cloud.world.hosts[HOST]
        for move in result["brought_back"]:
            if move["id"] not in meddled:
                assert guests[move["id"]].host == HOST, move
        away = ids(result["left"])
        confirmed = {key for key, guest in guests.items() if guest.vm_state != "resized"} - meddled
        assert not away & confirmed & self.on_host()
        if not failure and not self.is_foreign:
            own = {key for key, host in self.before.items() if host == HOST and key in guests} - meddled
            assert own - self.on_host() <= away and own <= confirmed
            assert self.cloud.returned(HOST)
        assert self.is_foreign or (result["host"]["status"] == "enabled") is host.enabled


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
    prediction = work.predict()
    assert sim.cloud.writes == [] and work.changed
    scenario.disturb(sim.cloud, sim.checker, scenario.events)
    sim.cloud.faults.plant(kill, at=scenario.killed_at)
    try:
        result, failure = sim.run(work, draining=True)
    except Killed:
        event("killed")
        sim.resume(scenario.resumed)
        return
    event("drain failed" if failure else "drained")
    sim.check_drain(result, failure)
    gone = {key for key, host in sim.before.items() if host == HOST and key in sim.cloud.world.guests} - sim.on_host()
    # A server that left has moved, or a failure says that its move is not over: Nova has it elsewhere before that.
    assert all(f"({key}) is on its way" in failure for key in gone - sim.checker.meddled - ids(result["moved"]))
    if scenario.calm and "('timeout')" not in failure:
        assert not failure
        for key in ("moved", "left"):
            assert ids(prediction[key]) == ids(result[key])
    if not failure and not sim.checker.meddled and not sim.is_foreign:
        sim.cloud.forget_requests()
        assert not sim.operator.look_to_start(HOST).changed and sim.cloud.writes == []


def bring_back(sim: Simulation, scenario: Scenario) -> bool:
    """Bring servers back. Returns whether a later run has something left to do."""
    sim.cloud.forget_requests()
    work = sim.operator.look_to_stop(HOST)
    work.predict()
    assert sim.cloud.writes == [] and not (work.changed and sim.is_foreign)
    if not work.changed:
        event("nothing to bring back")
        return False
    scenario.disturb(sim.cloud, sim.checker, scenario.later)
    sim.cloud.faults.plant(kill, at=scenario.return_killed_at)
    try:
        result, failure = sim.run(work, draining=False)
    except Killed:
        event("killed while bringing back")
        work = sim.operator.look_to_stop(HOST)
        if not work.changed:
            return False
        result, failure = sim.run(work, draining=False)
    event("bringing back failed" if failure else "brought back")
    sim.check_bring_back(result, failure)
    return bool(failure) and not sim.is_foreign


def bring_the_rest_back(sim: Simulation) -> None:
    """Bring back the rest. Nothing goes wrong any more: only the time can be too short, and each run gets further."""
    for _run in sim.cloud.world.guests:
        result, failure = sim.run(sim.operator.look_to_stop(HOST), draining=False)
        sim.check_bring_back(result, failure)
        if not failure:
            return
        assert "('timeout')" in failure and result["brought_back"]
    raise AssertionError("it never ends")
