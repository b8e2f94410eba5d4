# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A cell that does not answer: its hosts look empty in every list with a filter, and are not taken for that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Interrupted, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.moves import Behaviour
from tests.unit.fake.operator import Operator
from tests.unit.fake.task import run_task
from tests.unit.fake.wire import Reply, Request

UNKNOWN = "Nova knows nothing of the host 'cmp01' now: its cell does not answer; wait until it does."
SILENT = r"Could not list the hypervisors: a cell of the cloud does not answer, that of cmp03; wait until it does\."


@pytest.fixture(autouse=True)
def _no_real_pauses(no_pauses: list[float]) -> None:
    """The repetitions of a 500 by the client wait for nobody."""


def planned(cloud: FakeCloud, target: str) -> dict[str, object]:
    moves = {guest: target for guest in cloud.world.guests}
    return {"moves": moves, "hypervisors": {target: cloud.hypervisor(target)}}


# -- the cell of the host


@pytest.mark.parametrize("job", ["look_to_start", "look_to_stop"])
@pytest.mark.parametrize("marked", [False, True])
def test_a_host_of_a_cell_that_does_not_answer_is_refused(
    cloud: FakeCloud, operator: Operator, job: str, marked: bool
) -> None:
    if marked:
        operator.start("cmp01")
    cloud.boot("web", "cmp01")
    cloud.cell_down("cmp01")
    cloud.forget_requests()
    with pytest.raises(Refused) as refused:
        getattr(operator, job)("cmp01")
    assert str(refused.value) == UNKNOWN and cloud.writes == []


@pytest.mark.parametrize("at", [0.0, 1.0, 3.0, 6.0])
def test_a_drain_outlasts_it(cloud: FakeCloud, operator: Operator, at: float) -> None:
    for number in range(3):
        cloud.boot(f"web{number}", "cmp01")
    work = operator.look_to_start("cmp01")
    cloud.clock.after(at, lambda: cloud.cell_down("cmp01"))
    cloud.clock.after(at + 300.0, lambda: cloud.cell_up("cmp01"))
    result = work.apply()
    assert cloud.names_on("cmp01") == [] and cloud.clock.now() > 300.0
    assert [move["name"] for move in result["moved"]] == ["web0", "web1", "web2"] and result["left"] == []


def test_a_drain_whose_time_is_over_meanwhile_is_no_success(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    work = operator.look_to_start("cmp01", timeout=60.0)
    cloud.clock.after(1.0, lambda: cloud.cell_down("cmp01"))
    with pytest.raises(Interrupted, match="its cell does not answer"):
        work.apply()


def test_the_return_outlasts_it(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("web1", "web2"):
        cloud.boot(name, "cmp01")
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cloud.cell_down("cmp01")
    cloud.clock.after(120.0, lambda: cloud.cell_up("cmp01"))
    work.apply()
    assert cloud.names_on("cmp01") == ["web1", "web2"] and cloud.returned("cmp01")


def silent_for(cloud: FakeCloud, path: str, host: str) -> None:
    """Let the cell be away for one request alone: the connection to its database broke."""

    def away(_request: Request) -> Reply | None:
        cloud.cell_down(host)
        return None

    def back(_request: Request) -> Reply | None:
        cloud.cell_up(host)
        return None

    cloud.faults.plant(away, path=path, method="GET")
    cloud.faults.plant(back, path=path, method="GET", after=True)


@pytest.mark.parametrize("path", ["/os-migrations", "/servers/detail"])
@pytest.mark.parametrize("before_the_heartbeat", [1.0, 9.0])
def test_one_list_that_lies_leaves_nobody_away(
    cloud: FakeCloud, operator: Operator, path: str, before_the_heartbeat: float
) -> None:
    for name in ("web1", "web2"):
        cloud.boot(name, "cmp01")
    operator.start("cmp01")
    cloud.clock.sleep(60.0 - before_the_heartbeat - cloud.clock.now())
    silent_for(cloud, path, "cmp01")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web1", "web2"] and cloud.returned("cmp01")


@pytest.mark.parametrize("again", [False, True])
def test_one_list_that_lies_is_no_empty_host(cloud: FakeCloud, operator: Operator, again: bool) -> None:
    """Placement holds what the list lacks; the unchanged path asks it as well."""
    if again:
        operator.start("cmp01")
    cloud.boot("web", "cmp01")
    silent_for(cloud, "/servers/detail", "cmp01")
    assert [server["name"] for server in operator.look_to_start("cmp01").predict()["moved"]] == ["web"]
    silent_for(cloud, "/servers/detail", "cmp01")
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


def test_a_drain_believes_no_list_that_lies_at_its_end(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    work = operator.look_to_start("cmp01")
    cloud.boot("late", "cmp01")
    cloud.faults.plant(status(200, {"servers": []}), path="/servers/detail", method="GET", times=4)
    work.apply()
    assert cloud.names_on("cmp01") == []


def test_a_move_that_ended_while_its_records_were_away_is_told(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(seconds=70.0))
    lies = status(200, {"migrations": []})
    work = operator.look_to_start("cmp01")
    cloud.faults.during(60.0, 15.0, lambda request: lies(request) if "/os-migrations" in request.path else None)
    result = work.apply()
    assert [move["name"] for move in result["moved"]] == ["web"] and len(cloud.moves.started) == 1


# -- another cell


def test_the_list_of_all_hypervisors_names_the_cell(cloud: FakeCloud, operator: Operator) -> None:
    """Nova answers 500 for it while any cell is away."""
    cloud.boot("web", "cmp01")
    cloud.cell_down("cmp03")
    with pytest.raises(CloudError, match=SILENT):
        operator.look_to_start("cmp01")
    task = run_task(cloud, "os_host_info")
    assert task.failed and "a cell of the cloud does not answer, that of cmp03" in task.result["msg"]
    assert cloud.writes == []


def test_groups_with_members_there_name_the_cell(cloud: FakeCloud, operator: Operator) -> None:
    cloud.group("pair", "anti-affinity", cloud.boot("web", "cmp01"), cloud.boot("far", "cmp03"))
    plan = planned(cloud, "cmp02")
    cloud.cell_down("cmp03")
    with pytest.raises(CloudError, match="list the server groups: a cell of the cloud does not answer, that of cmp03"):
        operator.look_to_start("cmp01", **plan)


def test_a_drain_by_a_plan_does_without_that_list(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    plan = planned(cloud, "cmp02")
    cloud.cell_down("cmp03")
    result = operator.start("cmp01", **plan)
    assert [move["target"] for move in result["moved"]] == ["cmp02"] and cloud.names_on("cmp01") == []


def test_a_return_does_without_that_list(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01", targets=("cmp02",))
    cloud.cell_down("cmp03")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web"] and cloud.returned("cmp01")


def test_a_host_that_placement_names_otherwise_waits(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.hosts["cmp01"].hypervisor = "node17.example.org"
    operator.start("cmp01")
    cloud.cell_down("cmp03")
    with pytest.raises(CloudError, match=SILENT):
        operator.look_to_stop("cmp01")


def test_a_drain_that_needs_that_list_outlasts_it(cloud: FakeCloud, operator: Operator) -> None:
    """A server that arrives in a group has it ask for the servers of all hypervisors."""
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(seconds=20.0))
    work = operator.look_to_start("cmp01")

    def arrives() -> None:
        cloud.group("pair", "anti-affinity", cloud.boot("late", "cmp01"), cloud.boot("there", "cmp02"))
        cloud.cell_down("cmp03")

    cloud.clock.after(3.0, arrives)
    cloud.clock.after(100.0, lambda: cloud.cell_up("cmp03"))
    work.apply()
    assert cloud.names_on("cmp01") == [] and cloud.clock.now() > 100.0
    assert "late" in cloud.names_on("cmp03")


def test_who_stands_in_a_cell_that_does_not_answer_is_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01", targets=("cmp02",))
    work = operator.look_to_stop("cmp01")
    cloud.cell_down("cmp02")
    cloud.clock.after(90.0, lambda: cloud.cell_up("cmp02"))
    work.apply()
    assert cloud.names_on("cmp01") == ["web"] and cloud.returned("cmp01")


def test_who_stands_there_to_the_end_is_named_and_the_next_stop_brings_it_back(
    cloud: FakeCloud, operator: Operator
) -> None:
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01", targets=("cmp02",))
    cloud.cell_down("cmp02")
    with pytest.raises(Interrupted, match=rf"{guest.id} now: its cell does not answer"):
        operator.stop("cmp01", timeout=60.0)
    assert cloud.returning("cmp01")
    cloud.cell_up("cmp02")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web"] and cloud.returned("cmp01")


# -- partial servers


def one_server(operator: Operator) -> None:
    operator.look_to_start("cmp01")


def check_mode(operator: Operator) -> None:
    operator.look_to_stop("cmp01").predict()


@pytest.mark.parametrize("look", [one_server, check_mode], ids=lambda look: look.__name__)
def test_a_partial_server_is_one_sentence(
    cloud: FakeCloud, operator: Operator, look: Callable[[Operator], None]
) -> None:
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01", targets=("cmp02",))
    cloud.world.allocations[guest.id]["cmp01"] = {"VCPU": 1}
    cloud.cell_down("cmp02")
    partial = rf"Nova knows nothing of the server {guest.id} now: its cell does not answer\."
    hypervisors = {"hypervisors": [vars_of(cloud, host) for host in cloud.world.hosts]}
    cloud.faults.plant(status(200, hypervisors), path="/os-hypervisors", times=9)
    with pytest.raises(CloudError, match=partial):
        look(operator)


def vars_of(cloud: FakeCloud, host: str) -> dict[str, object]:
    """A hypervisor as Nova shows it."""
    return {"id": cloud.world.hosts[host].provider, "hypervisor_hostname": host, "service": {"host": host}}


def test_a_list_with_partial_servers_is_one_sentence(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    cloud.cell_down("cmp01")
    with pytest.raises(CloudError, match="its cell does not answer"):
        cloud.connect().nova.servers()
