# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What holds for every module, in a module process and in Ansible's worker.

Check mode predicts and writes nothing, the second run changes nothing, a failure is one sentence, secrets stay secret.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.past_roll import PastRoll
from tests.unit.fake.task import PROCESSES, Task, run_task

Run = Callable[..., Task]
MASKED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


@pytest.fixture(autouse=True)
def roll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory is that of a roll that is over."""
    monkeypatch.chdir(tmp_path)
    roll = PastRoll(hosts=1)
    roll.event(roll.end, "closed")
    roll.write(tmp_path)


@pytest.fixture(params=PROCESSES)
def run(request: pytest.FixtureRequest) -> Run:
    return functools.partial(run_task, process=request.param)


@dataclass(frozen=True)
class Case:
    """One task. ``prepare`` puts into the cloud what it needs beyond the aggregate ``nvme`` of cmp01 and cmp02.

    ``files`` for one that writes into the working directory instead of the cloud.
    """

    module: str
    options: dict[str, Any]
    prepare: Callable[[FakeCloud], object] = lambda _cloud: None
    writes: int = field(default=1, kw_only=True)
    files: bool = field(default=False, kw_only=True)

    def cloud(self) -> FakeCloud:
        cloud = FakeCloud()
        cloud.aggregate("nvme", "cmp01", "cmp02", ssd="true")
        self.prepare(cloud)
        return cloud


def in_maintenance(cloud: FakeCloud) -> None:
    for name, state in (("web", "active"), ("paused", "paused"), ("db", "stopped")):
        cloud.boot(name, "cmp01", state)
    cloud.aggregate("spare", "cmp03")
    run_task(cloud, "os_host_maintenance", host="cmp01", state="started", owner="me")
    assert cloud.names_on("cmp01") == []


def registered_disabled(cloud: FakeCloud) -> None:
    host = cloud.host("cmp04")
    host.enabled, host.reason = False, "New compute service disabled due to config option."


def with_servers(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    cloud.boot("db", "cmp01", "stopped")


def unmirrored(cloud: FakeCloud) -> None:
    cloud.world.aggregates[1].mirror("cmp01", False)


POOL_TO_ROLL = {"aggregate": "nvme", "directory": "rolls", "inventory": {"cmp01": "", "at-cmp02": "cmp02"}}
MAINTENANCE = {"host": "cmp01", "owner": "me"}
CASES = {
    "create": Case(
        "os_aggregate",
        {"name": "gpu", "availability_zone": "az1", "hosts": ["cmp03"], "metadata": {"gpus": 4, "ssd": True}},
        writes=3,
    ),
    "extend": Case(
        "os_aggregate", {"name": "nvme", "hosts": ["cmp03"], "metadata": {"tier": 1, "ssd": None}}, writes=2
    ),
    "purge": Case(
        "os_aggregate",
        {"name": "nvme", "hosts": ["cmp03"], "purge_hosts": True, "metadata": {"a": "b"}, "purge_metadata": True},
        writes=4,
    ),
    "zone": Case("os_aggregate", {"name": "nvme", "availability_zone": "az1"}),
    "zone and hosts": Case(
        "os_aggregate",
        {"name": "nvme", "availability_zone": "az1", "hosts": ["cmp03"], "purge_hosts": True},
        writes=4,
    ),
    "rename": Case("os_aggregate", {"id": "1", "name": "nvme-old"}),
    "delete": Case("os_aggregate", {"name": "nvme", "state": "absent", "force": True}, writes=3),
    "delete by id and name": Case(
        "os_aggregate", {"id": "1", "name": "nvme", "state": "absent", "force": True}, writes=3
    ),
    "purge hosts at work": Case(
        "os_aggregate", {"name": "nvme", "hosts": [], "purge_hosts": True, "force": True}, with_servers, writes=2
    ),
    "delete none": Case("os_aggregate", {"name": "nothing", "state": "absent"}, writes=0),
    "join": Case("os_aggregate_host", {"aggregate": "nvme", "hosts": ["cmp03", "cmp01"]}),
    "join and enable": Case(
        "os_aggregate_host", {"aggregate": "nvme", "hosts": ["cmp04"], "enable": True}, registered_disabled, writes=2
    ),
    "leave": Case("os_aggregate_host", {"aggregate": "nvme", "hosts": ["cmp02", "cmp03"], "state": "absent"}),
    "merge metadata": Case("os_aggregate_metadata", {"aggregate": "nvme", "metadata": {"ssd": False, "x": 1}}),
    "remove metadata": Case(
        "os_aggregate_metadata", {"aggregate": "1", "metadata": {"ssd": None, "never": None}, "state": "absent"}
    ),
    "exact metadata": Case("os_aggregate_metadata", {"aggregate": "nvme", "metadata": {"x": "1"}, "state": "exact"}),
    "no metadata": Case("os_aggregate_metadata", {"aggregate": "nvme", "metadata": {}, "state": "exact"}),
    "declare all": Case(
        "os_aggregates",
        {
            "aggregates": [
                {"name": "nvme", "hosts": ["cmp03"], "metadata": {"a": 1}},
                {"name": "gpu", "availability_zone": "az1", "hosts": ["cmp01"]},
            ],
            "purge_hosts": True,
            "purge_metadata": True,
            "prune": True,
        },
        lambda cloud: cloud.aggregate("old", "cmp02"),
        writes=8,
    ),
    "swap names": Case(
        "os_aggregates",
        {"aggregates": [{"id": "1", "name": "old"}, {"id": "2", "name": "nvme"}]},
        lambda cloud: cloud.aggregate("old", "cmp02"),
        writes=3,
    ),
    "prune hosts at work": Case(
        "os_aggregates", {"aggregates": [], "prune": True, "prune_all": True, "force": True}, with_servers, writes=3
    ),
    "list aggregates": Case("os_aggregate_info", {}, writes=0),
    "compare aggregates": Case("os_aggregate_info", {"placement": True}, unmirrored, writes=0),
    "list hosts": Case("os_host_info", {"servers": True}, with_servers, writes=0),
    "plan": Case("os_upgrade_plan", {"aggregate": "nvme", "bring_back": False}, with_servers, writes=0),
    "start": Case(
        "os_host_maintenance", {**MAINTENANCE, "state": "started", "reason": "kernel"}, with_servers, writes=4
    ),
    "start with a rest": Case(
        "os_host_maintenance", {**MAINTENANCE, "state": "started", "stopped_servers": "leave"}, with_servers, writes=2
    ),
    "start without moves": Case("os_host_maintenance", {**MAINTENANCE, "state": "started", "mode": "disable"}),
    "start at the hypervisor": Case(
        "os_host_maintenance", {**MAINTENANCE, "state": "started", "mode": "hypervisor"}, writes=2
    ),
    "stop": Case("os_host_maintenance", {**MAINTENANCE, "state": "stopped"}, in_maintenance, writes=7),
    "stop and leave them": Case(
        "os_host_maintenance", {**MAINTENANCE, "state": "stopped", "bring_back": False}, in_maintenance
    ),
    "preflight": Case("os_upgrade_preflight", {**POOL_TO_ROLL, "reason": "kernel"}, with_servers, writes=0),
    "report": Case("os_upgrade_report", {"folder": "."}, writes=0, files=True),
    "stop nothing": Case("os_host_maintenance", {**MAINTENANCE, "state": "stopped"}, writes=0),
}


def comparable(task: Task) -> dict[str, Any]:
    """Return the outcome without what check mode cannot know: the ids of a new aggregate, and the order of moves."""
    outcome = task.outcome
    if outcome["diff"]["before"] == {} and outcome.get("aggregate"):
        outcome["aggregate"] = {**outcome["aggregate"], "id": None, "uuid": None}
    before = {aggregate["name"] for aggregate in outcome["diff"]["before"].get("aggregates", [])}
    for aggregate in outcome.get("aggregates") or []:
        if before and aggregate["name"] not in before:
            aggregate.update(id=None, uuid=None)
    for key in ("moved", "left", "brought_back"):
        if key in outcome:
            outcome[key] = sorted(outcome[key], key=lambda server: server["id"])
    return outcome


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_check_mode_predicts_and_the_second_run_changes_nothing(case: Case, run: Run) -> None:
    cloud = case.cloud()
    cloud.forget_requests()
    predicted = run(cloud, case.module, check=True, **case.options)
    assert not predicted.failed, predicted.printed
    assert cloud.writes == []

    real = run(cloud, case.module, **case.options)
    assert not real.failed, real.printed
    assert real.changed == (bool(case.writes) or case.files)
    assert len(cloud.writes) == case.writes
    assert comparable(real) == comparable(predicted)

    cloud.forget_requests()
    again = run(cloud, case.module, **case.options)
    assert not again.failed and not again.changed, again.printed
    assert cloud.writes == []
    assert set(again.result) == set(real.result)


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_module_process_and_worker_do_the_same(case: Case, check: bool) -> None:
    module_cloud, worker_cloud = case.cloud(), case.cloud()
    module = run_task(module_cloud, case.module, process="module", check=check, **case.options)
    for written in Path().glob("report.*"):
        written.unlink()
    worker = run_task(worker_cloud, case.module, process="worker", check=check, **case.options)
    assert worker.result == module.result
    # Sorted, for writes that do not depend on each other are under way together.
    assert sorted(map(str, worker_cloud.requests)) == sorted(map(str, module_cloud.requests))


MODULES: dict[str, dict[str, Any]] = {
    "os_aggregate": {"name": "nvme", "metadata": {"x": "1"}},
    "os_aggregate_host": {"aggregate": "nvme", "hosts": ["cmp03"]},
    "os_aggregate_metadata": {"aggregate": "nvme", "metadata": {"x": "1"}},
    "os_aggregate_info": {},
    "os_aggregates": {"aggregates": [{"name": "nvme"}]},
    "os_aggregate_image_cache": {"aggregate": "nvme", "images": []},
    "os_host_info": {},
    "os_host_maintenance": {**MAINTENANCE, "state": "started"},
    "os_upgrade_plan": {"aggregate": "nvme"},
    "os_upgrade_report": {"folder": "."},
    "os_upgrade_preflight": POOL_TO_ROLL,
    "os_upgrade_roll": {"aggregate": "nvme", "state": "opened", "directory": "rolls"},
}


def is_one_sentence(message: str) -> bool:
    return message.endswith(".") and "Traceback" not in message and "\n" not in message


@pytest.mark.parametrize("module", MODULES)
def test_wrong_password(module: str, run: Run) -> None:
    cloud = FakeCloud()
    task = run(cloud, module, auth={**cloud.auth(), "password": "guessed"}, **MODULES[module])
    assert task.failed and is_one_sentence(task.result["msg"])
    assert "refused the credentials (401)" in task.result["msg"]
    assert "guessed" not in task.printed


@pytest.mark.parametrize("module", MODULES)
def test_plain_user(module: str, run: Run) -> None:
    cloud = FakeCloud()
    task = run(cloud, module, user="demo", **MODULES[module])
    assert task.failed and is_one_sentence(task.result["msg"])
    assert task.result["status"] == 403 and "with the role admin" in task.result["msg"]
    assert not task.changed and cloud.writes == []


@pytest.mark.parametrize("module", MODULES)
def test_cloud_that_is_not_there(module: str, run: Run, no_pauses: list[float]) -> None:
    cloud = FakeCloud()
    auth = {**cloud.auth(), "auth_url": "http://nobody.test/v3"}
    task = run(cloud, module, auth=auth, **MODULES[module])
    assert task.failed and is_one_sentence(task.result["msg"])
    assert "http://nobody.test/v3" in task.result["msg"]


@pytest.mark.parametrize("module", MODULES)
def test_no_cloud_chosen(module: str, run: Run) -> None:
    task = run(FakeCloud(), module, auth={}, cloud={}, **MODULES[module])
    assert task.failed and is_one_sentence(task.result["msg"]), task.result["msg"]
    assert "auth_url" in task.result["msg"]


@pytest.mark.parametrize("module", MODULES)
def test_secrets_are_masked_and_names_are_not(module: str, run: Run) -> None:
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", "cmp02")
    cloud.boot("novas-secret", "cmp01")  # a tenant may name its server like the password
    task = run(cloud, module, user="nova", **MODULES[module])
    assert not task.failed, task.printed
    assert "novas-secret" not in task.printed
    names = run(cloud, "os_host_info", user="nova", servers=True)
    assert "nova-compute" in names.printed and "novas-secret" not in names.printed


def test_secrets_of_a_cloud_given_as_a_dictionary_are_masked(run: Run) -> None:
    cloud = FakeCloud()
    task = run(cloud, "os_aggregate_info", cloud={"auth": cloud.auth()})
    assert not task.failed and "admins-secret" not in task.printed


def test_secrets_beside_auth_are_masked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")
    cloud = FakeCloud()
    auth = cloud.auth()
    password = auth.pop("password")
    region = {"name": "RegionOne", "values": {"some-code": 424242}}
    given = {"auth": auth, "password": password, "regions": [region], "some-secret": ["t0ken"], "interface": "public"}
    task = run(cloud, "os_aggregate_info", cloud=given)
    assert not task.failed, task.printed
    assert not [secret for secret in ("admins-secret", "424242", "t0ken") if secret in task.printed]
    assert '"RegionOne"' in task.printed and '"public"' in task.printed


@pytest.mark.parametrize(
    "text", ["{'auth': {'password': 'hunter2'}}", "auth_url=u password=hunter2", "password: hunter2"]
)
def test_a_dictionary_as_text_is_neither_quoted_nor_logged(
    run: Run, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")
    logged: list[str] = []
    monkeypatch.setattr("ansible.module_utils.basic.AnsibleModule.log", lambda _self, text, **_: logged.append(text))
    task = run(FakeCloud(), "os_aggregate_info", cloud=text)
    assert task.failed and "a dictionary itself and not its text" in task.result["msg"]
    assert "hunter2" not in task.printed + "".join(logged)


@pytest.mark.parametrize("password", ["cmp", "01", "nvme", "compute", "nova", "up", "cmp01.dc1"])
def test_names_of_which_a_password_is_a_part_are_not_masked(run: Run, password: str) -> None:
    cloud = FakeCloud("cmp01", "cmp02", "cmp01.dc1.example.com")
    cloud.aggregate("nvme-fast", "cmp01", "cmp02", password=password)
    cloud.keystone.users["admin"] = replace(cloud.keystone.users["admin"], password=password)
    listed = run(cloud, "os_host_info").result
    assert [host["name"] for host in listed["hosts"]] == ["cmp01", "cmp01.dc1.example.com", "cmp02"]
    assert {host["service"]["binary"] for host in listed["hosts"]} == {"nova-compute"}
    (aggregate,) = run(cloud, "os_aggregate_info").result["aggregates"]
    assert (aggregate["name"], aggregate["metadata"]["password"]) == ("nvme-fast", MASKED)
    refused = run(cloud, "os_aggregate_host", aggregate="nvme-fast", hosts=[f"x-{password}"])
    assert refused.failed and f"x-{password}" in refused.result["msg"]


def test_a_connection_that_is_not_verified_is_a_warning(run: Run) -> None:
    cloud = FakeCloud()
    for task in (
        run(cloud, "os_aggregate_info", auth=cloud.auth(), validate_certs=False),
        run(cloud, "os_aggregate_host", auth=cloud.auth(), validate_certs=False, aggregate="gone", hosts=["cmp01"]),
    ):
        assert any("are not verified" in warning for warning in task.result["warnings"])
    assert "warnings" not in run(cloud, "os_aggregate_info", auth=cloud.auth()).result


def test_relative_paths_begin_where_ansible_was_started(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for name in ("ca.pem", "home/ca.pem", "c.pem", "home/k.pem"):
        (tmp_path / name).touch()
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", "cmp02")
    clouds = {"one": {"auth": cloud.auth(), "cacert": "ca.pem", "cert": "./c.pem", "key": "~/k.pem"}}
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": clouds}))
    for more in ({}, {"ca_cert": "~/ca.pem", "client_cert": "home/k.pem", "client_key": "c.pem"}):
        task = run(cloud, "os_aggregate_info", cloud="one", **more)
        assert not task.failed, task.printed
    asked = {"host": "cmp01", "place": "cmp01", "begun": False, "done": False}
    to_do = {"asked": [asked], "answers": {"cmp01": {"needed": True}}, "check_machines": False}
    opened = run(cloud, "os_upgrade_roll", cloud="one", **MODULES["os_upgrade_roll"], **to_do)
    assert not opened.failed and opened.result["roll"]["folder"], opened.printed
    assert opened.result["roll"]["folder"].startswith(f"{tmp_path}/rolls/")
    closed = run(
        cloud,
        "os_upgrade_roll",
        cloud="one",
        state="closed",
        folder=os.path.relpath(opened.result["roll"]["folder"]),
        session=opened.result["roll"]["session"],
    )
    assert not closed.failed, closed.printed


WRONG: dict[str, dict[str, Any]] = {
    "missing": {},
    "unknown": {"name": "nvme", "colour": "red"},
    "type": {"name": "nvme", "purge_hosts": "perhaps"},
    "choice": {"name": "nvme", "state": "admin"},
    "constraint": {"name": "nvme", "purge_hosts": True},
    "not a dictionary": {"name": "nvme", "auth": "admins-secret"},
    "secret in cloud": {"cloud": {"auth": {"password": "admins-secret"}}},
}


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG)
def test_module_process_and_worker_refuse_the_same_options(options: dict[str, Any]) -> None:
    cloud = FakeCloud()
    module, worker = (run_task(cloud, "os_aggregate", process=process, **options) for process in PROCESSES)
    assert module.failed and worker.failed and cloud.requests == []
    # In a process of its own the module knows its name; in this process it takes that of Ansible's file.
    named = module.result["msg"].replace("(basic.py)", "(stackops.aggregates.os_aggregate)")
    assert worker.result == {**module.result, "msg": named}
    assert "admins-secret" not in module.printed + worker.printed


def test_module_process_and_worker_have_the_same_warnings() -> None:
    options: dict[str, Any] = {"aggregate": "nvme", "hosts": ["cmp01"], "host": "cmp02", "state": "absent"}
    warned = []
    for process in PROCESSES:
        cloud = FakeCloud()
        cloud.aggregate("nvme", "cmp01", "cmp02")
        warned.append(run_task(cloud, "os_aggregate_host", process=process, **options).result["warnings"])
    assert warned[0] == warned[1] == ["Both option hosts and its alias host are set."]


def test_the_secrets_of_a_given_cloud_are_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr("ansible.module_utils.basic.AnsibleModule.log", lambda _self, text, **_: logged.append(text))
    cloud = FakeCloud()
    assert not run_task(cloud, "os_aggregate_info", cloud={"auth": cloud.auth()}).failed
    assert len(logged) == 1 and "admins-secret" not in logged[0]
