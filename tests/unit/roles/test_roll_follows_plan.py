# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The plan that the playbook plan_upgrade shows is the plan that a roll carries out, in random pools.

The roll is the modules that the role calls, with the arguments that it gives them, on the fake cloud. ``SOAK=1`` tries
more pools, other ones each time.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ansible.template import Templar, trust_as_template
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import turn as _turn
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.unit.collection.repository import load
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.role import OWNER, Role
from tests.unit.fake.task import run_task

SOAKING = bool(os.environ.get("SOAK"))
Turn = tuple[str, list[tuple[str, str]]]  # a host, and its servers with where each goes


@st.composite
def clouds(draw: st.DrawFn) -> FakeCloud:
    """A pool whose hosts differ in version and number of servers, with server groups."""
    cloud = FakeCloud(*(f"cmp0{number}" for number in range(1, draw(st.integers(3, 6)) + 1)), vcpus=9)
    cloud.aggregate("nvme", *cloud.world.hosts)
    for host in cloud.world.hosts.values():
        host.version -= draw(st.sampled_from([0, 0, 1]))
    guests: list[Guest] = []
    for name in cloud.world.hosts:
        for number in range(draw(st.integers(0, 3))):
            state = draw(st.sampled_from(["active", "active", "stopped"]))
            guests.append(cloud.boot(f"web-{name}-{number}", name, state, vcpus=draw(st.integers(1, 3))))
    for number in range(draw(st.integers(0, 2))):
        members = draw(st.permutations(guests))[:3]
        cloud.group(f"group{number}", draw(st.sampled_from(["soft-anti-affinity", "soft-affinity"])), *members)
    return cloud


def plan_that_is_shown(cloud: FakeCloud, **options: Any) -> dict[str, Any]:
    """The plan of the playbook plan_upgrade."""
    (play,) = load(Path("playbooks", "plan_upgrade.yml"))
    given = play["tasks"][0]["stackops.aggregates.os_upgrade_plan"]
    arguments = {name: trust_as_template(value) for name, value in given.items()}
    variables = {f"plan_upgrade_{name}": value for name, value in {"owner": OWNER, **options}.items()}
    task = run_task(cloud, "os_upgrade_plan", **Templar(variables=variables).template(arguments))
    assert not task.failed, task.printed
    return dict(task.result["plan"])


class Roll:
    """The tasks of the role that call a module, through hosts that all need the upgrade.

    Turns end as the plan predicts it. Whenever one is over, all hosts that wait ask again, in the order of the play.
    """

    def __init__(self, cloud: FakeCloud, directory: str, plan: dict[str, Any], **options: Any) -> None:
        self._cloud, self._newest = cloud, max(host.version for host in cloud.world.hosts.values())
        self._ends = {turn["host"]: turn["end"] for turn in plan["turns"]}
        variables = {f"rolling_upgrade_{name}": value for name, value in options.items()}
        self._role = Role(
            {host: {} for host in cloud.world.hosts},
            rolling_upgrade_directory=directory,
            rolling_upgrade_check_machines=False,
            rolling_upgrade_version="",
            ansible_forks=10,
            **variables,
        )
        self._do("preflight", "preflight.yml", "os_upgrade_preflight")
        for host in cloud.world.hosts:
            self._role.on(host)
            self._role.register("answer", {"needed": True, "machine": ""})
        self._role.on("localhost")
        self.shown = self._do("opened", "plan.yml", "os_upgrade_roll")
        self.turns: list[Turn] = []

    def _do(self, name: str, file: str, module: str, number: int = 0) -> dict[str, Any]:
        task = run_task(self._cloud, module, **self._role.arguments(file, module, number))
        assert not task.failed, task.printed
        self._role.register(name, task.result)
        return task.result

    def run(self) -> None:
        """Carry out all turns, and note the moves that the servers made, without those that brought them back."""
        waiting = list(self.shown["roll"]["remaining"])
        under_way: list[str] = []
        while waiting or under_way:
            for host in list(waiting):
                self._role.on(host)
                turn = self._do("turn", "wait.yml", "os_upgrade_turn")
                if turn["turn"] == "begin":
                    waiting.remove(host)
                    under_way.append(host)
                    self.turns.append((host, self._drain(host)))
            assert under_way, "no host begins"
            over = min(self._ends[host] for host in under_way)
            for host in [host for host in under_way if self._ends[host] == over]:
                under_way.remove(host)
                self._put_back(host)

    def _drain(self, host: str) -> list[tuple[str, str]]:
        started = self._do("started", "turn.yml", "os_host_maintenance")
        self._do("noted", "turn.yml", "os_upgrade_note")
        return sorted((move["id"], move["target"]) for move in started["moved"])

    def _put_back(self, host: str) -> None:
        self._role.on(host)
        self._cloud.world.hosts[host].version = self._newest
        self._do("noted", "turn.yml", "os_upgrade_note", 1)
        self._do("stopped", "turn.yml", "os_host_maintenance", 1)
        self._do("noted", "turn.yml", "os_upgrade_note", 2)


@settings(
    max_examples=300 if SOAKING else 10,
    derandomize=not SOAKING,
    deadline=None,
    phases=(Phase.generate,),  # a smaller pool would take minutes to be found
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(clouds(), st.integers(1, 2), st.booleans())
def test_a_roll_carries_out_the_plan_that_is_shown(cloud: FakeCloud, most: int, bring_back: bool) -> None:
    options: dict[str, Any] = {"aggregate": "nvme", "max_unavailable": str(most), "bring_back": bring_back}
    plan = plan_that_is_shown(cloud, **options)
    assume(plan["possible"])
    with TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_turn, "PATIENCE", 0.0)  # a host that waits is asked again at once
        roll = Roll(cloud, directory, plan, **options)
        assert roll.shown["plan"]["turns"] == plan["turns"]
        roll.run()
    planned = [
        (turn["host"], sorted((move["server"], move["target"]) for move in turn["moves"])) for turn in plan["turns"]
    ]
    assert roll.turns == planned
    assert len(cloud.moves.started) == plan["totals"]["moves"]


def test_a_roll_makes_the_room_that_the_plan_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the server that makes it is on a host that is not to be upgraded."""
    monkeypatch.setattr(_turn, "PATIENCE", 0.0)
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", vcpus=8)
    cloud.aggregate("nvme", *cloud.world.hosts)
    for name, host, vcpus in (("big", "cmp01", 4), ("heavy", "cmp02", 4), ("small", "cmp02", 2), ("whole", "cmp03", 6)):
        cloud.boot(name, host, vcpus=vcpus)
    options: dict[str, Any] = {"aggregate": "nvme", "hosts": ["cmp01"]}
    plan = plan_that_is_shown(cloud, **options)
    roll = Roll(cloud, str(tmp_path), plan, **options)
    roll.run()
    assert cloud.moves.started == [("small", "cmp03"), ("big", "cmp02"), ("big", "cmp01")]
    assert plan["totals"]["moves"] == 3
