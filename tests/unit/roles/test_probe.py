# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The probe as the role starts it, in a play by ansible-playbook itself on the fake cloud."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._report.files import samples
from ansible_collections.stackops.aggregates.plugins.module_utils._report.guest_checks import guest_checks
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import process as _process

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.loopback import served
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.past_roll import PastRoll
from tests.unit.plugins.action.test_playbook import Play

EVIL = "{{ lookup('pipe', 'touch evil') }}"
DEADLINE = 120.0
CHECK = """
- name: Ask
  ansible.builtin.assert:
    that: rolling_upgrade_guest.status == 'ACTIVE'
    fail_msg: "{{ rolling_upgrade_guest.name }} on {{ rolling_upgrade_guest.host }} is silent"
"""


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with served("cmp01", "cmp02") as cloud:
        cloud.aggregate("nvme", "cmp01")
        cloud.boot("web", "cmp01")
        cloud.boot(EVIL, "cmp01")
        cloud.boot("off", "cmp01", "stopped")
        cloud.boot("of another pool", "cmp02")
        yield cloud


def probing_play(folder: Path, cloud: FakeCloud, check: str | None) -> Play:
    """A play that probes guests in a roll, which lasts from when its record is there until there is a file ``over``."""
    if check is not None:
        (folder / "check.yml").write_text(check)
    wait = {"timeout": DEADLINE, "sleep": 1}
    role = {"name": "stackops.aggregates.rolling_upgrade", "tasks_from": "probe", "rolespec_validate": False}
    return Play(
        folder,
        [
            {"ansible.builtin.set_fact": {"__rolling_upgrade_opened": {"roll": {"folder": str(folder)}}}},
            {"ansible.builtin.wait_for": {"path": str(folder / "record.jsonl"), **wait}},
            {"ansible.builtin.include_role": role},
            {"ansible.builtin.debug": {"msg": "watcher {{ __rolling_upgrade_probing.stdout }}"}},
            {"ansible.builtin.wait_for": {"path": str(folder / "over"), **wait}},
        ],
        vars={
            "rolling_upgrade_cloud": {"auth": cloud.auth()},
            "rolling_upgrade_aggregate": "nvme",
            "rolling_upgrade_probe_tasks": "check.yml",
            "rolling_upgrade_probe_interval": 1,
        },
    )


def begin(folder: Path, play: Play, max_silence: int = 600) -> subprocess.Popen[str]:
    """Start the play, and then the roll that it runs."""
    process = play.start()
    roll = PastRoll(hosts=0)
    roll.events[0]["options"] = {**roll.events[0]["options"], "max_silence": max_silence}
    looked_at = _process._look_at(process.pid)
    assert looked_at
    roll.events[0].update(process={"pid": process.pid, "started": looked_at.started})
    roll.write(folder.parent)
    (folder.parent / "record.jsonl").rename(folder / "record.jsonl")  # whole, when it is there
    return process


def wait_for(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "roll").mkdir()
    return tmp_path / "roll"


def test_a_guest_that_is_silent_is_lost_and_its_migration_is_aborted(cloud: FakeCloud, folder: Path) -> None:
    guest = next(guest for guest in cloud.world.guests.values() if guest.name == "web")
    process = begin(folder, probing_play(folder, cloud, CHECK), max_silence=1)
    record = folder / "record.jsonl"
    try:
        wait_for(lambda: [*samples(folder)])
        cloud.moves.behave("web", Behaviour(Outcome.HANGS))
        cloud.move(guest, "cmp02")  # while it migrates it is not ACTIVE, for which this check fails
        cloud.clock.sleep(5.0)
        wait_for(lambda: '"event": "aborted"' in record.read_text())
    finally:
        (folder / "over").touch()
        output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, output + errors
    lost = next(event for line in record.read_text().splitlines() if (event := json.loads(line))["event"] == "lost")
    assert (lost["server"], lost["name"], lost["host"]) == (guest.id, "web", "cmp01")
    assert guest.task_state is None and guest.host == "cmp01"
    assert not [entry for entry in cloud.world.records if entry.status != "cancelled"]


def test_a_check_that_no_guest_answers_stops_the_roll(cloud: FakeCloud, folder: Path) -> None:
    for guest in cloud.world.guests.values():
        guest.vm_state = "error" if guest.vm_state == "active" else guest.vm_state
    process = begin(folder, probing_play(folder, cloud, CHECK))
    output, _errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert "The probe of guests cannot work: none of 2 guests answered its first round" in output


def test_a_guest_that_is_silent_for_a_while_has_a_gap(cloud: FakeCloud, folder: Path) -> None:
    guest = next(guest for guest in cloud.world.guests.values() if guest.name == "web")
    process = begin(folder, probing_play(folder, cloud, CHECK))

    def wait_for_web(ok: bool) -> None:
        before = len([*samples(folder)])
        wait_for(lambda: ok in [sample["ok"] for sample in [*samples(folder)][before:] if sample["name"] == "web"])

    try:
        for state in ("active", "error", "active"):
            guest.vm_state = state
            wait_for_web(ok=state == "active")
    finally:
        (folder / "over").touch()
        output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, output + errors
    (watcher,) = re.findall(r"watcher (\d+)", output)
    wait_for(lambda: not Path(f"/proc/{watcher}").exists())

    probe = guest_checks(samples(folder))
    assert probe
    web, evil = probe["guests"]
    assert (web["name"], len(web["gaps"])) == ("web", 1) and web["gaps"][0]["end"] is not None
    assert web["gaps"][0]["message"] == "Ask: web on cmp01 is silent"
    assert (evil["name"], evil["failures"], evil["lost"]) == (EVIL, 0, False)
    assert not [*folder.parent.rglob("evil")]
    assert "admins-secret" not in output + errors
    kept = [path for path in folder.parent.rglob("*") if path.is_file() and path.name != "play.yml"]
    assert {folder / "probe.log", folder / "probe.jsonl"} <= {*kept}
    assert not [path for path in kept if b"admins-secret" in path.read_bytes()]
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("probe.log", "probe.jsonl")} == {0o600}


@pytest.mark.parametrize(
    "check, says",
    [
        (None, "Could not find or access"),
        ("- name: [", "The probe of guests cannot work"),
    ],
)
def test_a_probe_that_cannot_work_is_a_clear_error(
    cloud: FakeCloud, folder: Path, check: str | None, says: str
) -> None:
    process = begin(folder, probing_play(folder, cloud, check))
    output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2 and says in output + errors
    assert not (folder / "probe.jsonl").exists()


def test_a_check_can_be_tried_by_hand(cloud: FakeCloud, folder: Path) -> None:
    play = probing_play(folder, cloud, CHECK)
    options = {"rolling_upgrade_cloud": {"auth": cloud.auth()}, "rolling_upgrade_probe_tasks": "check.yml"}
    options["rolling_upgrade_aggregate_metadata"] = {"ssd": "true"}
    next(iter(cloud.world.aggregates.values())).metadata["ssd"] = "true"
    play.command[-1:] = ["stackops.aggregates.probe_guests", "-e", json.dumps(options)]
    output = play.run()
    assert output.count("All assertions passed") == 2 and "is silent" not in output
