# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The options of a plan. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._errors import Refused
from .._migration.tags import SERVER_TAGS
from .._text import listed
from .ramp import Ramp, problems_of_ramp


def count_of(text: str, whole: int, what: str) -> int:
    """Read a number such as ``2``, or a share such as ``10%`` of the whole, which is rounded down.

    :param what: the name of the option that holds the text.
    :raises Refused: if the text is neither.
    """
    number, percent = text.strip().removesuffix("%").strip(), text.strip().endswith("%")
    if not number.isdecimal() or percent and int(number) > 100:
        raise Refused(f"{what} is {text!r}: give a count such as 2, or a share such as 10%.")
    return math.floor(whole * int(number) / 100) if percent else int(number)


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What is asked of a plan.

    :ivar hosts: the members to upgrade; None for all of them.
    :ivar exclude: members that are left out on purpose; where they are out of service, that counts for nothing.
    :ivar order: members in the order that the operator wishes; None to leave the order to the planner.
    :ivar done: members that have the upgrade already.
    :ivar verified: members that have it too, and that an earlier run did not put back: no server has to leave them.
    :ivar max_unavailable: how many members may be out of service at once, counting those that are so already and not
        in ``exclude``.
    :ivar ramp: one host first, then more at once.
    :ivar max_concurrent: how many servers of a host are on the move at once, for the predicted times.
    :ivar failure_domains: host -> what may fail as a whole with it, such as its rack; empty where that does not count.
    :ivar capacity_margin: percent of each resource class that stay free on every target.
    :ivar make_room: whether servers of other hosts may be moved for a host whose own find no room otherwise.
    :ivar spare_hosts: how many further members may be lost at any moment, and still be evacuated.
    :ivar granted_tags: the server tags that the operator grants.
    """

    hosts: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()
    order: tuple[str, ...] | None = None
    done: frozenset[str] = frozenset()
    verified: frozenset[str] = frozenset()
    max_unavailable: int = 1
    ramp: Ramp = Ramp()
    max_concurrent: int = 2
    failure_domains: Mapping[str, str] = field(default_factory=dict)
    capacity_margin: float = 0
    bring_back: bool = True
    make_room: bool = True
    spare_hosts: int = 0
    mixed_zones: bool = False
    leave_stopped: bool = False
    leave_unmovable: bool = False
    granted_tags: tuple[str, ...] = ()

    @property
    def upgraded(self) -> frozenset[str]:
        return self.done | self.verified


# The options that all modules that plan have.
PLAN_OPTIONS: dict[str, dict[str, Any]] = {
    "aggregate": {"type": "str"},
    "aggregate_metadata": {"type": "dict"},
    "hosts": {"type": "list", "elements": "str"},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "max_unavailable": {"type": "str", "default": "1"},
    "ramp": {"type": "list", "elements": "int", "default": []},
    "soak": {"type": "int", "default": 0},
    "max_concurrent": {"type": "int", "default": 2},
    "failure_domains": {"type": "dict", "default": {}},
    "capacity_margin": {"type": "float", "default": 0},
    "bring_back": {"type": "bool", "default": True},
    "make_room": {"type": "bool", "default": True},
    "spare_hosts": {"type": "int", "default": 0},
    "mixed_zones": {"type": "bool", "default": False},
    "stopped_servers": {"type": "str", "choices": ["migrate", "leave"], "default": "migrate"},
    "unmovable_servers": {"type": "str", "choices": ["fail", "leave"], "default": "fail"},
    "server_wishes": {"type": "list", "elements": "str", "choices": list(SERVER_TAGS), "default": []},
    "owner": {"type": "str"},
    "takeover": {"type": "bool", "default": False},
}


def read_plan_options(params: Mapping[str, Any], pool: Collection[str]) -> PlanOptions:
    """Read the options of os_upgrade_plan.

    :param pool: the names of its hosts.
    :raises Refused: if they name hosts that are not in the pool, or do not fit it otherwise.
    """
    problems = [] if pool else ["The pool has no hosts: choose another aggregate, or add hosts to it."]
    chosen = "hosts" if params["needing"] is None else "needing"
    for option in (chosen, "exclude", "done", "verified", "failure_domains"):
        unknown = set(params[option] or ()) - set(pool)
        if unknown:
            problems.append(f"Not in the pool, but in {option!r}: {listed(unknown)}; it has {listed(pool)}.")
    nowhere = [host for host, domain in params["failure_domains"].items() if domain in (None, "")]
    if nowhere:
        problems.append(f"Without a failure domain: {listed(nowhere)}; give each host its own, or no host one.")
    if not 0 <= params["capacity_margin"] < 100:
        problems.append(f"capacity_margin is {params['capacity_margin']:g}: give percent from 0 to less than 100.")
    if not 0 <= params["spare_hosts"] < max(1, len(pool)):
        problems.append(
            f"spare_hosts is {params['spare_hosts']}: give a number from 0 to less than the pool has hosts."
        )
    max_unavailable = max(1, count_of(params["max_unavailable"], len(pool), "max_unavailable"))
    problems += problems_of_ramp(params["ramp"], params["soak"], max_unavailable)
    if problems:
        raise Refused(problems)
    hosts = None if params[chosen] is None else frozenset(params[chosen])
    if params["exclude"]:
        hosts = frozenset(pool if hosts is None else hosts).difference(params["exclude"])
    return PlanOptions(
        hosts=hosts,
        exclude=frozenset(params["exclude"]),
        order=None if params["hosts"] is None else tuple(params["hosts"]),
        done=frozenset(params["done"]),
        verified=frozenset(params["verified"]),
        max_unavailable=max_unavailable,
        ramp=Ramp(tuple(params["ramp"]), params["soak"]),
        max_concurrent=params["max_concurrent"],
        failure_domains={host: str(domain) for host, domain in params["failure_domains"].items()},
        capacity_margin=params["capacity_margin"],
        bring_back=params["bring_back"],
        make_room=params["make_room"],
        spare_hosts=params["spare_hosts"],
        mixed_zones=params["mixed_zones"],
        leave_stopped=params["stopped_servers"] == "leave",
        leave_unmovable=params["unmovable_servers"] == "leave",
        granted_tags=tuple(params["server_wishes"]),
    )
