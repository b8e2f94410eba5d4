# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the tasks of the role rolling_upgrade give to the modules, and how it asks hosts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake.role import OWNER, ROLE, Role

POOL = {"rolling_upgrade_aggregate": "nvme"}
HOSTS = [{"host": host, "place": f"at-{host}", "known": True, "done": False, "begun": False} for host in "ab"]
OPENED = {"roll": {"folder": "/rolls/1", "session": "s1", "id": "r1", "owner": OWNER, "remaining": ["a", "b"]}}


def role(**variables: Any) -> Role:
    """The role after its preflight, with the hosts at-a and at-b in the inventory."""
    role = Role({"at-a": {"nova_host": "a"}, "at-b": {"nova_host": "b"}}, **{**POOL, **variables})
    role.register("preflight", {"hosts": HOSTS, "owner": OWNER})
    return role


def played(folder: Path, hosts: dict[str, Any], *plays: dict[str, Any]) -> str:
    """What ansible-playbook says to plays with these hosts in the inventory."""
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    (folder / "play.json").write_text(json.dumps(plays))
    ended = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory.json", "play.json"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ANSIBLE_COLLECTIONS_PATH": str(ROLE.parents[1] / "build" / "collections"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout + ended.stderr


def test_the_inventory_goes_to_the_module_as_it_is() -> None:
    given = Role({"a": {}, "other": {"nova_host": "b"}}, **POOL).arguments("preflight.yml", "os_upgrade_preflight")
    assert given["inventory"] == {"a": "", "other": "b"}
    assert given["can_add"] is False and "hosts" not in given


@pytest.mark.parametrize("option", ["max_unavailable", "max_failures"])
@pytest.mark.parametrize("value", [2, "2", "10%"])
def test_counts_and_shares_are_given_as_text(option: str, value: Any) -> None:
    for file, module in (("preflight.yml", "os_upgrade_preflight"), ("plan.yml", "os_upgrade_roll")):
        assert role(**{f"rolling_upgrade_{option}": value}).arguments(file, module)[option] == str(value)


def test_each_host_has_the_failure_domain_that_its_variable_names() -> None:
    """One that lacks the variable has none, which the module refuses."""
    planning = Role({"at-a": {"rack": 7}, "at-b": {}}, rolling_upgrade_failure_domain="rack", **POOL)
    planning.register("preflight", {"hosts": HOSTS, "owner": OWNER})
    assert planning.arguments("plan.yml", "os_upgrade_roll")["failure_domains"] == {"a": "7", "b": ""}
    assert role().arguments("plan.yml", "os_upgrade_roll")["failure_domains"] == {}


def test_files_of_tasks_are_told_apart_by_where_they_run() -> None:
    hooks = ("needed", "before_drain", "verify", "before_return", "after_return", "probe")
    given = {f"rolling_upgrade_{name}_tasks": f"/hooks/{name}.yml" for name in hooks}
    arguments = role(**given, rolling_upgrade_tasks="/hooks/upgrade.yml").arguments(
        "preflight.yml", "os_upgrade_preflight"
    )
    assert arguments["files"] == ["/hooks/needed.yml", "/hooks/probe.yml"]
    turn = ("before_drain", "upgrade", "verify", "before_return", "after_return")
    assert list(arguments["turn_files"]) == [f"/hooks/{name}.yml" for name in turn]
    arguments = role(rolling_upgrade_tasks="").arguments("preflight.yml", "os_upgrade_preflight")
    assert (arguments["files"], list(arguments["turn_files"])) == ([], [])


def test_only_hosts_that_answered_have_answers() -> None:
    """Ansible lost the others, and the module refuses them."""
    asking = role()
    asking.on("at-b")
    answer = {"needed": False, "machine": "b"}
    asking.register("answer", answer)
    asking.on("localhost")
    given = asking.arguments("plan.yml", "os_upgrade_roll")
    assert (given["asked"], given["answers"]) == (HOSTS, {"b": answer})


@pytest.mark.parametrize(("wish", "given"), [({}, None), ({"rolling_upgrade_hosts": ["b", "a"]}, ["b", "a"])])
def test_the_order_that_the_operator_gives_is_handed_on(wish: dict[str, Any], given: list[str] | None) -> None:
    for file, module in (("preflight.yml", "os_upgrade_preflight"), ("plan.yml", "os_upgrade_roll")):
        assert role(**wish).arguments(file, module).get("hosts") == given


def test_a_host_waits_among_the_hosts_that_ansible_has_not_lost() -> None:
    waiting = role(ansible_play_hosts=["localhost", "at-b", "at-a"], ansible_forks=7)
    waiting.register("opened", OPENED)
    waiting.on("at-a")
    given = waiting.arguments("wait.yml", "os_upgrade_turn")
    assert given["playing"] == ["localhost", "at-b", "at-a"]
    assert (given["host"], given["folder"], given["session"]) == ("a", "/rolls/1", "s1")
    assert (given["forks"], given["asked"]) == (7, 0)
    waiting.register("turn", {"turn": "wait", "asked": 3})
    assert waiting.arguments("wait.yml", "os_upgrade_turn")["asked"] == 3


@pytest.mark.parametrize(("verify", "event"), [("", "verified"), ("/hooks/verify.yml", "upgraded")])
def test_an_upgrade_without_anything_to_verify_is_verified(verify: str, event: str) -> None:
    upgrading = role(rolling_upgrade_verify_tasks=verify, rolling_upgrade_version="6.12.6")
    upgrading.register("opened", OPENED)
    upgrading.on("at-a")
    upgrading.register("started", {"left": []})
    noted = upgrading.arguments("turn.yml", "os_upgrade_note", 1)
    assert (noted["event"], noted["version"]) == (event, "6.12.6")


def test_each_maintenance_is_of_the_roll() -> None:
    taking = role()
    taking.register("opened", OPENED)
    taking.on("at-a")
    taking.register("turn", {"moves": ["the moves"], "steps": []})
    for file, number in (("turn.yml", 0), ("check_empty.yml", 0), ("turn.yml", 1)):
        given = taking.arguments(file, "os_host_maintenance", number)
        assert (given["host"], given["owner"], given["roll"], given["aggregate"]) == ("a", OWNER, "r1", "nvme")
    assert taking.arguments("turn.yml", "os_host_maintenance")["moves"] == ["the moves"]


def test_a_host_without_the_python_that_it_should_have_is_lost(tmp_path: Path) -> None:
    """Before anything is changed, as a host that cannot be reached."""
    places = {"good": sys.executable, "auto": "auto_silent", "bad": "/nowhere/python"}
    hosts = {
        name: {"ansible_connection": "local", "ansible_python_interpreter": python} for name, python in places.items()
    }
    play = {"hosts": "all", "gather_facts": False, "vars_files": [str(ROLE / "vars" / "main.yml")]}
    play |= {"vars": {"rolling_upgrade_tasks": "x", "__rolling_upgrade_done": False}}
    told = played(tmp_path, hosts, {**play, "tasks": [{"include_tasks": str(ROLE / "tasks" / "ask.yml")}]})
    recap = dict(re.findall(r"^(\w+) .* failed=(\d)", told, re.MULTILINE))
    assert recap == {"good": "0", "auto": "0", "bad": "1"}
    assert "There is no Python that Ansible could use." in told


def test_turns_without_a_plan_are_refused_before_anything_else(tmp_path: Path) -> None:
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    turn = {"import_tasks": str(ROLE / "tasks" / "main.yml")}
    play = {"hosts": "a", "gather_facts": False, "vars_files": [str(ROLE / "vars" / "main.yml")], "tasks": [turn]}
    told = played(tmp_path, {"localhost": local, "a": local}, play)
    assert "Run or import the playbook stackops.aggregates.rolling_upgrade" in told
    assert "Wait until the host may begin" not in told
