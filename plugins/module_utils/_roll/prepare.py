# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which hosts a run has ahead, and the plan for them; refused where it is impossible."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._errors import Refused
from .._openstack.aggregate import Aggregate
from .._openstack.cloud import Cloud
from .._openstack.hypervisor import Hypervisor
from .._text import duration, listed
from .._upgrade_plan.learn import learn_turns
from .._upgrade_plan.observe import observe_and_plan
from .._upgrade_plan.observe_pace import observe_pace
from .._upgrade_plan.options import PLAN_OPTIONS, read_plan_options
from .._upgrade_plan.pace import Pace, TurnLoad
from .._upgrade_plan.plan import UpgradePlan, grouped_blockers
from .._upgrade_plan.planner import plan_upgrade
from .._upgrade_plan.pool import ObservedPool
from .forecast import experience
from .machines import Machine, problems_of_machines
from .open import RollOptions
from .pool_record import PoolRecord
from .roll import Foreseen, Versions
from .window import windows_of

# What is asked of a roll beside its plan.
_LIMITS = (
    "max_failures",
    "windows",
    "windows_strict",
    "time_zone",
    "approve",
    "blocked",
    "max_silence",
    "max_lost_guests",
)
RUNNING_STAY = "No host is upgraded under running servers, and some would stay"
NOTHING_TOUCHED = "The roll cannot start; nothing was touched."


@dataclass(frozen=True, slots=True)
class HostsToDo:
    """The hosts that a run has ahead, as they answered.

    :ivar places: their names in the inventory.
    :ivar upgraded: those of them that an earlier run began and that need the upgrade no more.
    :ivar kept_back: packages that each host that was asked keeps back, also one that has nothing ahead.
    :ivar versions: what hosts run, as their tasks told it.
    """

    places: Mapping[str, str]
    upgraded: frozenset[str]
    kept_back: Mapping[str, Sequence[str]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


def hosts_to_do(
    asked: Sequence[Mapping[str, Any]], answers: Mapping[str, Any], shown: Callable[[str], str] = str
) -> HostsToDo:
    """Return the hosts that need the upgrade, and those that an earlier run began.

    :param asked: as os_upgrade_preflight returned them.
    :param answers: of each host that answered, whether it needs the upgrade (``needed``), and what else it told.
    :param shown: what becomes of a text that their tasks told.
    :raises Refused: if a host did not answer.
    """
    hosts = [host for host in asked if not host["done"]]
    silent = [host["host"] for host in hosts if host["host"] not in answers]
    if silent:
        raise Refused(
            f"{NOTHING_TOUCHED} Ansible lost {listed(silent)}, see the errors above: mend "
            "that, or leave them out with rolling_upgrade_exclude."
        )
    to_do = {host["host"]: host["place"] for host in hosts if host["begun"] or answers[host["host"]]["needed"]}
    kept_back = {host: answer["kept_back"] for host, answer in answers.items() if answer.get("kept_back")}
    versions = {host: shown(answers[host]["version"]) for host in to_do if answers[host].get("version")}
    return HostsToDo(to_do, frozenset(host for host in to_do if not answers[host]["needed"]), kept_back, versions)


def refuse_other_machines(
    answers: Mapping[str, Mapping[str, Any]], to_do: HostsToDo, hypervisors: Iterable[Hypervisor]
) -> None:
    """:raises Refused: if a host of the inventory leads to another machine than the host of Nova."""
    machines = {host: Machine.read(answers[host]["machine"]) for host in to_do.places}
    by_host = {hypervisor.host: hypervisor for hypervisor in hypervisors}
    if problems := list(problems_of_machines(machines, to_do.places, by_host)):
        raise Refused([NOTHING_TOUCHED, *problems])


def plan_roll(
    cloud: Cloud, pool: Sequence[Aggregate], record: PoolRecord, to_do: HostsToDo, params: Mapping[str, Any]
) -> tuple[UpgradePlan | None, RollOptions]:
    """Return the plan, None where there is nothing to do, and what the run asks of the roll.

    :param params: the options of os_upgrade_roll; with the owner.
    :raises Refused: if the plan is impossible.
    """
    members = {host for aggregate in pool for host in aggregate.hosts}
    done = [host for host in record.roll.done if host in members] if record.roll else []
    verified = [host for host in record.roll.verified if host in to_do.places] if record.roll else []
    options = read_plan_options({**params, "needing": list(to_do.places), "done": done, "verified": verified}, members)
    pace, plan = Pace(moves_at_once=options.max_concurrent), None
    hypervisors: dict[str, int | None] = {}
    if to_do.places:
        keeper, past = record.keeper(params["owner"], params["takeover"]), record.roll or record.finished

        def planned(observed_pool: ObservedPool) -> UpgradePlan:
            learnt = learn_turns(observe_pace(cloud, observed_pool, pace), experience(past) if past else [])
            return plan_upgrade(observed_pool, options, learnt)

        observed_pool, plan = observe_and_plan(cloud, pool, options, keeper, planned)
        hypervisors = {member.host: member.version or None for member in observed_pool.members}
        faults = [] if params["blocked"] == "skip" and _hosts_that_can(plan) else _faults(plan)
        if faults := [*faults, *_too_long(plan, params)]:
            raise Refused([NOTHING_TOUCHED, *faults])
    asked = {name: params[name] for name in (*PLAN_OPTIONS, *_LIMITS) if name != "owner"}
    turns = plan.turns if plan else []
    # What is blocked now is tried at its turn, which comes last.
    hosts = dict.fromkeys([*(_hosts_that_can(plan) if plan else ()), *to_do.places])
    foreseen = {turn.host: Foreseen(turn.load, turn.after, turn.soak) for turn in turns}
    return plan, RollOptions(
        owner=params["owner"],
        hosts=tuple(hosts),
        places=to_do.places,
        upgraded=tuple(sorted(to_do.upgraded)),
        kept_back=to_do.kept_back,
        versions={host: Versions(hypervisors.get(host), to_do.versions.get(host)) for host in hosts},
        upgrade=params["upgrade"],
        options={**asked, "max_unavailable": options.max_unavailable},
        pace=plan.pace if plan else pace,
        foreseen={host: foreseen.get(host, Foreseen(TurnLoad(), len(turns))) for host in hosts},
    )


def _hosts_that_can(plan: UpgradePlan) -> list[str]:
    """Return the hosts that can be upgraded as things are, in the order of the plan."""
    return [turn.host for turn in plan.turns if not turn.running]


def _too_long(plan: UpgradePlan, params: Mapping[str, Any]) -> Iterator[str]:
    """Name the hosts that would not be over in any window, where they have to be."""
    if not params["windows_strict"]:
        return
    longest = windows_of(params).longest(time.time())
    if long := [f"{turn.host} ({duration(turn.seconds)})" for turn in plan.turns if turn.seconds > longest]:
        yield (
            f"Longer than the longest window of the coming week, which is {duration(longest)}: {listed(long)} "
            f"({plan.pace.basis}); give longer windows, leave these hosts out with rolling_upgrade_exclude, or let go "
            "of rolling_upgrade_windows_strict."
        )


def _faults(plan: UpgradePlan) -> list[str]:
    """Why a roll does not carry out a plan, a sentence for each kind of reason."""
    faults = grouped_blockers(plan.blockers)
    running = [f"{turn.host}: {listed(turn.running)}" for turn in plan.turns if turn.running]
    if running:
        faults.append(
            f"{RUNNING_STAY}: {listed(running)}; leave these hosts out with rolling_upgrade_exclude, or set "
            "rolling_upgrade_blocked to skip."
        )
    return faults
