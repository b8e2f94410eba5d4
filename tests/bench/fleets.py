# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How good plans of upgrades are in generated pools, and what planning costs for a hundred and a thousand hosts.

``python -m tests.bench.fleets [SEED]`` prints tables, and exits with 1 where a goal is missed. Every plan is rehearsed,
so none of them breaks a rule. Cost is that of the planner alone: CPU time, and the peak of a process of its own, with
the pool and Python in it.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "build" / "collections"), str(ROOT)]

from ansible_collections.stackops.aggregates.plugins.module_utils._targets.request import Demand
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import Pace, TurnLoad, TurnSeconds
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import UpgradePlan
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import plan_upgrade
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pool import ObservedPool

from tests.unit.fake.fleets import PoolBuilder, Rehearsal

SEED, FLEETS = 20261121, 50
VCPUS, MEMORY = 64, 256  # of a host, memory in GiB
FLAVORS = ((1, 2), (1, 4), (2, 4), (2, 8), (4, 16), (8, 32))
WEIGHTS = (4, 4, 4, 3, 2, 1)
# Hosts of the scale rows, and servers on each; the goals for the largest pool and for the ratio of the two.
SMALL, LARGE, SERVERS_PER_HOST = 100, 1000, 20
GOAL_SECONDS, GOAL_MIB, GOAL_RATIO = 5.0, 500.0, 15.0
RUNS = 3
# Pools of the table of times: how many hosts, which share at once, how full; and the goal for the least full.
TIMED, AT_ONCE, FILLS, GOAL_TIME = (12, 40, 100, 300), (0.04, 0.12), (0.8, 0.94), 1.10
POOLS = 8  # of each size
# Pools of the table of nearly full ones, a quarter of whose hosts may go at once; and the goal for one of them.
TIGHT, TIGHT_FULL, GOAL_ROUNDS = (0.85, 0.9, 0.94, 0.98), 0.94, 1.2


class DrawnPace(Pace):
    """A pace at which no turn lasts as long as was predicted."""

    __slots__ = ("_chance",)
    _chance: random.Random

    def __init__(self, seed: int) -> None:
        super().__init__()
        object.__setattr__(self, "_chance", random.Random(seed))

    def turn_seconds(self, load: TurnLoad) -> TurnSeconds:
        drawn = self._chance.lognormvariate(0, 0.3)
        return TurnSeconds(*(seconds * drawn for seconds in super().turn_seconds(load)))


class EvenPace(Pace):
    """A pace at which all turns last as long, so that a plan is a number of rounds."""

    __slots__ = ()

    def turn_seconds(self, load: TurnLoad) -> TurnSeconds:
        return TurnSeconds(0, 1, 0, 0)


def generate(
    chance: random.Random, hosts: int, full: float, zones: int, versions: int, servers: int | None = None
) -> ObservedPool:
    """A pool.

    :param full: which share of the hosts' vCPUs is used; with ``servers`` it is made so by the hosts' size.
    :param servers: how many servers each host has; None: as many as make it full.
    """
    pool = PoolBuilder()
    for number in range(hosts):
        host, zone = f"cmp{number:04}", f"az{number % zones}"
        drawn = chance.choices(FLAVORS, WEIGHTS, k=servers or VCPUS)
        if servers is None:
            total, taken = 0, []
            for vcpus, memory in drawn:
                if total + vcpus > full * VCPUS:
                    break
                total += vcpus
                taken.append((vcpus, memory))
            drawn, size = taken, 1.0
        else:
            size = max(sum(vcpus for vcpus, _memory in drawn) / full / VCPUS, 0.5)
        pool.host(
            host, round(VCPUS * size), memory=round(MEMORY * size), zone=zone, version=1 + chance.randrange(versions)
        )
        for index, (vcpus, memory) in enumerate(drawn):
            state = "stopped" if chance.random() < 0.1 else "active"
            pinned = Demand(zone) if zones > 1 and chance.random() < 0.5 else None
            pool.server(f"s{number:04}-{index:02}", host, vcpus, memory=memory, state=state, demand=pinned)
    group(chance, pool)
    return pool.observed_pool()


def group(chance: random.Random, pool: PoolBuilder) -> None:
    """Every eighth server is in a group, of two to six on as many hosts."""
    names = sorted(pool.servers)
    chance.shuffle(names)
    rest = names[: len(names) // 8]
    while rest:
        count = chance.randint(2, 6)
        members = {pool.servers[name].host: name for name in rest[:count]}
        policy = chance.choice(("anti-affinity", "anti-affinity", "soft-anti-affinity", "soft-affinity"))
        pool.group(policy, *members.values())
        rest = rest[count:]


def quality(seed: int, bring_back: bool) -> dict[str, Any]:
    """How far plans are above the bounds, in moves and in time."""
    chance = random.Random(seed)
    gaps, shares, times, blocked, hosts = [], [], [], 0, 0
    for _number in range(FLEETS):
        count = chance.randint(8, 60)
        observed_pool = generate(
            chance, count, chance.uniform(0.4, 0.9), chance.choice((1, 1, 2, 3)), chance.choice((1, 1, 2))
        )
        options = PlanOptions(max_unavailable=chance.choice((1, 2, 3, max(1, count // 4))), bring_back=bring_back)
        plan = plan_upgrade(observed_pool, options)
        Rehearsal(observed_pool, options).run(plan)
        gaps.append(plan.moves - plan.lower_bound)
        shares.append(100 * gaps[-1] / plan.lower_bound if plan.lower_bound else 0.0)
        times.append(plan.seconds / plan.seconds_bound if plan.turns else 1.0)
        blocked += count - len(plan.turns)
        hosts += count
    return {
        "fleets": FLEETS,
        "hosts": hosts,
        "blocked_hosts": blocked,
        "moves_gap": {"median": statistics.median(gaps), "worst": max(gaps)},
        "moves_gap_percent": {"median": round(statistics.median(shares), 2), "worst": round(max(shares), 2)},
        "time_to_bound": {"median": round(statistics.median(times), 2), "worst": round(max(times), 2)},
    }


def times(seed: int, full: float, hosts: int) -> dict[str, Any]:
    """How long rolls with drawn durations take, over what so many hosts at once would take without any obstacle."""
    ratios, blocked = [], 0
    for number in range(POOLS):
        chance = random.Random(f"{seed} {hosts} {number}")
        observed_pool = generate(chance, hosts, full, 1, 1)
        options = PlanOptions(
            max_unavailable=max(2, round(hosts * chance.uniform(*AT_ONCE) * (1 if full < 0.9 else 0.4)))
        )
        plan = plan_upgrade(observed_pool, options, DrawnPace(number))
        ratios.append(plan.seconds / unhindered(plan, options.max_unavailable) if plan.turns else 1.0)
        blocked += hosts - len(plan.turns)
    return {
        "full": full,
        "hosts": hosts,
        "median": round(statistics.median(ratios), 3),
        "worst": round(max(ratios), 3),
        "blocked": blocked,
    }


def tight(seed: int, full: float) -> dict[str, Any]:
    """How far plans for nearly full pools are above the bounds, in rounds and in moves, and how many hosts are blocked.

    ``could``: of the blocked hosts those whose servers need no more than is free on the others, in whatever pieces.
    """
    rounds, moves, hosts, blocked, could, room = [], [], 0, 0, 0, 0
    for number in range(FLEETS):
        chance = random.Random(f"{seed} {full} {number}")
        count = chance.randint(8, 60)
        observed_pool, options = generate(chance, count, full, 1, 1), PlanOptions(max_unavailable=max(2, count // 4))
        plan = plan_upgrade(observed_pool, options, EvenPace())
        Rehearsal(observed_pool, options).run(plan)
        rounds.append(plan.seconds / plan.seconds_bound if plan.turns else 1.0)
        moves.append(plan.moves / plan.lower_bound if plan.turns else 1.0)
        hosts += count
        blocked += count - len(plan.turns)
        could += sum(not lacks(observed_pool, host) for host in {blocker.host for blocker in plan.blockers})
        room += sum(len(turn.room) for turn in plan.turns)
    return {
        "full": full,
        "rounds": {"median": round(statistics.median(rounds), 2), "worst": round(max(rounds), 2)},
        "moves": {"median": round(statistics.median(moves), 3), "worst": round(max(moves), 3)},
        "hosts": hosts,
        "blocked": blocked,
        "could": could,
        "room": room,
    }


def lacks(observed_pool: ObservedPool, host: str) -> bool:
    """Whether the servers of a host need more than is free on the others."""
    free: Counter[str] = Counter()
    for member in observed_pool.members:
        if member.host == host:
            for server in member.servers:
                free.subtract(observed_pool.needs[server])
        elif member.capacity:
            free.update({name: member.capacity.free(name) for name in member.capacity.total})
    return min(free.values()) < 0


def unhindered(plan: UpgradePlan, at_once: int) -> float:
    seconds = [turn.seconds for turn in plan.turns]
    return max([sum(seconds) / at_once, *seconds])


def cost(seed: int, hosts: int, bring_back: bool) -> dict[str, Any]:
    """What planning costs in this process, which must do nothing else: the least CPU time of some runs."""
    observed_pool = generate(random.Random(seed), hosts, 0.7, 3, 1, SERVERS_PER_HOST)
    options = PlanOptions(bring_back=bring_back, max_unavailable=max(1, hosts // 50))
    seconds = []
    for _run in range(RUNS):
        begun = time.process_time()
        plan = plan_upgrade(observed_pool, options)
        seconds.append(time.process_time() - begun)
    return {
        "hosts": hosts,
        "servers": hosts * SERVERS_PER_HOST,
        "cpu_seconds": round(min(seconds), 3),
        "peak_mib": round(_peak() / 1024),
        "time": round(plan.seconds / plan.seconds_bound, 3),
        "blocked": len(plan.blockers),
    }


def _peak() -> int:
    """The most memory that this process had (KiB). ``ru_maxrss`` also counts what its parent had when it was forked."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def scale(seed: int, bring_back: bool) -> dict[str, Any]:
    """The cost for both sizes, each in a process of its own, and their ratio."""
    rows = {}
    for name, hosts in (("small", SMALL), ("large", LARGE)):
        command = [sys.executable, __file__, "cost", str(seed), str(hosts), str(int(bring_back))]
        rows[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {**rows, "ratio": round(rows["large"]["cpu_seconds"] / rows["small"]["cpu_seconds"], 1)}


def measure(seed: int = SEED) -> dict[str, Any]:
    """Everything, for a program to write down; ``missed`` names the goals that were not reached."""
    figures: dict[str, Any] = {"seed": seed, "quality": {}, "scale": {}}
    missed = []
    for name, bring_back in (("bring_back", True), ("stay", False)):
        figures["quality"][name] = quality(seed, bring_back)
        costs = figures["scale"][name] = scale(seed, bring_back)
        for what, value, goal in (
            ("CPU seconds", costs["large"]["cpu_seconds"], GOAL_SECONDS),
            ("MiB at the peak", costs["large"]["peak_mib"], GOAL_MIB),
            ("times the small pool", costs["ratio"], GOAL_RATIO),
        ):
            if value > goal:
                missed.append(f"{name}: {value} {what}, the goal is {goal:g}")
    figures["times"] = [times(seed, full, hosts) for full in FILLS for hosts in TIMED]
    for row in figures["times"]:
        if row["full"] == FILLS[0] and row["median"] > GOAL_TIME:
            missed.append(f"{row['hosts']} hosts: {row['median']} times the unhindered time, the goal is {GOAL_TIME:g}")
    figures["tight"] = [tight(seed, full) for full in TIGHT]
    for row in figures["tight"]:
        if row["full"] == TIGHT_FULL and row["rounds"]["median"] > GOAL_ROUNDS:
            missed.append(f"{row['rounds']['median']} times the bound of rounds, the goal is {GOAL_ROUNDS:g}")
    return {**figures, "missed": missed}


def show(figures: dict[str, Any]) -> None:
    print(f"seed {figures['seed']}, {FLEETS} pools of 8 to 60 hosts, 40 to 90 % full\n")
    print(f"{'':12}{'moves above the bound':>26}{'time / bound':>18}{'blocked hosts':>15}")
    print(f"{'':12}{'median':>13}{'worst':>13}{'median':>9}{'worst':>9}")
    for name, plans in figures["quality"].items():
        gap, share, time_ = plans["moves_gap"], plans["moves_gap_percent"], plans["time_to_bound"]
        gaps = [f"{gap[key]:g} ({share[key]:g} %)" for key in ("median", "worst")]
        blocked = f"{plans['blocked_hosts']} of {plans['hosts']}"
        print(f"{name:12}{gaps[0]:>13}{gaps[1]:>13}{time_['median']:>9}{time_['worst']:>9}{blocked:>15}")
    print(f"\n{'':12}{'hosts':>7}{'servers':>9}{'CPU s':>8}{'peak MiB':>10}{'time':>9}{'ratio':>7}")
    for name, costs in figures["scale"].items():
        for size in ("small", "large"):
            row = costs[size]
            ratio = costs["ratio"] if size == "large" else ""
            print(
                f"{name:12}{row['hosts']:>7}{row['servers']:>9}{row['cpu_seconds']:>8}{row['peak_mib']:>10}"
                f"{row['time']:>9}{ratio:>7}"
            )
    print(f"\ndrawn durations, time over max(sum / at once, longest); {POOLS} pools each")
    print(f"{'full':>6}{'hosts':>7}{'median':>9}{'worst':>9}{'blocked hosts':>15}")
    for row in figures["times"]:
        print(f"{row['full']:>6}{row['hosts']:>7}{row['median']:>9}{row['worst']:>9}{row['blocked']:>15}")
    print(f"\nnearly full, rounds and moves over their bounds; {FLEETS} pools each")
    print(f"{'full':>6}{'rounds':>15}{'moves':>15}{'made room':>11}{'blocked hosts':>17}{'not short':>11}")
    for row in figures["tight"]:
        pairs = [f"{row[what]['median']:g} ({row[what]['worst']:g})" for what in ("rounds", "moves")]
        blocked = f"{row['blocked']} of {row['hosts']}"
        print(f"{row['full']:>6}{pairs[0]:>15}{pairs[1]:>15}{row['room']:>11}{blocked:>17}{row['could']:>11}")
    print(f"\ngoals: {GOAL_SECONDS:g} s, {GOAL_MIB:g} MiB, {GOAL_RATIO:g} times; missed: {figures['missed'] or 'none'}")


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["cost"]:
        seed, hosts, bring_back = map(int, arguments[1:])
        print(json.dumps(cost(seed, hosts, bool(bring_back))))
        return 0
    figures = measure(int(arguments[0]) if arguments else SEED)
    show(figures)
    return 1 if figures["missed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
