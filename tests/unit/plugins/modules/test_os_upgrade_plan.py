# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_upgrade_plan on the fake cloud: what it observes, what it asks for, and that a drain agrees with it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Killed, kill
from tests.unit.fake.glance import image
from tests.unit.fake.model import Host
from tests.unit.fake.operator import Operator
from tests.unit.fake.task import run_task

HOSTS = ("cmp01", "cmp02", "cmp03", "cmp04")
MARK = "stackops:me:20261121T090000Z:migrate"


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud(*HOSTS, vcpus=8)
    cloud.aggregate("nvme", *HOSTS, ssd="true")
    return cloud


def planned(cloud: FakeCloud, **options: Any) -> dict[str, Any]:
    pool = {} if "aggregate_metadata" in options else {"aggregate": "nvme"}
    task = run_task(cloud, "os_upgrade_plan", **{**pool, "owner": "me", **options})
    assert not task.failed, task.printed
    return dict(task.result["plan"])


def order(plan: dict[str, Any]) -> list[str]:
    """The names of the hosts in the order of beginning."""
    return [turn["host"] for turn in plan["turns"]]


def together(plan: dict[str, Any]) -> list[list[str]]:
    """The same, those that begin at the same time together."""
    return [[turn["host"] for turn in turns] for _begin, turns in groupby(plan["turns"], lambda turn: turn["begin"])]


def turn_of(plan: dict[str, Any], name: str) -> dict[str, Any]:
    return next(turn for turn in plan["turns"] if turn["host"] == name)


def test_a_plan_is_shown_whole(cloud: FakeCloud) -> None:
    web, asleep = cloud.boot("web", "cmp01"), cloud.boot("asleep", "cmp01", "stopped", tags={"maintenance:leave"})
    db = cloud.boot("db", "cmp01", "stopped")
    plan = planned(cloud, hosts=["cmp01"], done=["cmp04"], server_wishes=["leave"])
    there = {"target": "cmp04", "hypervisor": cloud.world.hosts["cmp04"].provider, "version": 8000000}
    assert plan == {
        "pool": list(HOSTS),
        "possible": True,
        "turns": [
            {
                "host": "cmp01",
                "version": 8000000,
                "zone": "nova",
                "moves": [
                    {"server": db.id, "name": "db", **there, "kind": "cold"},
                    {"server": web.id, "name": "web", **there, "kind": "live"},
                ],
                "left": [
                    {
                        "server": asleep.id,
                        "name": "asleep",
                        "running": False,
                        "reason": "its tag 'maintenance:leave' says so",
                    }
                ],
                "returning": [],
                "begin": 0,
                "end": 30 + 900 + 30,
                "waits_for": "",
            }
        ],
        "blockers": [],
        "totals": {
            "hosts": 1,
            "servers": 2,
            "moves": 4,
            "lower_bound": 4,
            "gap": 0,
            "seconds": 960,
            "seconds_bound": 960,
        },
        "basis": "times: 30 s a move, 2 at once, assumed; 15 min an upgrade, assumed",
    }


def test_only_members_that_need_the_upgrade_are_planned_in_the_order_that_is_wished(cloud: FakeCloud) -> None:
    for host in HOSTS:
        cloud.boot(f"of-{host}", host)
    assert order(planned(cloud, needing=["cmp03", "cmp02"])) == ["cmp02", "cmp03"]
    wish = ["cmp03", "cmp01", "cmp02"]
    assert order(planned(cloud, needing=["cmp02", "cmp03", "cmp04"], hosts=wish)) == ["cmp03", "cmp02", "cmp04"]
    assert order(planned(cloud, needing=[])) == []


def test_excluded_members_are_not_upgraded_and_take_servers(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    plan = planned(cloud, hosts=["cmp01", "cmp02"], exclude=["cmp02", "cmp04"])
    assert order(plan) == ["cmp01"] and turn_of(plan, "cmp01")["moves"][0]["target"] in ("cmp02", "cmp04")
    assert order(planned(cloud, exclude=["cmp02"])) == ["cmp03", "cmp04", "cmp01"]


def test_hosts_of_two_failure_domains_are_never_out_together(cloud: FakeCloud) -> None:
    racks = {"cmp01": "r1", "cmp02": "r2", "cmp03": "r1", "cmp04": "r2"}
    plan = planned(cloud, failure_domains=racks, max_unavailable=4)
    assert together(plan) == [["cmp01", "cmp03"], ["cmp02", "cmp04"]]
    assert turn_of(plan, "cmp02")["waits_for"] == "cmp01 is in another failure domain (r1 and not r2)"


def test_the_pool_may_be_chosen_by_metadata(cloud: FakeCloud) -> None:
    cloud.host("cmp05")
    cloud.aggregate("other", "cmp05", ssd="true")
    assert planned(cloud, aggregate_metadata={"ssd": True})["pool"] == [*HOSTS, "cmp05"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"aggregate": "none"}, "There is no aggregate 'none'"),
        ({"aggregate_metadata": {"a": "b"}}, "No aggregate has the metadata"),
        ({"aggregate": "empty"}, "The pool has no hosts"),
        ({"aggregate": "nvme", "hosts": ["cmp01", "cmp09"]}, "Not in the pool, but in 'hosts': cmp09"),
        ({"aggregate": "nvme", "needing": ["cmp09"]}, "Not in the pool, but in 'needing': cmp09"),
        ({"aggregate": "nvme", "exclude": ["cmp09"]}, "Not in the pool, but in 'exclude': cmp09"),
        ({"aggregate": "nvme", "failure_domains": {"cmp09": "r1"}}, "Not in the pool, but in 'failure_domains': cmp09"),
        ({"aggregate": "nvme", "failure_domains": {"cmp01": "r1", "cmp02": ""}}, "Without a failure domain: cmp02;"),
        ({"aggregate": "nvme", "done": ["cmp09"]}, "Not in the pool, but in 'done': cmp09"),
        ({"aggregate": "nvme", "max_unavailable": "many"}, "max_unavailable is 'many'"),
        ({"aggregate": "nvme", "capacity_margin": 100}, "capacity_margin is 100"),
        ({}, "one of the following is required: aggregate, aggregate_metadata"),
    ],
)
def test_what_is_refused(cloud: FakeCloud, options: dict[str, Any], says: str) -> None:
    cloud.aggregate("empty")
    task = run_task(cloud, "os_upgrade_plan", **options)
    assert task.failed and says in task.result["msg"] and "\n" not in task.result["msg"]


@pytest.mark.parametrize(
    ("text", "sizes"), [("1", [1, 1, 1, 1]), ("50%", [2, 2]), ("10%", [1, 1, 1, 1]), ("3", [3, 1])]
)
def test_how_many_at_once(cloud: FakeCloud, text: str, sizes: list[int]) -> None:
    assert [len(hosts) for hosts in together(planned(cloud, max_unavailable=text))] == sizes


# -- members that are not simply in service


def disabled(host: Host) -> None:
    host.enabled, host.reason = False, "broken fan"


def in_maintenance_by_another_owner(host: Host) -> None:
    host.enabled, host.reason = False, "stackops:them:20261121T090000Z:migrate kernel"


def down(host: Host) -> None:
    host.up = False


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (disabled, "its compute service was disabled by somebody else (broken fan)"),
        (in_maintenance_by_another_owner, "it is in maintenance by them since 20261121T090000Z (kernel)"),
        (down, "its compute service is down, so no server can leave it"),
    ],
)
def test_a_member_that_may_not_be_taken_blocks_itself(cloud: FakeCloud, spoil: Any, says: str) -> None:
    cloud.boot("web", "cmp02")
    spoil(cloud.world.hosts["cmp02"])
    plan = planned(cloud, max_unavailable=2)
    assert together(plan) == [["cmp01"], ["cmp03"], ["cmp04"]] and not plan["possible"]
    (blocker,) = plan["blockers"]
    assert (blocker["host"], blocker["server"], blocker["reason"]) == ("cmp02", None, says) and blocker["help"]
    assert "cmp02 out of service already" in plan["turns"][1]["waits_for"]


def test_a_host_of_another_roll_is_told_of_even_where_it_is_not_to_be_upgraded(cloud: FakeCloud) -> None:
    in_maintenance_by_another_owner(cloud.world.hosts["cmp02"])
    assert planned(cloud, hosts=["cmp01"], max_unavailable=2)["possible"]
    assert order(planned(cloud, takeover=True))[0] == "cmp02"
    cloud.world.hosts["cmp02"].reason = "stackops:them:20261121T090000Z:migrate@20261121T085900Z-0a1b2c3d kernel"
    blockers = planned(cloud, hosts=["cmp01"], max_unavailable=2)["blockers"]
    assert [blocker["host"] for blocker in blockers] == ["cmp02"]


def test_a_return_that_is_over_blocks_no_host_and_takes_no_target_away(cloud: FakeCloud) -> None:
    """Nova put the trait of another owner back, as it does when a service is switched at that very moment."""
    cloud.boot("web", "cmp02")
    Operator(cloud, owner="them").start("cmp02", targets=("cmp01",))
    cloud.clock.sleep(60.0)
    work = Operator(cloud, owner="them").look_to_stop("cmp02")
    cloud.faults.plant(kill, "/traits/", "DELETE")
    with pytest.raises(Killed):
        work.apply()
    cloud.faults.clear()
    assert cloud.returning("cmp02") and cloud.names_on("cmp02") == ["web"]
    plan = planned(cloud)
    assert plan["possible"] and len(order(plan)) == 4
    cloud.boot("big", "cmp01", vcpus=8)
    for host in ("cmp03", "cmp04"):
        cloud.boot(f"full-{host}", host, vcpus=8)
    cloud.world.hosts["cmp02"].capacity["VCPU"] = 16
    assert turn_of(planned(cloud, hosts=["cmp01"]), "cmp01")["moves"][0]["target"] == "cmp02"


def test_a_disabled_host_that_is_not_to_be_upgraded_blocks_nothing(cloud: FakeCloud) -> None:
    disabled(cloud.world.hosts["cmp02"])
    cloud.boot("web", "cmp01")
    plan = planned(cloud, hosts=["cmp01"], max_unavailable=2)
    assert plan["possible"] and turn_of(plan, "cmp01")["moves"][0]["target"] in ("cmp03", "cmp04")


def test_when_enough_are_out_of_service_no_other_host_goes(cloud: FakeCloud) -> None:
    disabled(cloud.world.hosts["cmp02"])
    plan = planned(cloud)
    assert plan["turns"] == []
    assert {blocker["host"] for blocker in plan["blockers"]} == set(HOSTS)
    assert "cmp02 out of service already" in plan["blockers"][-1]["reason"]


def test_an_empty_host_that_is_down_can_be_upgraded_and_counts_until_then(cloud: FakeCloud) -> None:
    down(cloud.world.hosts["cmp03"])
    cloud.boot("web", "cmp01")
    plan = planned(cloud)
    assert plan["possible"] and order(plan)[0] == "cmp03"


def test_an_unfinished_host_comes_first_and_its_servers_are_brought_back(cloud: FakeCloud) -> None:
    away = [cloud.boot(f"away{number}", "cmp03") for number in range(2)]
    cloud.boot("local", "cmp01")
    Operator(cloud, owner="me").start("cmp03")
    cloud.boot("late", "cmp03")
    plan = planned(cloud)
    first = plan["turns"][0]
    assert order(plan)[0] == "cmp03" and plan["possible"]
    assert sorted(first["returning"]) == sorted(guest.id for guest in away)
    assert [move["name"] for move in first["moves"]] == ["late"]
    assert planned(cloud, hosts=["cmp03"])["totals"]["moves"] == 2 + 2  # one there and back, two back
    assert planned(cloud, done=["cmp03"])["turns"][0]["moves"] == []
    without = planned(cloud, bring_back=False, hosts=["cmp03"])
    assert without["turns"][0]["returning"] == [] and without["totals"]["moves"] == 1


@pytest.mark.parametrize("pause", [5.0, 30.0])
@pytest.mark.parametrize("job", ["start", "stop"])
def test_a_roll_can_go_on_wherever_it_was_killed(job: str, pause: float) -> None:
    """One cold move is all there is: until it is confirmed, its server looks as if its owner had resized it."""
    deaths = 0
    for number in range(1, 60):
        cloud = FakeCloud(*HOSTS, vcpus=8)
        cloud.aggregate("nvme", *HOSTS)
        cloud.boot("off", "cmp01", "stopped")
        cloud.boot("on", "cmp01")
        operator = Operator(cloud, owner="me")
        if job == "stop":
            operator.start("cmp01")
            cloud.world.hosts["cmp01"].version += 1
        cloud.forget_requests()
        if not operator.dies_at(number, kill, True, job, "cmp01"):
            break
        deaths += 1
        cloud.clock.sleep(pause)
        plan = planned(cloud, verified=["cmp01"] if job == "stop" else [], max_unavailable="4")
        assert plan["blockers"] == [], number
        assert job == "start" or turn_of(plan, "cmp01")["moves"] == [], number
    assert deaths > 15


def test_the_other_end_of_a_cold_move_waits_until_it_is_confirmed(cloud: FakeCloud) -> None:
    db = cloud.boot("db", "cmp01", "stopped")
    operator = Operator(cloud, owner="me")
    operator.start("cmp01")
    (away,) = [host for host in HOSTS if db.name in cloud.names_on(host)]
    cloud.faults.plant(kill, "/action$", "POST", after=True)
    with pytest.raises(Killed):
        operator.stop("cmp01")
    cloud.faults.clear()
    cloud.clock.sleep(30.0)
    assert db.vm_state == "resized"
    plan = planned(cloud, hosts=["cmp01", away], verified=["cmp01"], max_unavailable="2")
    assert order(plan) == ["cmp01", away]
    assert turn_of(plan, away)["waits_for"] == "it holds servers of cmp01 until these are back"


def test_servers_that_are_brought_back_take_their_capacity_there(cloud: FakeCloud) -> None:
    """While cmp03 is empty it has free capacity; when its own servers are back it has none."""
    cloud.boot("own", "cmp03", vcpus=8)
    Operator(cloud, owner="me").start("cmp03")
    for host in ("cmp01", "cmp02", "cmp04"):
        if not cloud.names_on(host):
            cloud.boot(f"big-{host}", host, vcpus=6)
    plan = planned(cloud)
    assert order(plan)[0] == "cmp03"
    assert all(move["target"] != "cmp03" for turn in plan["turns"] for move in turn["moves"])


# -- servers


@pytest.mark.parametrize(
    ("state", "says"), [("suspended", "resume it"), ("error", "mend it"), ("building", "being built")]
)
def test_a_server_that_cannot_move_blocks_its_host(cloud: FakeCloud, state: str, says: str) -> None:
    cloud.boot("odd", "cmp02", state)
    plan = planned(cloud)
    assert order(plan) == ["cmp01", "cmp03", "cmp04"]
    (blocker,) = plan["blockers"]
    assert blocker["name"] == "odd" and says in blocker["reason"]
    left = turn_of(planned(cloud, unmovable_servers="leave"), "cmp02")["left"]
    assert [server["name"] for server in left] == ["odd"]


def test_an_old_disk_of_a_resized_server_blocks_its_host(cloud: FakeCloud) -> None:
    cloud.resize(cloud.boot("grown", "cmp01"), "cmp04", "finished")
    plan = planned(cloud)
    reasons = {blocker["host"]: blocker["reason"] for blocker in plan["blockers"]}
    assert "its old disk stays" in reasons["cmp01"] and "resize waits" in reasons["cmp04"]
    assert planned(cloud, unmovable_servers="leave")["possible"]


def test_server_tags_and_states_mean_what_they_mean_to_a_drain(cloud: FakeCloud) -> None:
    guests = {
        "plain": cloud.boot("plain", "cmp01"),
        "cold": cloud.boot("cold", "cmp01", tags={"maintenance:cold"}),
        "stop": cloud.boot("stop", "cmp01", tags={"maintenance:stop"}),
        "off": cloud.boot("off", "cmp01", "stopped"),
    }
    options: dict[str, Any] = {"server_wishes": ["cold", "stop", "leave"], "stopped_servers": "leave"}
    plan = turn_of(planned(cloud, **options), "cmp01")
    kinds = {move["name"]: move["kind"] for move in plan["moves"]}
    assert kinds == {"plain": "live", "cold": "cold"}
    assert {server["name"]: server["running"] for server in plan["left"]} == {"stop": False, "off": False}
    start = run_task(
        cloud, "os_host_maintenance", check=True, host="cmp01", state="started", aggregate="nvme", owner="me", **options
    ).result
    assert {server["id"] for server in start["moved"]} == {guests["plain"].id, guests["cold"].id}
    assert {server["id"] for server in start["left"]} == {guests["stop"].id, guests["off"].id}


def test_traits_of_images_and_zones_of_servers_count(cloud: FakeCloud) -> None:
    cloud.world.hosts["cmp04"].traits.add("CUSTOM_GPU")
    cloud.world.images.append(image("gpu") | {"trait:CUSTOM_GPU": "required"})
    cloud.boot("gpu", "cmp01", image=cloud.world.images[0]["id"])
    moves = turn_of(planned(cloud, hosts=["cmp01"]), "cmp01")["moves"]
    assert [move["target"] for move in moves] == ["cmp04"]
    cloud.boot("pinned", "cmp02", zone="elsewhere")
    (blocker,) = planned(cloud, hosts=["cmp02"])["blockers"]
    assert "pinned to the zone elsewhere" in blocker["reason"]


def test_a_plan_prefers_the_traits_of_an_image_and_does_without(cloud: FakeCloud) -> None:
    """A fuller host with the trait is chosen, and where none has it, whatever host there is."""
    cloud.world.hosts["cmp04"].traits.add("CUSTOM_GPU")
    cloud.boot("big", "cmp04", vcpus=4)
    cloud.world.images += [image(name) | {f"trait:{name}": "required"} for name in ("CUSTOM_GPU", "CUSTOM_NOBODY")]
    for number, raw in enumerate(cloud.world.images):
        cloud.boot(f"web{number}", "cmp01", image=raw["id"])
    plan = planned(cloud, hosts=["cmp01"])
    moves = {move["name"]: move["target"] for move in turn_of(plan, "cmp01")["moves"]}
    assert plan["blockers"] == [] and moves["web0"] == "cmp04" and set(moves) == {"web0", "web1"}


@pytest.mark.parametrize("policy", ["soft-affinity", "soft-anti-affinity"])
def test_a_plan_prefers_traits_of_images_to_soft_policies(cloud: FakeCloud, policy: str) -> None:
    """As a drain does."""
    cloud.world.hosts["cmp04"].traits.add("CUSTOM_GPU")
    cloud.world.images.append(image("gpu") | {"trait:CUSTOM_GPU": "required"})
    other = "cmp03" if policy == "soft-affinity" else "cmp04"
    guest = cloud.boot("gpu", "cmp01", image=cloud.world.images[0]["id"])
    cloud.group("soft", policy, guest, cloud.boot("other", other))
    moves = turn_of(planned(cloud, hosts=["cmp01"]), "cmp01")["moves"]
    assert [move["target"] for move in moves] == ["cmp04"]
    Operator(cloud).start("cmp01")
    assert cloud.moves.started == [("gpu", "cmp04")]


def test_the_drain_of_every_host_follows_the_plan(cloud: FakeCloud) -> None:
    """As the servers are brought back after each, whatever the plan says is what happens."""
    for number, name in enumerate(HOSTS[:3]):
        for server in range(3):
            cloud.boot(f"web{number}{server}", name, "stopped" if server == 2 else "active")
    drain: dict[str, Any] = {"aggregate": "nvme", "owner": "me"}
    for turn in planned(cloud)["turns"]:
        wanted = {move["server"]: move["target"] for move in turn["moves"]}
        options: dict[str, Any] = {**drain, "host": turn["host"], "moves": turn["moves"]}
        task = run_task(cloud, "os_host_maintenance", state="started", **options)
        assert {move["id"]: move["target"] for move in task.result["moved"]} == wanted
        assert not run_task(cloud, "os_host_maintenance", state="stopped", **options).failed
    assert [len(cloud.names_on(name)) for name in HOSTS] == [3, 3, 3, 0]


# -- what it costs

LISTS = {
    "/v2.1/os-aggregates": 1,
    "/v2.1/os-services": 1,
    "/v2.1/os-hypervisors/detail": 1,
    "/traits": 1,
    "/allocation_candidates": 1,
    "/v2.1/os-server-groups": 1,
    "/v2.1/servers/detail": 1,
    "/v2.1/os-migrations": 2,  # those that wait for confirmation, and the newest, for their pace
}


def asked(cloud: FakeCloud, **options: Any) -> Counter[str]:
    cloud.forget_requests()
    planned(cloud, **options)
    assert cloud.writes == []
    return Counter(request.path for request in cloud.asked())


def test_flavors_that_add_up_cost_no_request_of_a_host(cloud: FakeCloud) -> None:
    for number in range(20):
        cloud.boot(f"web{number}", HOSTS[number % 4])
    assert asked(cloud) == LISTS


def test_a_host_whose_flavors_do_not_add_up_is_asked_for_alone(cloud: FakeCloud) -> None:
    guests = [cloud.boot(f"web{number}", HOSTS[number % 4]) for number in range(20)]
    cloud.world.allocations["leaked"] = {"cmp02": {"VCPU": 1, "MEMORY_MB": 512, "DISK_GB": 1}}
    provider = cloud.world.hosts["cmp02"].provider
    assert asked(cloud) == {**LISTS, f"/resource_providers/{provider}/allocations": 1}
    assert guests


def test_groups_end_with_an_empty_page(cloud: FakeCloud) -> None:
    cloud.group("apart", "anti-affinity", cloud.boot("web1", "cmp01"), cloud.boot("web2", "cmp02"))
    assert asked(cloud) == {**LISTS, "/v2.1/os-server-groups": 2}


def test_a_full_host_is_a_target_once_it_is_drained(cloud: FakeCloud) -> None:
    """Placement does not offer a host without any memory left, so it is asked for each."""
    for host in HOSTS[:3]:
        cloud.boot(f"big-{host}", host, vcpus=8)
        cloud.world.allocations[f"rest-{host}"] = {host: {"VCPU": 0, "MEMORY_MB": 8 * 512, "DISK_GB": 0}}
    requests = asked(cloud, bring_back=False)
    plan = planned(cloud, bring_back=False)
    assert plan["turns"][0]["host"] == "cmp04"
    assert turn_of(plan, "cmp01")["moves"][0]["target"] == "cmp04"
    providers = [cloud.world.hosts[host].provider for host in HOSTS[:3]]
    alone = {
        f"/resource_providers/{provider}/{what}": 1
        for provider in providers
        for what in ("allocations", "inventories", "traits")
    }
    assert requests == {**LISTS, **alone, "/resource_providers": 1 + len(providers)}


@pytest.mark.parametrize(("spare", "host"), [(4, "cmp01"), (0, None)])
def test_where_most_servers_are_elsewhere_the_hosts_of_the_plan_are_listed(
    cloud: FakeCloud, spare: int, host: str | None
) -> None:
    """Nova works for each server that it lists; but where most hosts are planned, all are listed without asking."""
    for number in range(spare):
        cloud.host(f"spare{number}")
    cloud.host("other", 20)
    for number in range(20):
        cloud.boot(f"crowd{number}", "other")
    cloud.boot("web", "cmp01")
    cloud.forget_requests()
    planned(cloud)
    (request,) = cloud.asked(path="/servers/detail")
    assert request.query.get("host") == host


@pytest.mark.parametrize("name", ["\x1b[2Jgone", "a\u202eb", "line\nbreak", "{{ 7 * 7 }}"])
def test_names_do_nothing_to_a_terminal(cloud: FakeCloud, name: str) -> None:
    cloud.boot(name, "cmp01")
    cloud.boot("odd", "cmp02", "suspended")
    summary = run_task(cloud, "os_upgrade_plan", aggregate="nvme").result["summary"]
    assert all(line.isprintable() for line in summary)
    assert any("resume it" in line for line in summary) and "49" not in "".join(summary)


def without_mirror(cloud: FakeCloud, *hosts: str) -> None:
    """Let Placement not know that these hosts are in the aggregate."""
    (aggregate,) = cloud.world.aggregates.values()
    for host in hosts:
        aggregate.mirror(host, there=False)


def test_members_that_placements_aggregate_lacks_are_named_with_what_to_run(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    without_mirror(cloud, "cmp02", "cmp03", "cmp04")
    (blocker,) = planned(cloud, hosts=["cmp01"])["blockers"]
    assert blocker["reason"].endswith(", and Placement's aggregate lacks cmp02, cmp03, cmp04")
    assert blocker["help"] == "Run 'nova-manage placement sync_aggregates', and plan again."


def test_members_without_a_mirror_are_no_obstacle_where_others_have_room(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    without_mirror(cloud, "cmp01", "cmp02", "cmp03")
    assert planned(cloud)["possible"]


def test_where_placement_offers_all_it_is_not_asked_who_is_in_the_aggregate(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    planned(cloud)
    assert not [request for request in cloud.asked("GET", "/resource_providers") if "member_of" in request.query]
