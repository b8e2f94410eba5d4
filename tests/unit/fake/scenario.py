# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Random scenarios for the simulation: a pool, its servers, what goes wrong, and what others do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fake.cloud import FakeCloud
from fake.faults import Act, status
from fake.model import Guest
from fake.moves import AT_TARGET, LIVE, Behaviour, Outcome
from fake.rules_checker import MOVES, RulesChecker
from hypothesis import strategies as st

HOST = "cmp00"
NEVER = 1_000_000_000
STATES = ("active", "active", "active", "active", "paused", "stopped", "stopped")
ODD_STATES = ("suspended", "rescued", "error", "shelved", "soft-delete", "building")
TAGS = ("leave", "cold", "stop")
# The outcomes that leave something wrong at the target have tests of their own.
OUTCOMES = [outcome for outcome in Outcome if outcome not in AT_TARGET]
MEDDLING = (
    "delete",
    "resize",
    "resize here",
    "resize away",
    "suspend",
    "switch off",
    "move",
    "arrive",
    "crowd",
    "disable",
    "die",
)


@dataclass(frozen=True)
class HostSpec:
    vcpus: int
    version: int
    pooled: bool


@dataclass(frozen=True)
class GuestSpec:
    host: int
    state: str
    vcpus: int
    memory: int
    tags: frozenset[str]
    behaviour: Behaviour | None


@dataclass(frozen=True)
class GroupSpec:
    policy: str
    members: frozenset[int]
    most: int


@dataclass(frozen=True)
class Event:
    """What another user does.

    :ivar after: seconds after the run began. :ivar kind: one of ``MEDDLING``.
    """

    after: float
    kind: str
    guest: int
    host: int


@dataclass(frozen=True)
class Fault:
    """A wrong answer to a request for a move.

    :ivar at: the number of the request, from 1. :ivar code: its status. :ivar done: whether Nova did it all the same.
    """

    at: int
    code: int
    done: bool


@dataclass(frozen=True)
class Scenario:
    hosts: list[HostSpec]
    guests: list[GuestSpec]
    groups: list[GroupSpec]
    live_at_once: int
    page: int
    events: list[Event]
    later: list[Event]  # while servers are brought back
    pause: float  # seconds between the drain and bringing back
    faults: list[Fault]
    killed_at: int  # the request of the drain at which its controller dies
    resumed: bool  # whether the drain is run again then
    return_killed_at: int  # the request of bringing back at which its controller dies; it is always run again
    options: dict[str, Any]
    planned: dict[int, int]
    known: bool  # whether the plan comes with the hypervisors of its targets

    @property
    def calm(self) -> bool:
        """Return whether nothing goes wrong, and nobody else changes anything."""
        steady = not any(guest.behaviour or guest.state == "building" for guest in self.guests)
        return steady and not (self.events or self.later or self.faults)

    def build(self) -> FakeCloud:
        """Return the cloud, without the servers that do not fit or would break a group from the start."""
        cloud = FakeCloud(*(f"cmp{number:02}" for number in range(len(self.hosts))))
        names = list(cloud.world.hosts)
        for name, spec in zip(names, self.hosts, strict=True):
            cloud.host(name, spec.vcpus).version = spec.version
        cloud.aggregate("pool", HOST, *(name for name, spec in zip(names, self.hosts, strict=True) if spec.pooled))
        cloud.moves.live_at_once, cloud.nova.page = self.live_at_once, self.page
        for number, guest in enumerate(self.guests):
            self._boot(cloud, f"web{number}", names[guest.host % len(names)], guest)
        for number, group in enumerate(self.groups):
            self._join(cloud, f"group{number}", group)
        return cloud

    def _boot(self, cloud: FakeCloud, name: str, host: str, spec: GuestSpec) -> None:
        if not _fits(cloud, host, spec.vcpus):
            return
        task = "spawning" if spec.state == "building" else None
        guest = cloud.boot(name, host, spec.state, spec.vcpus, memory=spec.memory, tags=set(spec.tags), task_state=task)
        if task:
            cloud.clock.after(7.0, lambda: _built(guest))
        if spec.behaviour:
            cloud.moves.behave(name, spec.behaviour)

    def _join(self, cloud: FakeCloud, name: str, spec: GroupSpec) -> None:
        members: list[Guest] = []
        for guest in (_guest(cloud, number) for number in sorted(spec.members)):
            places = [member.host for member in members]
            apart = spec.policy == "affinity" and places and guest and guest.host not in places
            crowded = spec.policy == "anti-affinity" and guest and places.count(guest.host) >= spec.most
            if guest and not apart and not crowded:
                members.append(guest)
        cloud.group(name, spec.policy, *members, max_server_per_host=spec.most)

    def settings(self, cloud: FakeCloud) -> dict[str, Any]:
        """Return the options of the maintenance, with a plan of servers and hosts that exist."""
        names = list(cloud.world.hosts)
        plan = {
            guest.id: names[host % len(names)]
            for number, host in self.planned.items()
            if (guest := _guest(cloud, number))
        }
        known = {name: cloud.hypervisor(name) for name in plan.values()} if self.known else {}
        return {**self.options, "moves": plan, "hypervisors": known, "aggregate": "pool"}

    def disturb(self, cloud: FakeCloud, checker: RulesChecker, events: list[Event]) -> None:
        """From now on let others meddle, and requests go wrong."""
        for event in events:
            cloud.clock.after(event.after, lambda event=event: _happen(cloud, checker, event))
        for fault in self.faults:
            cloud.faults.plant(_refuse(fault), r"/servers/[^/]+/action$", "POST", at=fault.at, after=fault.done)


def heal(cloud: FakeCloud) -> None:
    """Let everything go well from now on."""
    cloud.faults.clear()
    for guest in cloud.world.guests.values():
        cloud.moves.behave(guest.name, Behaviour())
    for move in cloud.moves.under_way:
        move.behaviour = Behaviour()
    for host in cloud.world.hosts.values():
        host.up = True


def _fits(cloud: FakeCloud, host: str, vcpus: int) -> bool:
    return cloud.world.fits({"VCPU": vcpus, "MEMORY_MB": vcpus * 512, "DISK_GB": vcpus}, host)


def _guest(cloud: FakeCloud, number: int) -> Guest | None:
    return next((guest for guest in cloud.world.guests.values() if guest.name == f"web{number}"), None)


def _refuse(fault: Fault) -> Act:
    """Return the fault, which strikes requests for moves only."""
    answer = status(fault.code, {"badRequest": {"code": fault.code, "message": "Not now."}})
    return lambda request: answer(request) if set(request.body) & set(MOVES) else None


def _built(guest: Guest) -> None:
    guest.vm_state, guest.task_state = "active", None


def _happen(cloud: FakeCloud, checker: RulesChecker, event: Event) -> None:
    names = list(cloud.world.hosts)
    other = names[1 + event.host % (len(names) - 1)]
    host = cloud.world.hosts[other if event.host % 2 else HOST]
    if event.kind == "arrive" and _fits(cloud, HOST, 1):
        late = cloud.boot(f"late{event.after:g}", HOST, "building", task_state="spawning")
        checker.meddled.add(late.id)
        cloud.clock.after(5.0, lambda: _built(late))
    elif event.kind == "crowd" and _fits(cloud, other, 2):
        checker.meddled.add(cloud.boot(f"crowd{event.after:g}", other, vcpus=2).id)
    elif event.kind == "disable":
        host.enabled, host.reason = False, "broken fan"
    elif event.kind == "die":
        host.up = False
        cloud.clock.after(30.0, lambda: setattr(host, "up", True))
    guest = _guest(cloud, event.guest)
    if guest:
        _meddle(cloud, checker, guest, event.kind, other)


def _meddle(cloud: FakeCloud, checker: RulesChecker, guest: Guest, kind: str, other: str) -> None:
    """Let an owner, or somebody who moves a server, do something with it, if Nova lets them."""
    runs, idle = guest.vm_state == "active", guest.task_state is None
    resizable = idle and guest.vm_state in ("active", "stopped")
    if kind == "delete":
        cloud.delete(guest)
    elif kind in ("resize", "resize away") and resizable and cloud.moves.fits(guest, other):
        cloud.resize(guest, other, "confirmed" if kind == "resize" else "finished")
    elif kind == "resize here" and resizable and _fits(cloud, guest.host, guest.needs["VCPU"]):
        cloud.resize(guest, guest.host, "finished")
    elif kind == "suspend" and idle and runs:
        guest.vm_state = "suspended"
    elif kind == "switch off" and idle and runs:
        cloud.moves.switch(guest, False, "id-of-demo")
    elif kind == "move" and idle and runs and guest.host != other:
        cloud.moves.ask(guest, LIVE, other)
    else:
        return
    checker.meddled.add(guest.id)


# -- strategies

behaviours = st.builds(
    Behaviour,
    outcome=st.sampled_from(OUTCOMES),
    seconds=st.sampled_from([0.5, 2.0, 15.0]),
    times=st.sampled_from([None, 1, 2]),
    unfit=st.sets(st.sampled_from(["cmp01", "cmp02", "cmp03"]), max_size=2).map(frozenset),
    record_after=st.sampled_from([0.0, 0.0, 3.0, 25.0]),
)


def guests(states: tuple[str, ...], troubles: st.SearchStrategy[Behaviour | None]) -> st.SearchStrategy[GuestSpec]:
    return st.builds(
        GuestSpec,
        host=st.sampled_from([0, 0, 0, 1, 2, 3]),
        state=st.sampled_from(states),
        vcpus=st.integers(1, 3),
        memory=st.sampled_from([512, 512, 6144]),
        tags=st.sets(st.sampled_from([f"maintenance:{tag}" for tag in TAGS]), max_size=2).map(frozenset),
        behaviour=troubles,
    )


def groups(count: int) -> st.SearchStrategy[GroupSpec]:
    """:param count: of the servers."""
    return st.builds(
        GroupSpec,
        policy=st.sampled_from(["anti-affinity", "anti-affinity", "soft-anti-affinity", "soft-affinity", "affinity"]),
        members=st.sets(st.integers(0, count - 1), min_size=2, max_size=6).map(frozenset),
        most=st.sampled_from([1, 2]),
    )


hosts = st.builds(
    HostSpec,
    vcpus=st.integers(4, 16),
    version=st.sampled_from([8000000] * 5 + [7000000]),
    pooled=st.sampled_from([True] * 5 + [False]),
)
events = st.builds(
    Event,
    after=st.sampled_from([0.1, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0]),
    kind=st.sampled_from(MEDDLING),
    guest=st.integers(0, 9),
    host=st.integers(0, 5),
)
faults = st.builds(Fault, st.integers(1, 8), st.sampled_from([400, 409, 502, 504]), st.just(False)) | st.builds(
    Fault, st.integers(1, 8), st.sampled_from([502, 504]), st.just(True)
)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    calm, odd = draw(st.sampled_from([True, False, False])), draw(st.sampled_from([True, False, False]))
    states = STATES + ODD_STATES if odd else STATES
    inhabitants = draw(st.lists(guests(states, st.none() if calm else st.none() | behaviours), min_size=4, max_size=14))
    options = {
        "max_concurrent": draw(st.integers(1, 4)),
        "timeout": draw(st.sampled_from([20.0, 90.0, 400.0, 1200.0])),
        "migration_timeout": draw(st.sampled_from([15.0, 60.0])),
        "on_stuck": draw(st.sampled_from(["abort", "abort", "force_complete", "fail"])),
        "retries": draw(st.integers(0, 2)),
        "leave_stopped": draw(st.sampled_from([True, False, False])),
        "leave_unmovable": odd or draw(st.booleans()),
        "granted_tags": tuple(sorted(draw(st.sets(st.sampled_from(TAGS))))),
        "capacity_margin": draw(st.sampled_from([0.0, 0.0, 20.0])),
    }
    return Scenario(
        hosts=[HostSpec(20, 8000000, True), *draw(st.lists(hosts, min_size=1, max_size=5))],
        guests=inhabitants,
        groups=draw(st.lists(groups(len(inhabitants)), max_size=3)),
        live_at_once=draw(st.integers(1, 3)),
        page=draw(st.sampled_from([2, 1000])),
        events=[] if calm else draw(st.lists(events, max_size=4)),
        later=[] if calm else draw(st.lists(events, max_size=2)),
        pause=draw(st.sampled_from([0.0, 100.0])),
        faults=[] if calm else draw(st.lists(faults, max_size=2)),
        killed_at=draw(st.sampled_from([NEVER] * 12 + [2, 5, 9, 14, 20, 30])),
        resumed=draw(st.booleans()),
        return_killed_at=draw(st.sampled_from([NEVER] * 12 + [2, 5, 9, 14, 20, 30])),
        options=options,
        planned=draw(st.dictionaries(st.integers(0, 9), st.integers(0, 5), max_size=10)),
        known=draw(st.booleans()),
    )
