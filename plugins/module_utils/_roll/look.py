# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Look at the pool of a roll, and find out which of its hosts may begin now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from .._aggregates.lookup import pool_aggregates
from .._errors import Refused
from .._maintenance.ownership import Keeper
from .._openstack.cloud import Cloud
from .._text import listed
from .._upgrade_plan.observe import observe_and_plan
from .._upgrade_plan.options import read_plan_options
from .._upgrade_plan.planner import next_turns
from .prepare import RUNNING_STAY
from .roll import Roll
from .turn import Able, reserved


def look(cloud: Cloud, roll: Roll, at_work: Collection[str]) -> Able:
    """Return which of the hosts on which Ansible works may begin.

    :raises Refused: if another roll keeps a host of the pool.
    :raises CloudError: if the cloud does not answer.
    """
    asked = roll.options
    pool = pool_aggregates(cloud.nova.aggregates(), asked["aggregate"], asked["aggregate_metadata"])
    members = {host for aggregate in pool for host in aggregate.hosts}
    # A member that left the pool meanwhile holds up none of the others.
    recorded = {
        "needing": roll.remaining,
        "done": roll.done,
        "verified": roll.verified,
        "exclude": asked["exclude"],
    }
    here = {option: [host for host in hosts if host in members] for option, hosts in recorded.items()}
    domains = {host: domain for host, domain in asked["failure_domains"].items() if host in members}
    asked_here = {**asked, **here, "failure_domains": domains, "max_unavailable": str(asked["max_unavailable"])}
    options = read_plan_options(asked_here, members)
    # A failure that max_failures allows does not stop the others.
    options = replace(options, max_unavailable=asked["max_unavailable"] + len(roll.failed_out))
    under_way = reserved(roll)
    observed, next_ = observe_and_plan(
        cloud,
        pool,
        options,
        Keeper(roll.owner, roll.id, asked["takeover"]),
        lambda observed: next_turns(observed, options, under_way, at_work, roll.failed_out),
        # Where servers of any host make room, what these need is to be known.
        everybody=any("source" in move for moves in under_way.values() for move in moves),
    )
    others = [f"{member.host} is {member.other_roll}" for member in observed.members if member.other_roll]
    if others:
        raise Refused(f"Another roll began in the meantime: {listed(others)}; wait for that one.")
    stay = {turn.host: turn.running for turn in next_.turns if turn.running}
    moves = {turn["host"]: turn["moves"] for turn in next_.to_result()["turns"] if turn["host"] not in stay}
    under_servers = {host: f"{RUNNING_STAY}: {listed(names)}." for host, names in stay.items()}
    gone = dict.fromkeys(set(roll.waiting) - members, "It is no member of the pool any more.")
    kinds = {host: " ".join(dict.fromkeys(each.kind for each in why)) for host, why in next_.blocked.items()}
    kinds |= dict.fromkeys(stay, f"{RUNNING_STAY}.") | gone
    return Able(moves, {**next_.waiting, **under_servers, **gone}, kinds)
