# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A host that is to return is tried with a canary while it is out of service still."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.pace import Clock
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.close import Close
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.try_host import CanaryOptions, TryHost

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Killed, drop, kill, status
from tests.unit.fake.glance import image
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.task import run_task
from tests.unit.plugins.module_utils._roll.events import OPENED, OPTIONS, STEPS, foreseen

ROLL = "20261121T100000Z-0a1b2c3d"
TAG = f"stackops:canary:{ROLL}"
AHEAD: dict[str, Any] = {"steps": STEPS, "forecast": dict.fromkeys(STEPS, 10.0)}
HOSTS = ["cmp01", "cmp02", "cmp03"]
CANARY = {"image": "cirros", "flavor": "tiny", "network": "none", "timeout": 60}
MAINTENANCE: dict[str, Any] = {"host": "cmp01", "owner": "me", "roll": ROLL, "reason": "kernel", "aggregate": "nvme"}
FROM, TO, AGAIN, ON = ("built", "cmp03"), ("live-migrated", "cmp01"), ("rebuilt", "cmp01"), ("live-migrated", "cmp02")
NAME = "stackops-canary-cmp01"


class Trial:
    """A roll in which cmp02 is done, cmp03 has to wait, and cmp01 is drained and verified."""

    def __init__(self, folder: Path, done: bool = True) -> None:
        self.cloud = cloud = FakeCloud(*HOSTS)
        cloud.aggregate("nvme", *HOSTS)
        cloud.world.images, cloud.world.flavors = [image("cirros")], {"tiny": {"VCPU": 1}}
        self.web = cloud.boot("web", "cmp01")
        self.maintain("started")
        self.lines: list[str] = []
        self.store = RecordStore(folder / "roll")
        run = {"hosts": HOSTS, "places": {host: host for host in HOSTS}, "foreseen": foreseen(*HOSTS)}
        asked = {**OPTIONS, "aggregate": "nvme", "aggregate_metadata": None}
        self.store.open({**OPENED, "roll": ROLL, **run, "options": asked})
        over = [("cmp02", ["drained", "upgraded", "verified", "returned"])] if done else []
        with self.store.locked() as record:
            for host, events in [*over, ("cmp01", ["drained", "upgraded", "verified"])]:
                record.write({"event": "begun", "at": 110.0, "host": host, "moves": [], **AHEAD})
                for event in events:
                    record.write({"event": event, "at": 120.0, "host": host, "left": []})

    def maintain(self, state: str, **more: Any) -> None:
        task = run_task(self.cloud, "os_host_maintenance", state=state, **MAINTENANCE, **more)
        assert not task.failed, task.printed

    def work(self, probed: bool = False) -> TryHost:
        clock = self.cloud.clock
        options = CanaryOptions("cmp01", CANARY, probed)
        cloud = self.cloud.connect(show_progress=self.lines.append)
        return TryHost(cloud, self.store, "s1", options, Clock(clock.now, clock.sleep), lambda: 1000.0 + clock.now())

    def fail(self, **how: Any) -> str:
        """Try the host, which fails, and return the message."""
        with pytest.raises(Interrupted) as failed:
            self.work(**how).apply()
        return str(failed.value)

    @property
    def canaries(self) -> list[str]:
        return [guest.name for guest in self.cloud.world.guests.values() if guest.name.startswith("stackops")]

    def sample(self, server: str, ok: bool) -> None:
        at = 1000.0 + self.cloud.clock.now()
        sample = {"at": at, "pass": at, "server": server, "canary": True, "ok": ok, "seconds": 0.0, "message": None}
        with (self.store.folder / "probe.jsonl").open("a") as file:
            file.write(json.dumps(sample | ({} if ok else {"message": "no answer"})) + "\n")


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def way(stops: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(stop["how"], stop["host"]) for stop in stops]


def assert_out_of_service(trial: Trial) -> None:
    """The host is as it was before it was tried: drained, marked, and no server came to it."""
    host = trial.cloud.world.hosts["cmp01"]
    assert not host.enabled and (host.reason or "").startswith("stackops:me:") and ROLL in (host.reason or "")
    assert not trial.cloud.returning("cmp01") and trial.cloud.names_on("cmp01") == [] and trial.canaries == []
    assert not trial.store.roll().progress["cmp01"].verified  # so that the next run begins with its drain


def test_a_canary_takes_the_ways_that_servers_will_take(trial: Trial) -> None:
    enabled: list[bool] = []
    trial.cloud.clock.on_tick(lambda: enabled.append(trial.cloud.world.hosts["cmp01"].enabled))
    assert way(trial.work().apply()["stops"]) == [FROM, TO, AGAIN, ON]
    assert trial.canaries == [] and trial.cloud.names_on("cmp01") == []
    assert enabled and not any(enabled)  # so nothing of a tenant can come there
    progress = trial.store.roll().progress["cmp01"]
    assert [(canary["failure"], way(canary["stops"])) for canary in progress.canaries] == [
        (None, [FROM, TO, AGAIN, ON])
    ]
    assert progress.verified and progress.under_way
    trial.maintain("stopped")
    assert trial.cloud.names_on("cmp01") == ["web"] and trial.cloud.returned("cmp01")


def test_the_first_host_has_no_upgraded_one_beside_it(tmp_path: Path) -> None:
    assert way(Trial(tmp_path, done=False).work().apply()["stops"]) == [FROM, TO, AGAIN]


def test_hosts_out_of_service_are_not_visited(trial: Trial) -> None:
    trial.cloud.world.hosts["cmp03"].enabled = False
    assert way(trial.work().apply()["stops"]) == [("built", "cmp02"), TO, AGAIN, ON]
    trial.cloud.world.hosts["cmp02"].enabled = False
    assert trial.fail() == "No host of the pool is in service beside cmp01, on which its canary could be built."


def test_hosts_of_other_zones_are_visited_only_where_there_is_no_other(trial: Trial) -> None:
    trial.cloud.aggregate("zone", "cmp03", zone="az2")
    assert way(trial.work().apply()["stops"]) == [("built", "cmp02"), TO, AGAIN, ON]
    trial.cloud.aggregate("zone2", "cmp02", zone="az3")
    assert way(trial.work().apply()["stops"]) == [FROM, TO, AGAIN, ON]


def test_a_host_that_is_none_of_the_run_builds_where_no_other_does(trial: Trial) -> None:
    trial.cloud.world.hosts["cmp02"].enabled = trial.cloud.world.hosts["cmp03"].enabled = False
    trial.cloud.host("cmp04")
    next(iter(trial.cloud.world.aggregates.values())).hosts.append("cmp04")
    assert way(trial.work().apply()["stops"]) == [("built", "cmp04"), TO, AGAIN]


def test_a_host_that_starts_no_server_stays_out_of_service(trial: Trial) -> None:
    trial.cloud.nova.builds.refusing["cmp01"] = "libvirtError: CPU lacks feature pdcm."
    assert trial.fail() == (
        "The canary stackops-canary-cmp01 is built anew on cmp01, and that failed: it is in ERROR on cmp01: "
        "libvirtError: CPU lacks feature pdcm."
    )
    assert_out_of_service(trial)
    assert trial.cloud.world.guests[trial.web.id].host == "cmp02"


def test_a_host_that_starts_nothing_while_nova_says_nothing_is_found_too(trial: Trial) -> None:
    trial.cloud.nova.builds.silent.add("cmp01")
    assert "is built anew on cmp01, and that failed: Nova accepted that, and the host started nothing." in trial.fail()
    assert_out_of_service(trial)


def test_a_host_that_takes_no_migration_stays_out_of_service(trial: Trial) -> None:
    trial.cloud.moves.behave(NAME, Behaviour(Outcome.ERROR))
    said = trial.fail()
    assert said == (
        "The canary stackops-canary-cmp01 moves to cmp01, and that failed: Nova's migration record says 'error'."
    )
    assert_out_of_service(trial)
    (canary,) = trial.store.roll().progress["cmp01"].canaries
    assert (canary["failure"], way(canary["stops"])) == (said, [FROM])


def test_a_move_that_hangs_is_aborted(trial: Trial) -> None:
    trial.cloud.moves.behave(NAME, Behaviour(Outcome.HANGS))
    assert "moves to cmp01, and that is not done after 60 seconds." in trial.fail()
    assert_out_of_service(trial)
    assert [record.status for record in trial.cloud.world.records][-1] == "cancelled"


def test_a_missing_image_fails_the_host_too(trial: Trial) -> None:
    trial.cloud.world.images = []
    assert trial.fail().startswith("There is no image 'cirros'")
    assert_out_of_service(trial)


def test_a_quota_that_is_exceeded_is_told(trial: Trial) -> None:
    trial.cloud.faults.plant(
        status(403, {"forbidden": {"code": 403, "message": "Quota exceeded"}}), "/servers$", "POST"
    )
    assert "the cloud answered 403: Quota exceeded" in trial.fail()
    assert_out_of_service(trial)


def test_a_lost_answer_builds_no_second_server(trial: Trial) -> None:
    trial.cloud.faults.plant(drop, "/servers$", "POST", after=True)
    assert way(trial.work().apply()["stops"]) == [FROM, TO, AGAIN, ON]
    builds = [request for request in trial.cloud.asked("POST") if request.path.endswith("/servers")]
    assert len(builds) == 1


@pytest.mark.parametrize("action", ["os-migrateLive", "rebuild"])
def test_an_answer_that_is_lost_on_the_way_is_made_up_for(trial: Trial, action: str) -> None:
    number = ["os-migrateLive", "rebuild"].index(action) + 1
    trial.cloud.faults.plant(drop, "/action$", "POST", after=True, at=number)
    assert way(trial.work().apply()["stops"]) == [FROM, TO, AGAIN, ON]


def test_servers_of_others_are_left_alone(trial: Trial) -> None:
    """A tenant may write the tag, and another roll of ours may have its canary."""
    trial.cloud.boot(f"{NAME} ", "cmp03", tags={TAG}, project="project-of-demo")
    trial.cloud.boot(f"{NAME}  ", "cmp03", tags={"stackops:canary:other"}, project="project-of-admin")
    trial.work().apply()
    assert len(trial.canaries) == 2


def test_the_probe_has_to_answer_at_each_stop(trial: Trial) -> None:
    def check() -> None:
        for guest in list(trial.cloud.world.guests.values()):
            if guest.tags and guest.vm_state == "active":
                trial.sample(guest.id, ok=guest.host != "cmp02")

    trial.cloud.clock.on_tick(check)
    assert trial.fail(probed=True) == (
        "The canary stackops-canary-cmp01 is on cmp02, and its guest does not answer the probe within 60 seconds: "
        "no answer."
    )
    assert_out_of_service(trial)
    (canary,) = trial.store.roll().progress["cmp01"].canaries
    assert way(canary["stops"]) == [FROM, TO, AGAIN] and all(stop["answered"] for stop in canary["stops"])


def test_a_probe_that_does_not_see_the_canary_fails_it(trial: Trial) -> None:
    assert "is on cmp03, and its guest does not answer the probe within 60 seconds." in trial.fail(probed=True)
    assert_out_of_service(trial)


def test_killed_anywhere_the_next_run_leaves_nothing_behind(tmp_path: Path) -> None:
    moment = 0
    while True:
        moment += 3
        (tmp_path / str(moment)).mkdir()
        trial = Trial(tmp_path / str(moment))
        trial.cloud.forget_requests()
        trial.cloud.faults.plant(kill, at=moment)
        try:
            trial.work().apply()
        except Killed:
            trial.cloud.faults.clear()
            trial.cloud.clock.sleep(20.0)
        else:
            break
        assert way(trial.work().apply()["stops"]) == [FROM, TO, AGAIN, ON], moment
        assert trial.canaries == [], moment
        trial.maintain("stopped")
        assert trial.cloud.names_on("cmp01") == ["web"] and trial.cloud.returned("cmp01"), moment
    assert moment > 40


def test_the_end_of_a_run_sweeps_what_a_killed_one_left(trial: Trial) -> None:
    trial.cloud.faults.plant(kill, "os-migrations", at=3)
    with pytest.raises(Killed):
        trial.work().apply()
    trial.cloud.faults.clear()
    assert trial.canaries
    cloud = trial.cloud.connect()
    clock = Clock(trial.cloud.clock.now, trial.cloud.clock.sleep)
    Close(cloud, trial.store, "s1", clock).apply()
    assert trial.canaries == []


def test_a_server_that_nova_does_not_delete_is_named(trial: Trial) -> None:
    trial.cloud.nova.builds.deletes_after = float("inf")
    assert f"Nova does not delete {NAME}, the canary of the roll" in trial.fail()


# -- a canary is no tenant's server


def test_a_drain_waits_for_a_canary_and_does_not_move_it(trial: Trial) -> None:
    cloud = trial.cloud
    canary = cloud.boot(NAME, "cmp03", tags={TAG}, project="project-of-admin")
    cloud.clock.after(30.0, lambda: cloud.delete(canary))
    task = run_task(cloud, "os_host_maintenance", **{**MAINTENANCE, "host": "cmp03"}, state="started")
    assert not task.failed and task.result["moved"] == [], task.printed
    assert cloud.clock.now() > 30.0


def test_a_canary_that_stays_is_named_by_the_drain(trial: Trial) -> None:
    trial.cloud.boot(NAME, "cmp03", tags={TAG}, project="project-of-admin")
    task = run_task(trial.cloud, "os_host_maintenance", **{**MAINTENANCE, "host": "cmp03"}, state="started", timeout=60)
    assert task.failed and f"it is a canary of the roll {ROLL}, which deletes it" in task.result["msg"]


def test_a_tenant_cannot_make_its_server_a_canary(trial: Trial) -> None:
    trial.cloud.boot("mine", "cmp03", tags={TAG})
    task = run_task(trial.cloud, "os_host_maintenance", **{**MAINTENANCE, "host": "cmp03"}, state="started")
    assert not task.failed and [move["name"] for move in task.result["moved"]] == ["mine"], task.printed


def test_a_plan_moves_no_canary(trial: Trial) -> None:
    trial.maintain("stopped")
    trial.cloud.boot(NAME, "cmp03", tags={TAG}, project="project-of-admin")
    plan = run_task(trial.cloud, "os_upgrade_plan", aggregate="nvme", hosts=["cmp03"], owner="me")
    assert not plan.failed and [turn["moves"] for turn in plan.result["plan"]["turns"]] == [[]], plan.printed


def test_the_probe_can_tell_canaries(trial: Trial) -> None:
    trial.cloud.boot(NAME, "cmp03", tags={TAG}, project="project-of-admin")
    hosts = run_task(trial.cloud, "os_host_info", servers=True).result["hosts"]
    assert {server["name"]: server["canary"] for host in hosts for server in host["servers"]} == {
        "web": False,
        NAME: True,
    }
