# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the role rolling_upgrade works out of a pool: which hosts are upgraded, where they are, what is in the way."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake.role import OWNER, ROLE, Role


def host(name: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return a host as os_host_info does."""
    service = {"status": "enabled", "state": "up", "disabled_reason": None} | more.pop("service", {})
    return {"name": name, "service": service, "maintenance": None, "hypervisor": {"version": version}} | more


def kept(owner: str, phase: str = "maintenance") -> dict[str, str]:
    return {"owner": owner, "phase": phase, "since": "20261121T101500Z"}


def work_out(
    name: str,
    hosts: list[dict[str, Any]],
    inventory: dict[str, Any] | None = None,
    without: Collection[str] = (),
    **given: Any,
) -> Any:
    """Return the role's variable ``__rolling_upgrade_<name>``; every host is in the inventory unless one is given."""
    places = inventory if inventory is not None else {host["name"]: {} for host in hosts}
    return Role(places, hosts, without, **given).variable(name)


def obstacles(
    hosts: list[dict[str, Any]], inventory: dict[str, Any] | None = None, **given: Any
) -> dict[str, list[str]]:
    """Return what is in the way, by the first words of what is said of it."""
    entries = work_out("obstacles", hosts, inventory, **given)
    return {" ".join(entry["what"].split()[:3]): list(entry["of"]) for entry in entries if entry["of"]}


@pytest.mark.parametrize("wanted", [["c", "a", "c"], "c, a"])
def test_the_order_that_the_operator_gives_is_handed_to_the_planner(wanted: Any) -> None:
    role = Role({"a": {}, "b": {}, "c": {}}, [host("a"), host("b"), host("c")], rolling_upgrade_hosts=wanted)
    assert [member["name"] for member in role.variable("selected")] == ["a", "c"]
    role.set(__rolling_upgrade_todo=["a", "c"], **roll())
    arguments = role.arguments("plan.yml", "os_upgrade_plan")
    assert list(dict.fromkeys(arguments["hosts"])) == ["c", "a"] and arguments["needing"] == ["a", "c"]


def test_without_an_order_the_planner_decides() -> None:
    role = Role({"a": {}, "b": {}}, [host("a"), host("b")], __rolling_upgrade_todo=["a", "b"], **roll())
    arguments = role.arguments("plan.yml", "os_upgrade_plan")
    assert "hosts" not in arguments and arguments["needing"] == ["a", "b"]


def test_pool_by_metadata_is_the_members_of_all_its_aggregates() -> None:
    members = work_out(
        "members",
        [host("a"), host("b"), host("c")],
        rolling_upgrade_aggregate_metadata={"ssd": "true"},
        __rolling_upgrade_aggregates={"aggregates": [{"hosts": ["c"]}, {"hosts": ["a", "c"]}]},
    )
    assert [member["name"] for member in members] == ["a", "c"]


def test_inventory_host_is_found_by_nova_host_before_its_name() -> None:
    inventory = {"a": {}, "other": {"nova_host": "a"}, "b": {}, "c": {"nova_host": "d"}}
    assert work_out("places", [], inventory) == {"a": "other", "b": "b", "d": "c"}


def test_nothing_is_in_the_way_of_a_healthy_pool() -> None:
    assert obstacles([host("a"), host("b", maintenance=kept(OWNER), service={"status": "disabled"})]) == {}


DOWN, DISABLED = {"state": "down"}, {"status": "disabled", "disabled_reason": "broken fan"}
EVERYTHING = [
    host("down", service=DOWN),
    host("headless", hypervisor=None),
    host("foreign", service=DISABLED),
    host("taken", maintenance=kept("bob"), service={"status": "disabled"}),
    host("lost"),
    host("twice"),
]
NAMED: dict[str, Any] = {"down": {}, "headless": {}, "foreign": {}, "taken": {}, "twice": {"nova_host": "twice"}}


def test_all_that_is_in_the_way_is_told_at_once() -> None:
    inventory = NAMED | {"again": {"nova_host": "twice"}}
    assert obstacles(EVERYTHING, inventory, rolling_upgrade_verify_tasks="/nowhere/verify.yml") == {
        "The compute service": ["down"],
        "The host has": ["headless"],
        "Disabled by somebody": ["foreign: broken fan"],
        "In maintenance by": ["taken by bob"],
        "Not found among": ["lost"],
        "More than one": ["twice"],
        "There is no": ["/nowhere/verify.yml"],
    }


def test_hosts_that_are_not_upgraded_may_be_broken_but_not_kept_by_another_owner() -> None:
    hosts = [*EVERYTHING, host("good")]
    assert obstacles(hosts, {"good": {}}, rolling_upgrade_hosts=["good"]) == {"In maintenance by": ["taken by bob"]}
    assert obstacles(hosts, {"good": {}}, rolling_upgrade_hosts=["good"], rolling_upgrade_takeover="true") == {}


def test_hosts_of_other_pools_are_refused() -> None:
    assert obstacles([host("a")], rolling_upgrade_hosts="a,z") == {"Not members of": ["z"]}


@pytest.mark.parametrize("hosts, given", [([], {}), ([host("a")], {"rolling_upgrade_hosts": []})])
def test_a_roll_through_no_host_is_refused(hosts: list[dict[str, Any]], given: dict[str, Any]) -> None:
    assert "There is no" in obstacles(hosts, **given)


EMPTY: dict[str, Any] = {"host": "a", "left": []}
LEFT_RUNNING = {"host": "a", "left": [{"name": "x", "running": True}, {"name": "y", "running": False}]}


def roll(done: Sequence[str] = (), unfinished: Sequence[str] = ()) -> dict[str, Any]:
    return {"__rolling_upgrade_record": {"roll": {"done": list(done), "unfinished": list(unfinished), "verified": []}}}


def answers(**needed: bool) -> dict[str, Any]:
    """Hosts a, b, ... on inventory hosts at-a, at-b, ..., each with whether it needs the upgrade."""
    return {
        "inventory": {f"at-{name}": {"rolling_upgrade_needed": need} for name, need in needed.items()},
        "ansible_play_hosts": [f"at-{name}" for name in needed],
        "__rolling_upgrade_inventory_hosts": {name: f"at-{name}" for name in needed},
        "__rolling_upgrade_unfinished": [],
    }


def test_what_is_left_to_do_are_hosts_that_need_it_and_hosts_that_were_begun() -> None:
    given = answers(a=True, b=False, c=False, d=False, e=True) | {"__rolling_upgrade_unfinished": ["c"]}
    assert work_out("todo", [], **given, **roll(unfinished=["d"])) == ["a", "c", "d", "e"]
    assert work_out("spared", [], **given, **roll(unfinished=["d"])) == ["b"]


def test_hosts_that_the_record_has_as_done_are_not_asked() -> None:
    given = answers(a=True, b=True)
    assert work_out("asked", [], **given, **roll(done=["a"])) == {"b": "at-b"}
    assert work_out("todo", [], **given, **roll(done=["a"])) == ["b"]


def test_hosts_that_left_the_play_are_lost() -> None:
    assert work_out("lost", [], **(answers(a=True, b=True) | {"ansible_play_hosts": ["localhost", "at-b"]})) == ["a"]


@pytest.mark.parametrize(
    ("plan", "forks", "faults"),
    [
        ({}, 5, []),
        ({"batches": [{"hosts": [EMPTY, EMPTY]}], "blockers": []}, 2, []),
        (
            {"batches": [{"hosts": [EMPTY]}, {"hosts": [EMPTY, EMPTY]}], "blockers": []},
            1,
            ["A batch has 2 hosts and Ansible works on 1"],
        ),
        (
            {"batches": [{"hosts": [LEFT_RUNNING]}]},
            5,
            ["No host is upgraded under running servers, and running servers would stay on a: x: leave"],
        ),
        (
            {"batches": [], "blockers": [{"text": "a: it is full. Free 2 VCPU."}]},
            5,
            ["a: it is full. Free 2 VCPU."],
        ),
    ],
)
def test_what_makes_a_plan_impossible(plan: dict[str, Any], forks: int, faults: list[str]) -> None:
    planned = {"plan": plan} if plan else {"skipped": True}
    texts = work_out("faults", [], **answers(), __rolling_upgrade_planned=planned, ansible_forks=forks)
    assert [text[: len(fault)] for text, fault in zip(texts, faults, strict=True)] == faults


def test_a_roll_does_not_start_without_a_host_that_could_not_be_asked() -> None:
    plan: dict[str, Any] = {"plan": {"batches": [], "blockers": []}}
    given = answers(a=True, b=True) | {"ansible_play_hosts": ["at-b"], "ansible_forks": 5}
    (fault,) = work_out("faults", [], __rolling_upgrade_planned=plan, **given)
    assert fault.startswith("Ansible lost a, see the errors above")


def test_a_roll_goes_on_until_it_says_that_it_is_over() -> None:
    for said, goes_on in (({"over": False}, True), ({"over": True}, False), ({"skipped": True}, False)):
        assert work_out("goes_on", [], __rolling_upgrade_next=said) is goes_on


@pytest.mark.parametrize(("playing", "goes_on"), [(["at-a", "at-b"], False), (["at-b"], True)])
def test_after_the_last_batch_it_goes_on_only_for_hosts_that_were_lost(playing: list[str], goes_on: bool) -> None:
    given = answers(a=True, b=True) | {"ansible_play_hosts": playing}
    assert work_out("goes_on", [], __rolling_upgrade_next={"over": False, "last": True}, **given) is goes_on


@pytest.mark.parametrize(
    ("number", "given", "begun"),
    [(0, {}, ["first"]), (1, {}, []), (None, {}, []), (0, {"rolling_upgrade_probe_tasks": "/probe.yml"}, [])],
)
def test_only_the_first_batch_begins_as_it_was_shown(
    number: int | None, given: dict[str, Any], begun: list[str]
) -> None:
    plan = {"plan": {"batches": ["first", "second"]}}
    loop: dict[str, Any] = {"__rolling_upgrade_number": number} if number is not None else {}
    assert work_out("planned_first", [], __rolling_upgrade_planned=plan, **loop, **given) == begun


HOOKS = {f"rolling_upgrade_{name}_tasks": f"/hooks/{name}.yml" for name in ("before_drain", "verify", "after_return")}


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, ["drain", "check_empty", "upgrade", "return", "returned"]),
        ({"rolling_upgrade_tasks": None}, ["drain", "check_empty", "built_in_upgrade", "return", "returned"]),
        (
            HOOKS,
            [
                "before_drain",
                "drain",
                "check_empty",
                "upgrade",
                "verify",
                "verify",
                "return",
                "after_return",
                "returned",
            ],
        ),
        # Begun by an earlier run:
        ({**HOOKS, "rolling_upgrade_needed": False}, ["verify", "verify", "return", "after_return", "returned"]),
        (
            {**HOOKS, "rolling_upgrade_needed": False, "phase": "return"},
            ["return", "after_return", "returned"],
        ),
        ({**HOOKS, "verified": ["a"]}, ["return", "after_return", "returned"]),
    ],
)
def test_steps_of_a_host(changes: dict[str, Any], steps: list[str]) -> None:
    phase = changes.pop("phase", "maintenance")
    given = {
        "rolling_upgrade_tasks": "/hooks/upgrade.yml",
        "rolling_upgrade_needed": True,
        "inventory_hostname": "a",
        "role_path": "/role",
        "__rolling_upgrade_opened": {"roll": {"verified": changes.pop("verified", [])}},
        **changes,
    }
    unset = {name for name, value in given.items() if value is None}
    files = work_out("steps", [host("a", maintenance=kept(OWNER, phase))], without=unset, **given)
    assert [Path(file).stem for file in files] == steps
    ours = ("drain", "built_in_upgrade", "return", "returned")
    assert {Path(file).parent for file in files if Path(file).stem in ours} == {Path("/role/tasks")}


def test_a_python_is_looked_for_where_ansible_would() -> None:
    assert work_out("pythons", [], ansible_python_interpreter="/opt/python") == ["/opt/python"]
    assert "python3" in work_out("pythons", [])
    assert "python3" in work_out("pythons", [], ansible_python_interpreter="auto_silent")


def test_a_host_without_the_python_that_it_should_have_is_lost(tmp_path: Path) -> None:
    """Before anything is changed, as a host that cannot be reached."""
    places = {"good": sys.executable, "auto": "auto_silent", "bad": "/nowhere/python"}
    hosts = {
        name: {"ansible_connection": "local", "ansible_python_interpreter": python} for name, python in places.items()
    }
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    play = {"hosts": "all", "gather_facts": False, "vars_files": [str(ROLE / "vars" / "main.yml")]}
    play |= {"vars": {"rolling_upgrade_tasks": "x"}, "tasks": [{"include_tasks": str(ROLE / "tasks" / "ask.yml")}]}
    (tmp_path / "play.json").write_text(json.dumps([play]))
    ended = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory.json", "play.json"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    recap = dict(re.findall(r"^(\w+) .* failed=(\d)", ended.stdout, re.MULTILINE))
    assert recap == {"good": "0", "auto": "0", "bad": "1"}
    assert "There is no Python that Ansible could use." in ended.stdout
