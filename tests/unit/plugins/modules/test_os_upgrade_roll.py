# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll by its modules, each executed in Ansible's worker and as a module process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import PINNED, PROCESSES, Task, action, run_task

Do = Callable[..., dict[str, Any]]
POOL: dict[str, Any] = {"aggregate": "nvme"}
ROLL = "20261121T100000Z-0123abcd"
HOSTS = ("cmp01", "cmp02", "cmp03")


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.aggregate("nvme", *HOSTS)
    cloud.boot("web", "cmp01")
    return cloud


@pytest.fixture(params=PROCESSES)
def do(request: pytest.FixtureRequest, cloud: FakeCloud) -> Do:
    def do(module: str, **options: Any) -> dict[str, Any]:
        task = functools.partial(run_task, process=request.param)(cloud, module, **options)
        assert not task.failed, task.printed
        return task.result

    return do


def asked(*hosts: str) -> dict[str, Any]:
    """What a roll of these hosts is opened with, which all need the upgrade."""
    members = [{"host": host, "place": host, "known": True, "done": False, "begun": False} for host in hosts]
    answers = {host: {"needed": True, "machine": f"{host}\nboot-of-{host}\n"} for host in hosts}
    return {**POOL, "state": "opened", "upgrade": "up.yml", "asked": members, "answers": answers}


def test_a_roll_from_its_plan_to_its_end(do: Do, cloud: FakeCloud, tmp_path: Path) -> None:
    inventory = {host: "" for host in HOSTS}
    preflight = do("os_upgrade_preflight", **POOL, directory=str(tmp_path), hosts=["cmp01"], inventory=inventory)
    assert preflight["hosts"] == asked("cmp01")["asked"] and not preflight["changed"]
    to_open = {**asked("cmp01"), "asked": preflight["hosts"], "directory": str(tmp_path)}
    predicted = do("os_upgrade_roll", check=True, **to_open)
    assert predicted["roll"]["folder"] is None and list(tmp_path.iterdir()) == []
    opened = do("os_upgrade_roll", **to_open)
    assert opened["plan"] == predicted["plan"] and opened["summary"] == predicted["summary"]
    this = {key: opened["roll"][key] for key in ("folder", "session")}
    turn = {**this, "host": "cmp01", "playing": ["localhost", "cmp01"], "forks": 5}
    predicted = do("os_upgrade_turn", check=True, **turn)
    assert (predicted["turn"], predicted["moves"]) == ("wait", [])
    begun = do("os_upgrade_turn", **turn)
    assert begun.keys() == predicted.keys() and begun["steps"] == ["drain", "upgrade", "verify", "return"]
    (server,) = cloud.world.guests
    target = cloud.world.hosts["cmp02"]
    move = {"server": server, "target": "cmp02", "hypervisor": target.provider, "version": target.version}
    assert begun["moves"] == [{**move, "name": "web", "kind": "live"}] == opened["plan"]["turns"][0]["moves"]
    assert do("os_upgrade_turn", **turn)["moves"] == begun["moves"]  # asked again it is the same turn
    cloud.forget_requests()
    drained = do("os_host_maintenance", check=True, host="cmp01", state="started", moves=begun["moves"])
    assert [(move["id"], move["target"]) for move in drained["moved"]] == [(server, "cmp02")]
    (hypervisors,) = cloud.asked(path="/os-hypervisors/detail")
    assert hypervisors.query == {"hypervisor_hostname_pattern": "cmp01"}
    for event in ("drained", "upgraded", "verified", "returned"):
        do("os_upgrade_note", **this, host="cmp01", event=event)
    assert do("os_upgrade_turn", **turn)["turn"] == "over"
    assert do("os_upgrade_roll", state="closed", check=True, **this)["changed"]
    assert do("os_upgrade_roll", state="closed", **this)["roll"]["closed"]
    assert do("os_upgrade_preflight", **POOL, directory=str(tmp_path), inventory=inventory)["hosts"][0]["done"] is False
    assert cloud.writes == []


@pytest.mark.parametrize("half", [{"hypervisor": "id-spare"}, {"version": 8000000}])
def test_half_a_hypervisor_is_refused(cloud: FakeCloud, half: dict[str, Any]) -> None:
    move = {"server": next(iter(cloud.world.guests)), "target": "cmp02", **half}
    task = run_task(cloud, "os_host_maintenance", host="cmp01", state="started", moves=[move])
    assert task.failed and "required together: hypervisor, version" in task.result["msg"], task.printed
    assert cloud.requests == []


def test_a_run_goes_on_with_what_an_earlier_one_began(do: Do, tmp_path: Path) -> None:
    to_open = {**asked(*HOSTS), "directory": str(tmp_path)}
    first = do("os_upgrade_roll", **to_open)["roll"]
    playing = {"playing": list(HOSTS), "forks": 5}
    do("os_upgrade_turn", folder=first["folder"], session=first["session"], host=first["hosts"][0], **playing)
    inventory = {host: "" for host in HOSTS}
    preflight = do("os_upgrade_preflight", **POOL, directory=str(tmp_path), inventory=inventory)
    assert [host["host"] for host in preflight["hosts"] if host["begun"]] == first["hosts"][:1]
    again = do("os_upgrade_roll", **{**to_open, "asked": preflight["hosts"]})["roll"]
    assert (again["folder"], again["id"]) == (first["folder"], first["id"]) and again["session"] != first["session"]
    late = {"folder": first["folder"], "session": first["session"], "host": "cmp02", **playing}
    assert do("os_upgrade_turn", **{**late, "session": again["session"]})["turn"] in ("begin", "wait")


def test_a_person_pauses_and_resumes_a_roll_without_the_cloud(do: Do, cloud: FakeCloud, tmp_path: Path) -> None:
    opened = do("os_upgrade_roll", **asked("cmp01"), directory=str(tmp_path))["roll"]
    turn = {"folder": opened["folder"], "session": opened["session"], "host": "cmp01", "playing": [], "forks": 5}
    cloud.forget_requests()
    pause = {"action": "pause", "directory": str(tmp_path), "reason": "not now, admins-secret"}
    predicted = do("os_upgrade_control", check=True, **pause)
    paused = do("os_upgrade_control", **pause)
    assert paused == predicted and paused["changed"]
    assert not do("os_upgrade_control", **pause)["changed"]
    assert do("os_upgrade_turn", **turn, asked=200)["reason"].startswith("it is paused since ")
    assert do("os_upgrade_control", directory=str(tmp_path), action="resume", aggregate="nvme")["changed"]
    assert cloud.requests == []
    record = (Path(opened["folder"]) / "record.jsonl").read_text()
    assert "not now, " in record and "admins-secret" not in record


def refused(cloud: FakeCloud, module: str, **options: Any) -> Task:
    task = run_task(cloud, module, **options)
    assert task.failed and cloud.writes == [], task.printed
    assert task.result["msg"].endswith(".") and "Traceback" not in task.printed
    return task


def test_all_that_is_in_the_way_is_one_error(cloud: FakeCloud, tmp_path: Path) -> None:
    (tmp_path / "pause.yml").write_text("- pause: {seconds: 1}\n")
    (tmp_path / "file").write_text("")
    cloud.world.hosts["cmp02"].enabled, cloud.world.hosts["cmp02"].reason = False, "broken fan"
    options = {
        "inventory": {"cmp01": "", "at-cmp02": "cmp02"},
        "max_failures": "ten",
        "max_unavailable": "101%",
        "windows": ["night"],
        "time_zone": "Mars/Olympus",
        "reason": "x" * 250,
        "files": [str(tmp_path / "nowhere.yml")],
        "turn_files": [str(tmp_path / "pause.yml"), str(tmp_path / "gone.yml")],
        "directory": str(tmp_path / "file" / "rolls"),
    }
    message = refused(cloud, "os_upgrade_preflight", **POOL, **options).result["msg"]
    assert message.startswith("The roll cannot start; nothing was touched.")
    for what in (
        "max_failures is 'ten'",
        "'night' is no window of time",
        "'Mars/Olympus' is no time zone",
        "max_unavailable is '101%'",
        f"There is no such file of tasks: {tmp_path}/nowhere.yml, {tmp_path}/gone.yml",
        "uses pause, which ends the turns of all hosts",
        "cannot be written to: give another rolling_upgrade_directory",
        "Not in the inventory, neither by nova_host nor by name: cmp03",
        "Disabled by somebody else: cmp02 (broken fan)",
    ):
        assert what in message, what


def test_a_reason_that_does_not_fit_is_found_before_anything_is_touched(cloud: FakeCloud, tmp_path: Path) -> None:
    """With the id of the roll, which the mark of each host will hold."""
    inventory = {host: "" for host in HOSTS}
    options: dict[str, Any] = {**POOL, "inventory": inventory, "directory": str(tmp_path), "owner": "me"}
    fits = next(
        length
        for length in range(200, 0, -1)
        if not run_task(cloud, "os_upgrade_preflight", **options, reason="x" * length).failed
    )
    marked: dict[str, Any] = {"host": "cmp03", "state": "started", "owner": "me", "roll": "20261121T100000Z-0123abcd"}
    assert not run_task(cloud, "os_host_maintenance", **POOL, **marked, reason="x" * fits).failed


def test_a_host_that_leads_to_another_machine_is_refused(cloud: FakeCloud, tmp_path: Path) -> None:
    to_open = {**asked("cmp01"), "directory": str(tmp_path)}
    to_open["answers"]["cmp01"]["machine"] = "cmp02\nboot-of-cmp02\n"
    message = refused(cloud, "os_upgrade_roll", **to_open).result["msg"]
    assert "'cmp01', the host cmp01 of Nova by the inventory, leads to a machine called 'cmp02'" in message
    assert list(tmp_path.iterdir()) == []
    assert not run_task(cloud, "os_upgrade_roll", **to_open, check_machines=False).failed


def test_a_turn_of_no_roll_is_refused(cloud: FakeCloud, tmp_path: Path) -> None:
    options = {"folder": str(tmp_path), "session": "s", "host": "cmp01", "playing": ["cmp01"], "forks": 1}
    assert "There is no record of a roll in" in refused(cloud, "os_upgrade_turn", **options).result["msg"]


@pytest.mark.parametrize(
    "play", [{"strategy": "linear"}, {"strategy": "ansible.builtin.free"}, {**PINNED, "serial": 2}]
)
def test_a_turn_among_hosts_that_wait_for_each_other_is_refused(play: dict[str, Any]) -> None:
    result = action("os_upgrade_turn", {}, {}, play=play).run(task_vars={})
    assert result["failed"] and result["msg"].startswith("The host was not touched, for its turn needs a play with the")
    assert (
        "missing required arguments" in action("os_upgrade_turn", {}, {}, play={"strategy": "host_pinned"}).run()["msg"]
    )


# -- a host that is left out


def test_a_host_that_is_left_out_keeps_no_roll_open_and_is_gone_on_with_later(
    do: Do, cloud: FakeCloud, tmp_path: Path
) -> None:
    """Its mark names the roll that left it out, and so does the next one."""
    records = {**POOL, "directory": str(tmp_path), "owner": "me"}
    looking = {**records, "inventory": {host: "" for host in HOSTS}}

    def run(*exclude: str) -> dict[str, Any]:
        members = do("os_upgrade_preflight", **looking, exclude=list(exclude))["hosts"]
        to_open = {**asked(*HOSTS), **records, "asked": members, "exclude": list(exclude)}
        return dict(do("os_upgrade_roll", **to_open)["roll"])

    def this(roll: dict[str, Any]) -> dict[str, Any]:
        return {key: roll[key] for key in ("folder", "session")}

    def turn(roll: dict[str, Any], host: str, *events: str) -> None:
        assert do("os_upgrade_turn", **this(roll), host=host, playing=list(HOSTS), forks=5)["turn"] == "begin"
        for event in events:
            do("os_upgrade_note", **this(roll), host=host, event=event)

    first = run("cmp01", "cmp03")
    turn(first, "cmp02")
    do("os_host_maintenance", **POOL, host="cmp02", state="started", owner="me", roll=first["id"])
    do("os_upgrade_note", **this(first), host="cmp02", event="failed", reason="a dead board")
    assert not do("os_upgrade_roll", state="closed", **this(first))["roll"]["closed"]
    second = run("cmp02", "cmp03")
    assert second["id"] == first["id"]
    turn(second, "cmp01", "drained", "upgraded", "verified", "returned")
    assert do("os_upgrade_roll", state="closed", **this(second))["roll"]["closed"]
    (member,) = do("os_upgrade_preflight", **looking, hosts=["cmp02"])["hosts"]
    assert member["begun"] and not member["done"]
    third = run("cmp01", "cmp03")
    assert third["id"] == first["id"] and third["folder"] != first["folder"]
    turn(third, "cmp02")
    do("os_host_maintenance", **POOL, host="cmp02", state="stopped", owner="me", roll=third["id"])
    assert cloud.world.hosts["cmp02"].enabled


# -- check mode


def nothing(_cloud: FakeCloud) -> None:
    """What is in the way is an option."""


def kept_by_another(cloud: FakeCloud) -> None:
    run_task(cloud, "os_host_maintenance", **POOL, host="cmp02", state="started", owner="you", roll=ROLL)


def full(cloud: FakeCloud) -> None:
    for host in HOSTS:
        cloud.boot(f"large-{host}", host, vcpus=15)


IN_THE_WAY: dict[str, tuple[str, dict[str, Any], Callable[[FakeCloud], None]]] = {
    "a window": ("os_upgrade_preflight", {"windows": ["night"]}, nothing),
    "max_failures": ("os_upgrade_preflight", {"max_failures": "ten"}, nothing),
    "max_unavailable": ("os_upgrade_preflight", {"max_unavailable": "some"}, nothing),
    "the reason": ("os_upgrade_preflight", {"reason": "x" * 255}, nothing),
    "the owner": ("os_upgrade_preflight", {"owner": "a:b"}, nothing),
    "the folder": ("os_upgrade_preflight", {"directory": "/dev/null/rolls"}, nothing),
    "a file of tasks": ("os_upgrade_preflight", {"files": ["/nowhere.yml"]}, nothing),
    "tasks of a turn": ("os_upgrade_preflight", {"turn_files": ["/dev/null"]}, nothing),
    "a name": ("os_upgrade_preflight", {"hosts": ["cmp09"]}, nothing),
    "the inventory": ("os_upgrade_preflight", {"inventory": {}}, nothing),
    "another roll": ("os_upgrade_preflight", {}, kept_by_another),
    "a lost host": ("os_upgrade_roll", {"answers": {}}, nothing),
    "another machine": ("os_upgrade_roll", {"answers": {"cmp01": {"needed": True, "machine": "other"}}}, nothing),
    "no room": ("os_upgrade_roll", {}, full),
    "limits of the plan": ("os_upgrade_roll", {"max_unavailable": "101%"}, nothing),
}


@pytest.mark.parametrize(("module", "options", "happens"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_check_mode_refuses_what_a_run_refuses(
    cloud: FakeCloud, tmp_path: Path, module: str, options: dict[str, Any], happens: Callable[[FakeCloud], None]
) -> None:
    happens(cloud)
    given: dict[str, Any] = {**POOL, "inventory": {host: "" for host in HOSTS}}
    if module == "os_upgrade_roll":
        given = {**asked("cmp01"), "check_machines": True}
    given = {**given, "directory": str(tmp_path / "rolls"), **options}
    check, run = (run_task(cloud, module, check=check, **given) for check in (True, False))
    assert check.failed and run.failed, (check.printed, run.printed)
    assert check.result["msg"] == run.result["msg"] and not (tmp_path / "rolls").exists()
