# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""No text of a cloud does anything to a terminal, whatever module shows it, and however it ends.

Every result is looked through, also those of a failure at each request, with the warnings, the diff and the progress.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._text import LIMIT
from ansible_collections.stackops.aggregates.plugins.plugin_utils import _worker

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.hostile import ATTACK, CONTROLS, EVIL, make_hostile, texts, unprintable
from tests.unit.fake.task import PROCESSES, Task, run_task
from tests.unit.plugins.modules.test_contract import CASES, Case, roll, with_servers

__all__ = ["roll"]  # the fixture is for all tests here too
C0 = "".join(map(chr, range(32)))  # what JSON escapes
LONGEST = LIMIT + 100  # with what says how much is left out
PROBLEMS = 10  # that one refusal here names at the most

Run = Callable[..., Task]


@pytest.fixture(params=PROCESSES)
def run(request: pytest.FixtureRequest) -> Run:
    """Run a task, and look through all that it shows."""

    def run(cloud: FakeCloud, module: str, **options: Any) -> Task:
        with mock.patch.object(_worker, "show") as shown:
            task = run_task(cloud, module, process=request.param, **options)
        for call in shown.call_args_list:
            check("progress", call.args[0])
        for key, text in texts(task.outcome):
            check(key, text)
        return task

    return run


def check(key: str, text: str) -> None:
    """Check one text of a result, which stands below this key."""
    if key == "metadata":  # is data that a declaration has to be able to repeat
        assert not unprintable(text, allowed=C0), text[:100]
        return
    assert not unprintable(text), text[:100]
    assert len(text) <= LONGEST * (PROBLEMS if key == "msg" else 1), (key, len(text))


def cloud_of(case: Case, **attacks: Any) -> FakeCloud:
    cloud = case.cloud()
    make_hostile(cloud, **attacks)
    return cloud


# By id, for the cloud calls no aggregate by a name that is asked for.
BY_ID = {
    "change": Case("os_aggregate", {"id": "1", "hosts": ["cmp03"], "metadata": {"tier": "1"}}),
    "delete": Case("os_aggregate", {"id": "1", "state": "absent", "force": True}),
    "join": Case("os_aggregate_host", {"aggregate": "1", "hosts": ["cmp03"]}),
    "leave": Case(
        "os_aggregate_host", {"aggregate": "1", "hosts": ["cmp01"], "state": "absent", "force": True}, with_servers
    ),
    "metadata": Case("os_aggregate_metadata", {"aggregate": "1", "metadata": {"x": "1"}, "state": "exact"}),
    "images": Case("os_aggregate_image_cache", {"aggregate": "1", "images": ["ubuntu"]}),
    "start": Case(
        "os_host_maintenance", {"host": "cmp01", "state": "started", "owner": "me", "aggregate": "1"}, with_servers
    ),
    "plan": Case("os_upgrade_plan", {"aggregate": "1"}, with_servers),
    "open": Case("os_upgrade_roll", {"aggregate": "1", "state": "opened", "directory": "rolls", "hosts": ["cmp01"]}),
}
ALL = {**CASES, **{f"{name} by id": case for name, case in BY_ID.items()}}


@pytest.mark.parametrize("check_mode", [False, True], ids=["real", "check"])
@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_a_result_is_printable(case: Case, check_mode: bool, run: Run) -> None:
    run(cloud_of(case), case.module, check=check_mode, **case.options)


@pytest.mark.parametrize("case", BY_ID.values(), ids=BY_ID)
def test_the_cases_by_id_do_their_work(case: Case, run: Run) -> None:
    """Of texts as long as Nova lets them be: the others see to it that something is shown of a success too."""
    task = run(cloud_of(case, attack=CONTROLS + EVIL), case.module, **case.options)
    assert task.failed is (case.module == "os_aggregate_image_cache"), task.result.get("msg")


@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_a_failure_at_any_request_is_printable(case: Case, run: Run) -> None:
    fault = status(409, {"fault": {"message": "Nobody knows."}}, x_openstack_request_id="req-1")
    for number in range(1, 30):
        cloud = cloud_of(case)
        planted = cloud.faults.plant(fault, at=number, times=10_000)
        run(cloud, case.module, **{**case.options, **({"timeout": 5} if case.module == "os_host_maintenance" else {})})
        if planted.seen < number:
            return


HOSTILE_HOSTS = {
    "hosts": ("os_host_info", {"servers": True}),
    "aggregates": ("os_aggregate_info", {}),
    "plan": ("os_upgrade_plan", {"aggregate": "1"}),
    "no such host": ("os_host_info", {"host": "cmp09"}),
    "maintenance": ("os_host_maintenance", {"host": "cmp01", "state": "started", "owner": "me"}),
    "leave": ("os_aggregate_host", {"aggregate": "1", "hosts": ["cmp01"], "state": "absent"}),
}


@pytest.mark.parametrize("module, options", HOSTILE_HOSTS.values(), ids=HOSTILE_HOSTS)
def test_names_of_hosts_are_printable(module: str, options: dict[str, Any], run: Run) -> None:
    run(cloud_of(CASES["list hosts"], hosts=True), module, **options)


def test_what_another_administrator_wrote_is_printable(run: Run) -> None:
    cloud = FakeCloud("cmp01", "cmp02")
    cloud.aggregate("nvme", "cmp01", "cmp02", note=ATTACK)
    host = cloud.world.hosts["cmp01"]
    host.enabled = False
    for reason in (
        ATTACK,
        f"stackops:{ATTACK}:20261121T100000Z:migrate x",
        f"stackops:o:20261121T100000Z:migrate {ATTACK}",
    ):
        host.reason = reason
        for state in ("started", "stopped"):
            run(cloud, "os_host_maintenance", host="cmp01", state=state, owner="me")
        run(cloud, "os_host_info")
        run(cloud, "os_upgrade_plan", aggregate="nvme")


def test_a_fault_of_our_own_is_one_printable_sentence(run: Run) -> None:
    cloud = FakeCloud("cmp01")
    with mock.patch.object(cloud, "connect", side_effect=KeyError(ATTACK)):
        task = run(cloud, "os_aggregate_info")
    assert task.failed and "KeyError" in task.result["msg"] and task.result["msg"].endswith("/issues.")
    assert "test_hostile_text.py" not in task.result["msg"] and "execute.py:" in task.result["msg"]


def test_names_that_nova_accepts_stay_what_they_are(run: Run) -> None:
    names = ["web 01", "web\u3000二", "bücher\u00a0-", "שרת", "a\u0301"]
    cloud = FakeCloud("cmp01")
    for name in names:
        cloud.boot(name, "cmp01")
    (host,) = run(cloud, "os_host_info", servers=True).result["hosts"]
    assert sorted(server["name"] for server in host["servers"]) == sorted(names)


def test_metadata_can_be_declared_again(run: Run) -> None:
    cloud = FakeCloud("cmp01")
    cloud.aggregate("nvme", note="two\nlines\tand a tab")
    (aggregate,) = run(cloud, "os_aggregate_info").result["aggregates"]
    again = run(cloud, "os_aggregate", name="nvme", metadata=aggregate["metadata"])
    assert not again.failed and not again.changed


def test_nothing_is_lost_of_an_escape(run: Run) -> None:
    cloud = FakeCloud("cmp01")
    cloud.boot(f"web\u202e{EVIL}", "cmp01")
    (host,) = run(cloud, "os_host_info", servers=True).result["hosts"]
    assert host["servers"][0]["name"] == f"web\\u202e{EVIL}"
