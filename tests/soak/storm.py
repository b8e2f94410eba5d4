# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Storms: rounds of maintenance and kills while owners and other operators do as they like and the API fails.

Each round ends in calm. Then everything is checked, at the hypervisors and in Nova's and Placement's records. Who did
what and when is in the round's journal, ``build/soak/storm-NNN.log``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from tests.cloud.embedded import servers
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout
from tests.cloud.embedded.rest import Session
from tests.cloud.embedded.waiting import wait_for
from tests.soak.aftermath import guests, left_behind, lost, not_empty, tracebacks
from tests.soak.journal import Journal
from tests.soak.maintenance import Maintenance
from tests.soak.operators import Operators
from tests.soak.runs import Runs, SoakError
from tests.soak.script import FRONT, OPERATOR, TENANT, Outage, Script, script
from tests.soak.tenants import Tenants
from tests.soak.watcher import Watcher
from tests.soak.world import World

CALM = ("calm1", "calm2", "calm3")  # servers that only operators move
FLEET = 5  # servers of the tenants at first
SETTLE_SECONDS = 120


class Storms:
    """The rounds on one cloud, which holds nothing at first."""

    def __init__(self, world: World, layout: Layout, runs: Runs, seed: int) -> None:
        self._world, self._layout, self._runs, self._seed = world, layout, runs, seed
        self._watcher = Watcher(world.store)
        self._tenants = Tenants(Session.open(layout.clouds, "embedded-demo", "internal"), self._watcher)
        self._operators = Operators(Session.open(layout.clouds, "embedded-roll", "internal"), self._watcher)
        self._client = Session.open(layout.clouds)  # asks through the front, as the playbooks do
        self._us = world.user()
        self._hosts: list[str] = []
        self.counts: Counter[str] = Counter()  # how often each kind of thing was done
        self._lasts: dict[str, float] = {}

    @property
    def samples(self) -> int:
        """How often the hypervisors were looked at."""
        return self._watcher.samples

    def rage(self, first: int, number: int) -> None:
        """So many rounds, from that one on. :raises SoakError: after the first that ends badly."""
        self._furnish()
        with self._watcher:
            for place in range(first, first + number):
                self.round(place)

    def _furnish(self) -> None:
        self._hosts = self._world.make_pool()
        for name, host in zip(CALM, self._hosts, strict=False):
            servers.boot(self._world.session, name, host=host)
        fleet = [self._tenants.build_another() for _server in range(FLEET)]
        if any(server["status"] != "ACTIVE" for server in fleet):
            raise SoakError("The first servers were not built.")

    def round(self, number: int) -> None:
        """One round, and its checks."""
        plan = script(self._seed, number, self._hosts)
        journal = Journal(self._runs.folder / f"storm-{number:03}.log")
        before, began = self._world.observe(), time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        first_run = self._runs.count
        self._tenants.moved.clear()
        self._operators.taken.clear()
        claimed = len(self._runs.claims())
        maintenances = [Maintenance(maintenance, self._runs, journal, self._lasts) for maintenance in plan.plans]
        self._play(plan, maintenances, journal)
        self._calm_down(maintenances, journal)
        self._check(before.last_record, began, maintenances, journal)
        claims = self._runs.claims()[claimed:]
        journal.find(*not_empty(claims, self._tenants.gone), *tracebacks(self._runs.texts(first_run)))
        self._report(number, plan, len(claims), journal)

    # -- its parts

    def _play(self, plan: Script, maintenances: list[Maintenance], journal: Journal) -> None:
        """Everybody acts at once, each at his time; servers are brought back when all drains are over."""
        hosts = [maintenance.host for maintenance in plan.plans]
        with ThreadPoolExecutor(len(plan.tenants) + len(plan.operators) + len(plan.outages) + len(hosts)) as crowd:
            works = [_later(crowd, act.at, journal, self._tenants.act, act, journal) for act in plan.tenants]
            works += [
                _later(crowd, act.at, journal, self._operators.act, act, hosts, journal) for act in plan.operators
            ]
            works += [_later(crowd, outage.at, journal, self._fail, outage, journal) for outage in plan.outages]
            try:
                works += _side_by_side(crowd, [maintenance.drain for maintenance in maintenances])
                works += _side_by_side(crowd, [maintenance.bring_back for maintenance in maintenances])
            except BaseException:  # told to stop: nobody tries again
                self._runs.end()
                raise
        for work in works:
            work.result()

    def _fail(self, outage: Outage, journal: Journal) -> None:
        rule = {"fail": outage.fail, "seconds": outage.seconds}
        self._world.store.behave({"front": {outage.service: rule}})
        journal.did(outage.fail, f"{outage.service} for {outage.seconds:.1f} s")

    def _calm_down(self, maintenances: list[Maintenance], journal: Journal) -> None:
        """The API answers again, whoever survived a kill ends, and each operator ends his maintenance."""
        self._world.store.behave({"front": {"compute": None, "placement": None}})
        wait_for("The APIs answer through the front", self._is_answered, SETTLE_SECONDS)
        self._runs.await_orphans()
        journal.note("it is calm")
        for maintenance in reversed(maintenances):
            maintenance.end(self._is_over)
        wait_for("Nova is done with all servers and migrations", self._is_settled, SETTLE_SECONDS)

    def _is_answered(self) -> bool:
        try:
            return bool(self._client.compute("GET", "/os-services") and self._client.placement("GET", "/traits"))
        except CloudError:
            return False

    def _is_over(self, host: str) -> bool:
        now = self._world.observe()
        return now.computes[host].enabled and not self._world.returning(host)

    def _is_settled(self) -> bool:
        return not self._world.busy() and not self._world.observe().moving

    def _check(self, since: int, began: str, maintenances: list[Maintenance], journal: Journal) -> None:
        now = self._world.observe()
        records = [record for record in self._world.records() if record["id"] > since]
        told = {maintenance.plan.host: maintenance.texts for maintenance in maintenances}
        journal.find(*lost(now, records, self._us, told, self._operators.taken, self._tenants.moved))
        cut_short = bool(self._operators.taken) or any(maintenance.plan.stop for maintenance in maintenances)
        journal.find(*left_behind(now, began, self._world.leftovers(self._us), cut_short))
        journal.find(*guests(now), *self._watcher.problems())

    def missed(self) -> set[str]:
        """What was never done."""
        return {*TENANT, *OPERATOR, *FRONT, "kill", "failed"} - set(self.counts)

    def _report(self, number: int, plan: Script, claims: int, journal: Journal) -> None:
        self.counts += journal.counts
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(journal.counts.items()))
        hosts = " and ".join(maintenance.host for maintenance in plan.plans)
        print(f"  storm {number} on {hosts}: {counts}; {claims} called empty; {journal.seconds:.0f} s", flush=True)
        self._runs.demand_none(journal.problems)


def _side_by_side(crowd: ThreadPoolExecutor, works: list[Callable[[], None]]) -> list[Future[None]]:
    """Do all at once, and return when they are done."""
    futures = [crowd.submit(work) for work in works]
    wait(futures)
    return futures


def _later(
    crowd: ThreadPoolExecutor, at: float, journal: Journal, work: Callable[..., None], *args: Any
) -> Future[None]:
    def wait_and_work() -> None:
        journal.wait_until(at)
        work(*args)

    return crowd.submit(wait_and_work)
