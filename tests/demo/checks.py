# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The end of the demo: what was observed, in words, and whether all of it is as it must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.demo.fleet import BootedServer

NEW_VERSION = 8001000


@dataclass(frozen=True)
class Evidence:
    """What the demo observed.

    :ivar versions: of the hypervisors by host, before and after the roll; ``servers`` likewise by id.
    :ivar journals: the commands that each host executed, by host.
    :ivar moves: how many moves Nova's records hold.
    :ivar report: the roll's own.
    """

    versions: tuple[Mapping[str, int], Mapping[str, int]]
    servers: tuple[Mapping[str, BootedServer], Mapping[str, BootedServer]]
    journals: Mapping[str, str]
    moves: int
    probe: Mapping[str, Any]
    report: Mapping[str, Any]
    changed_by_second_run: int


@dataclass(frozen=True)
class Finding:
    """One thing that must be so, in words, and whether it is."""

    good: bool
    text: str


def check(evidence: Evidence) -> list[Finding]:
    """Each thing that must be so."""
    old, new = evidence.versions
    upgraded = [host for host in old if old[host] < new[host] == NEW_VERSION]
    upgrades = {host: evidence.journals[host].count(f" upgrade {NEW_VERSION}\n") for host in old}
    before, after = evidence.servers
    displaced = [
        f"{server.name}: was {server.status} on {server.host}, {f'is {now.status} on {now.host}' if now else 'is gone'}"
        for key, server in before.items()
        if (now := after.get(key)) != server
    ]
    probe = evidence.probe
    turns, moves = evidence.report["hosts"], evidence.report["totals"]["moves"]
    most = max(sum(other["begin"] <= turn["begin"] < other["end"] for other in turns) for turn in turns)
    longest = max(
        max(guest["longest_interruption_seconds"], guest["api_longest_interruption_seconds"])
        for guest in probe["guests"]
    )
    return [
        Finding(upgraded == list(old), f"hosts upgraded: {len(upgraded)}/{len(old)}"),
        *(Finding(upgrades[host] == 1, versions_of(host, old, new, upgrades)) for host in old),
        Finding(
            evidence.report["roll"]["outcome"] == "done" and 1 < most < len(old),
            f"at most {most} hosts under way at once, one after the other: {' '.join(turn['host'] for turn in turns)}",
        ),
        Finding(
            0 < moves["planned"] == moves["as_planned"] and moves["done"] == evidence.moves,
            f"moves away as planned: {moves['as_planned']}/{moves['planned']}; {moves['home']} back; by Nova's own "
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
        *(
            Finding(False, f"{guest['name']}: {guest['what']}, seen by {guest['seen_by']}")
            for guest in probe["violations"]
        ),
        Finding(evidence.changed_by_second_run == 0, f"changed by the second run: {evidence.changed_by_second_run}"),
    ]


def versions_of(host: str, old: Mapping[str, int], new: Mapping[str, int], upgrades: Mapping[str, int]) -> str:
    return f"  {host}: version {old[host]} before, {new[host]} after; upgrades in its own journal: {upgrades[host]}"
