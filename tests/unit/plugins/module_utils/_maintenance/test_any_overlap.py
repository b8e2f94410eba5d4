# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Maintenances of three hosts in any order, killed and run beside each other: in the end all servers are at home.

``SOAK=1`` tries many more orders, different ones each time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Killed, kill
from tests.unit.fake.operator import Operator
from tests.unit.fake.wire import Request

SOAKING = bool(os.environ.get("SOAK"))
HOSTS = ("cmp01", "cmp02", "cmp03")
ALL = (*HOSTS, "cmp04")
NONE = 10**6


@dataclass(frozen=True)
class Run:
    """One run of a playbook.

    :ivar targets: where a drain may put servers; all hosts where there are none.
    :ivar killed_at: the request at which it is killed. :ivar after: whether the cloud does first what that asks for.
    :ivar beside: what another operator does meanwhile, and before which request of this one.
    """

    job: str
    host: str
    targets: tuple[str, ...] = ()
    killed_at: int = NONE
    after: bool = False
    beside: tuple[int, Run] | None = None


@dataclass
class Play:
    """:ivar told: all that the runs said. :ivar named: servers that they said to have left where they are."""

    cloud: FakeCloud
    told: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)

    def run(self, run: Run) -> bool:
        """Do it. Returns whether it ended well."""
        operator = Operator(self.cloud, owner=run.host, timeout=600.0)
        if run.beside:
            self._meanwhile(*run.beside)
        self.cloud.faults.plant(kill, at=run.killed_at, after=run.after)
        try:
            work = self._work(operator, run)
            result = work.apply() if work.changed else work.predict()
        except Killed:
            event("killed")
            return False
        except (Interrupted, Refused) as failure:
            event(f"{run.job} refused" if isinstance(failure, Refused) else f"{run.job} failed")
            self.told.append(f"{run}: {failure}")
            return False
        finally:
            self.cloud.faults.clear()
            self.cloud.watchers.clear()
        self.told += [f"{run}: {warning}" for warning in work.warnings]
        self.named |= {server["id"] for server in result["left"]} if run.job == "stop" else set()
        return True

    @staticmethod
    def _work(operator: Operator, run: Run) -> Any:
        if run.job == "start":
            return operator.look_to_start(run.host, targets=run.targets or ALL)
        return operator.look_to_stop(run.host)

    def _meanwhile(self, request: int, run: Run) -> None:
        seen = 0

        def watch(_request: Request) -> None:
            nonlocal seen
            seen += 1
            if seen == request:
                self.cloud.watchers.clear()
                event("beside")
                self.run(run)

        self.cloud.watchers.append(watch)


JOBS = st.sampled_from(("start", "start", "stop"))
TARGETS = st.sampled_from(((), ("cmp01",), ("cmp02",), ("cmp03",), ("cmp04",), ("cmp02", "cmp03")))
KILLS = st.sampled_from((NONE, NONE, *range(5, 40)))
SIMPLE = st.builds(Run, JOBS, st.sampled_from(HOSTS), TARGETS)
KILLED = st.builds(Run, JOBS, st.sampled_from(HOSTS), TARGETS, KILLS, st.booleans())
BESIDE = st.builds(
    Run, JOBS, st.sampled_from(HOSTS), TARGETS, st.just(NONE), st.just(False), st.tuples(st.integers(1, 60), SIMPLE)
)


def play(runs: Sequence[Run]) -> None:
    """Have these runs, stop what is not over, and see that each server is at home or that a run names it."""
    cloud = FakeCloud(*ALL)
    cloud.aggregate("all", *ALL)
    homes = {cloud.boot(f"of-{host}", host).id: host for host in HOSTS}
    stage = Play(cloud)
    for run in runs:
        stage.run(run)
        cloud.clock.sleep(5.0)
    for _again in range(3):
        for host in HOSTS:
            stage.run(Run("stop", host))
            cloud.clock.sleep(5.0)
    lost = [
        f"{cloud.world.guests[key].name} is on {cloud.world.guests[key].host}"
        for key, home in homes.items()
        if cloud.world.guests[key].host != home and key not in stage.named
    ]
    assert not lost, "\n".join([*lost, *stage.told])
    assert all(cloud.returned(host) for host in HOSTS), cloud.world.known_traits


EXAMPLES = settings(
    max_examples=3000 if SOAKING else 50, derandomize=not SOAKING, suppress_health_check=list(HealthCheck)
)


@EXAMPLES
@given(st.lists(SIMPLE, min_size=3, max_size=9))
def test_one_after_the_other(runs: list[Run]) -> None:
    play(runs)


@EXAMPLES
@given(st.lists(KILLED, min_size=3, max_size=9))
def test_killed_at_any_request(runs: list[Run]) -> None:
    play(runs)


@EXAMPLES
@given(st.lists(st.one_of(SIMPLE, BESIDE), min_size=3, max_size=7))
def test_beside_each_other(runs: list[Run]) -> None:
    play(runs)
