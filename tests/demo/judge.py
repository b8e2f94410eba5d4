# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The end of the demo: what was seen, in words, and whether all of it is as it must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet import Seen

NEW_VERSION = 8001000


@dataclass(frozen=True)
class Evidence:
    """What the demo gathered.

    :ivar journals: the commands that each host saw, by host.
    :ivar report: what the roll says of itself.
    """

    versions: tuple[Mapping[str, int], Mapping[str, int]]
    servers: tuple[Mapping[str, Seen], Mapping[str, Seen]]
    journals: Mapping[str, str]
    moves: int
    probe: Mapping[str, Any]
    report: Mapping[str, Any]
    changed_by_second_run: int


@dataclass(frozen=True)
class Finding:
    good: bool
    text: str


def judge(evidence: Evidence) -> list[Finding]:
    """Each thing that must be so."""
    old, new = evidence.versions
    upgraded = [host for host in old if old[host] < new[host] == NEW_VERSION]
    upgrades = {host: evidence.journals[host].count(f" upgrade {NEW_VERSION}\n") for host in old}
    before, after = evidence.servers
    displaced = [
        f"{one.name}: was {one.status} on {one.host}, is {now.status} on {now.host}" if now else f"{one.name}: is gone"
        for key, one in before.items()
        if (now := after.get(key)) != one
    ]
    probe = evidence.probe
    batches, moves = evidence.report["batches"], evidence.report["totals"]["moves"]
    longest = max(
        max(guest["longest_interruption_seconds"], guest["api_longest_interruption_seconds"])
        for guest in probe["guests"]
    )
    return [
        Finding(upgraded == list(old), f"hosts upgraded: {len(upgraded)}/{len(old)}"),
        *(Finding(upgrades[host] == 1, shown(host, old, new, upgrades)) for host in old),
        Finding(
            evidence.report["roll"]["outcome"] == "done" and 1 < len(batches) < len(old),
            f"batches: {', '.join(' '.join(batch['hosts']) for batch in batches)}",
        ),
        Finding(
            0 < moves["planned"] == moves["as_planned"] and moves["done"] == evidence.moves,
            f"moves away as planned: {moves['as_planned']}/{moves['planned']}; {moves['home']} home; by Nova's own "
            f"records {evidence.moves} in all",
        ),
        Finding(not displaced, f"servers in their first state and place: {len(before) - len(displaced)}/{len(before)}"),
        *(Finding(False, line) for line in displaced),
        Finding(
            probe["good"] and probe["finished"],
            f"running guests watched: {len(probe['guests'])}, {probe['hypervisor_samples']} times at the hypervisors "
            f"and {probe['api_samples']} times through the API in {probe['seconds']:.0f} s",
        ),
        Finding(longest == 0, f"longest interruption of a running guest: {longest:g} s"),
        *(Finding(False, f"{one['name']}: {one['what']}, seen by {one['seen_by']}") for one in probe["violations"]),
        Finding(evidence.changed_by_second_run == 0, f"changed by the second run: {evidence.changed_by_second_run}"),
    ]


def shown(host: str, old: Mapping[str, int], new: Mapping[str, int], upgrades: Mapping[str, int]) -> str:
    return f"  {host}: version {old[host]} before, {new[host]} after; upgrades in its own journal: {upgrades[host]}"
