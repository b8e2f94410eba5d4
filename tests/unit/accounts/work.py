# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The work of each job: tasks that together make every call of the job. Most are those of the modules' contract."""

from __future__ import annotations

import atexit
import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.accounts.table import SILENT, Call, find
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.glance import image
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.task import Task, run_task
from tests.unit.fake.wire import Request
from tests.unit.plugins.module_utils._roll.events import OPENED, OPTIONS, foreseen
from tests.unit.plugins.modules.test_contract import CASES, MAINTENANCE, Case

START: dict[str, Any] = {**MAINTENANCE, "state": "started"}
STUCK = {**START, "migration_timeout": 30, "timeout": 600}
PLAN = {"aggregate": "nvme", "owner": "me"}
CANARY_ROLL = "20261121T100000Z-0a1b2c3d"
CANARY_FOLDER = Path(mkdtemp(prefix="stackops-canary-"))
atexit.register(shutil.rmtree, CANARY_FOLDER)


def hanging(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS, times=1))


def to_be_stopped(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01", tags={"maintenance:stop"})


def stopped(cloud: FakeCloud) -> None:
    """A maintenance of the same account shut a server down."""
    to_be_stopped(cloud)
    started = run_task(cloud, "os_host_maintenance", user="roll", **START, server_wishes=["stop"])
    assert not started.failed, started.printed
    cloud.clock.sleep(60.0)


def grouped(cloud: FakeCloud) -> None:
    cloud.group("ha", "anti-affinity", cloud.boot("web1", "cmp01"), cloud.boot("web2", "cmp03"))


def connected(cloud: FakeCloud) -> None:
    """A host with an agent of Neutron."""
    grouped(cloud)
    cloud.neutron.agent("cmp01", "neutron-openvswitch-agent")


def full(cloud: FakeCloud) -> None:
    """A host that Placement does not offer any more."""
    cloud.boot("big", "cmp01", vcpus=32)


def imaged(cloud: FakeCloud) -> None:
    """A server that boots from an image, as most do."""
    cloud.world.images += [image("cirros"), image("ubuntu")]
    cloud.boot("web", "cmp01", image=image("cirros")["id"])


def tried(cloud: FakeCloud) -> None:
    """A host of a roll that is to return; its canary visits another one, and is built on a network."""
    cloud.world.images, cloud.world.flavors, cloud.world.networks = [image("cirros")], {"tiny": {"VCPU": 1}}, ["net"]
    cloud.boot("web", "cmp01")
    started = run_task(cloud, "os_host_maintenance", user="roll", **START, roll=CANARY_ROLL)
    assert not started.failed, started.printed
    (CANARY_FOLDER / "record.jsonl").unlink(missing_ok=True)
    hosts = ["cmp01", "cmp02"]
    run = {"hosts": hosts, "places": dict(zip(hosts, hosts, strict=True)), "foreseen": foreseen(*hosts)}
    run["options"] = {**OPTIONS, "aggregate": "nvme", "aggregate_metadata": None}
    begun: dict[str, Any] = {"event": "begun", "at": 1.0, "host": "cmp01", "moves": [], "steps": ["return"]}
    begun["forecast"] = {"return": 10.0}
    events = [{**OPENED, "roll": CANARY_ROLL, **run}, begun]
    (CANARY_FOLDER / "record.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))


def broken(cloud: FakeCloud) -> None:
    """A host of a roll to which a move went wrong."""
    tried(cloud)
    cloud.leave_record(cloud.boot("bad", "cmp02"), "cmp01", "cmp02", "error", "live-migration")
    cloud.world.records[-1].created = cloud.clock.utc()


def inhabited(cloud: FakeCloud, case: Case) -> None:
    """Prepare a cloud that has other servers and other migrations too, without which no silent lack can show."""
    theirs = cloud.boot("theirs", "cmp02")
    cloud.move(theirs, "cmp03")
    cloud.clock.sleep(10.0)
    case.prepare(cloud)


DECLARE = {
    **{name: case for name, case in CASES.items() if case.module.startswith("os_aggregate") and "enable" not in name},
    "cache images": Case(
        "os_aggregate_image_cache", {"aggregate": "nvme", "images": ["cirros", image("ubuntu")["id"]]}, imaged
    ),
}
LOOK = {
    **{name: CASES[name] for name in ("list aggregates", "list hosts", "plan")},
    "one host": Case("os_host_info", {"host": "cmp01", "servers": True, "network_agents": True}, connected),
    "plan with a full host": Case("os_upgrade_plan", {**PLAN, "bring_back": False}, full),
    "plan with an image": Case("os_upgrade_plan", PLAN, imaged),
    "plan with a group": Case("os_upgrade_plan", PLAN, grouped),
    "plan in the middle": Case("os_upgrade_plan", PLAN, CASES["stop"].prepare),
}
UNREFUSED = "note a failure"  # says what it could not be told
LATER = "try with a canary"  # of a host that the same account drained, for which it looked at all of that
ROLL = {
    **LOOK,
    **{name: case for name, case in CASES.items() if case.module == "os_host_maintenance"},
    "abort": Case("os_host_maintenance", {**STUCK, "on_stuck": "abort"}, hanging),
    "force": Case("os_host_maintenance", {**STUCK, "on_stuck": "force_complete"}, hanging),
    "start with a group": Case("os_host_maintenance", START, grouped),
    "start with an image": Case("os_host_maintenance", START, imaged),
    "shut down": Case("os_host_maintenance", {**START, "server_wishes": ["stop"]}, to_be_stopped),
    LATER: Case(
        "os_upgrade_canary",
        {
            "folder": str(CANARY_FOLDER),
            "session": "s1",
            "host": "cmp01",
            "canary": {"image": image("cirros")["id"], "flavor": "tiny", "network": "net"},
        },
        tried,
    ),
    UNREFUSED: Case(
        "os_upgrade_note",
        {"folder": str(CANARY_FOLDER), "session": "s1", "host": "cmp01", "event": "failed", "reason": "no boot"},
        broken,
    ),
    "start up": Case("os_host_maintenance", {**MAINTENANCE, "state": "stopped"}, stopped),
}
WORK = {"declare": DECLARE, "look": LOOK, "roll": ROLL}


def calls(cloud: FakeCloud) -> dict[Call, None]:
    """Return the calls of the table that were made, in order."""
    return {call: None for request in cloud.asked() if (call := call_of(request))}


def call_of(request: Request) -> Call | None:
    return find(request.service, request.method, request.path.removeprefix("/v2.1"), request.body)


def run(job: str, name: str, lacking: str | None = None, **how: Any) -> tuple[FakeCloud, Task]:
    """Do some work under the account of its job.

    :param lacking: a policy that the account lacks. :param how: options of ``run_task`` and of the module.
    """
    case = WORK[job][name]
    cloud = replace(case, prepare=case.prepare if job == "declare" else lambda cloud: inhabited(cloud, case)).cloud()
    cloud.forget_requests()
    if lacking:
        cloud.policies.deny(lacking, user=job)
    return cloud, run_task(cloud, case.module, user=job, **{**case.options, **how})


@cache
def asked(job: str, name: str) -> tuple[str, ...]:
    """Return the policies that a piece of work asks for where it lacks none."""
    cloud, task = run(job, name)
    assert not task.failed, task.printed
    return tuple(dict.fromkeys(policy for call in calls(cloud) for policy in call.policies))


def works_that_ask(job: str, policy: str) -> list[str]:
    """Return the pieces of work that ask for a policy; where it is refused aloud, one of each module and state."""
    names = [name for name in WORK[job] if policy in asked(job, name) and name != UNREFUSED]
    kinds = {(WORK[job][name].module, WORK[job][name].options.get("state")): name for name in reversed(names)}
    return names if policy in SILENT else list(kinds.values())
