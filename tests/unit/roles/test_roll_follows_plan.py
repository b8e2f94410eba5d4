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

from ansible.template import Templar, trust_as_template
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.unit.collection.repository import load
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.role import OWNER, Role
from tests.unit.fake.task import run_task

SOAKING = bool(os.environ.get("SOAK"))
Batches = list[dict[str, list[tuple[str, str]]]]  # by host of each batch: its servers, and where each goes


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
    """The tasks of the role that call a module, one after the other, through hosts that all need the upgrade."""

    def __init__(self, cloud: FakeCloud, directory: str, **options: Any) -> None:
        self._cloud, self._newest = cloud, max(host.version for host in cloud.world.hosts.values())
        variables = {f"rolling_upgrade_{name}": value for name, value in options.items()}
        inventory = {host: {"rolling_upgrade_needed": True} for host in cloud.world.hosts}
        self._role = Role(
            inventory,
            run_task(cloud, "os_host_info", aggregate=options["aggregate"]).result["hosts"],
            rolling_upgrade_directory=directory,
            ansible_forks=10,
            **variables,
        )
        self._register("record", "preflight.yml", "os_upgrade_roll", check=True)
        self._role.set_facts("main.yml")
        self._register("planned", "plan.yml", "os_upgrade_plan")
        self._register("opened", "roll.yml", "os_upgrade_roll")

    def _register(self, name: str, file: str, module: str, check: bool = False, number: int = 0) -> dict[str, Any]:
        task = run_task(self._cloud, module, check=check, **self._role.arguments(file, module, number))
        assert not task.failed, task.printed
        self._role.set(**{f"__rolling_upgrade_{name}": task.result})
        return task.result

    def run(self) -> Batches:
        """Run batch after batch, and return the moves that the servers made, without those that brought them back."""
        batches: Batches = []
        self._role.set(__rolling_upgrade_number=0)
        while hosts := self._register("next", "batch.yml", "os_upgrade_batch")["batch"]:
            batches.append({host: self._drain(host) for host in hosts})
            for host in hosts:
                self._put_back(host)
            self._role.set(__rolling_upgrade_number=len(batches))
        return batches

    def _drain(self, host: str) -> list[tuple[str, str]]:
        self._role.set(rolling_upgrade_host=host)
        started = self._register("started", "drain.yml", "os_host_maintenance")
        self._register("noted", "drain.yml", "os_upgrade_note")
        return sorted((move["id"], move["target"]) for move in started["moved"])

    def _put_back(self, host: str) -> None:
        self._role.set(rolling_upgrade_host=host)
        self._cloud.world.hosts[host].version = self._newest
        self._register("noted", "verify.yml", "os_upgrade_note")
        self._register("noted", "return.yml", "os_upgrade_note")
        self._register("stopped", "return.yml", "os_host_maintenance")
        self._register("noted", "returned.yml", "os_upgrade_note")


@settings(
    max_examples=300 if SOAKING else 20,
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
    with TemporaryDirectory() as directory:
        batches = Roll(cloud, directory, **options).run()
    assert batches == [
        {host["host"]: sorted((move["server"], move["target"]) for move in host["moves"]) for host in batch["hosts"]}
        for batch in plan["batches"]
    ]
    assert len(cloud.moves.started) == plan["totals"]["moves"]
