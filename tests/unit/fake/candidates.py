# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Placement's question of questions: which providers of a host's tree could give what somebody asks for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tests.unit.fake.model import Amounts, Host, Nested, World

Node: TypeAlias = Host | Nested
Shares = dict[str, Amounts]  # by name of a resource provider


@dataclass(frozen=True)
class Group:
    """What ``resources`` and ``required`` ask for; with a suffix, a single provider has to give it all."""

    resources: Amounts
    required: frozenset[str]
    forbidden: frozenset[str]
    single: bool

    @classmethod
    def read(cls, query: Mapping[str, str], suffix: str) -> Group:
        parts = (part.split(":") for part in query[f"resources{suffix}"].split(","))
        traits = [trait for trait in query.get(f"required{suffix}", "").split(",") if trait]
        return cls(
            {name: int(amount) for name, amount in parts},
            frozenset(trait for trait in traits if not trait.startswith("!")),
            frozenset(trait[1:] for trait in traits if trait.startswith("!")),
            bool(suffix),
        )

    def ways(self, world: World, nodes: list[Node]) -> Iterator[Shares]:
        """The traits are those of all providers together that give something."""
        if self.single:
            choices = ({node.name: dict(self.resources)} for node in nodes)
        else:
            choices = (
                _spread(self.resources, givers) for givers in itertools.product(nodes, repeat=len(self.resources))
            )
        for shares in choices:
            traits = set().union(*(world.node(name).all_traits for name in shares))
            if self.required <= traits and not self.forbidden & traits and _fit(world, shares):
                yield shares


def groups(query: Mapping[str, str]) -> list[Group]:
    suffixes = [match[1] for name in query if (match := re.fullmatch(r"resources(.*)", name))]
    return [Group.read(query, suffix) for suffix in suffixes]


def ways(world: World, nodes: list[Node], asked: list[Group], isolate: bool) -> Iterator[Shares]:
    """Every way in which these providers could give all that is asked for.

    :param isolate: groups with a suffix have to come from different providers.
    """
    for parts in itertools.product(*(list(group.ways(world, nodes)) for group in asked)):
        alone = [name for group, shares in zip(asked, parts, strict=True) if group.single for name in shares]
        shares = _sum(parts)
        if _fit(world, shares) and not (isolate and len(alone) > len(set(alone))):
            yield shares


def _spread(resources: Amounts, givers: tuple[Node, ...]) -> Shares:
    parts = ({node.name: {name: amount}} for node, (name, amount) in zip(givers, resources.items(), strict=True))
    return _sum(parts)


def _sum(parts: Iterator[Shares] | tuple[Shares, ...]) -> Shares:
    total: Shares = {}
    for shares in parts:
        for name, amounts in shares.items():
            sums = total.setdefault(name, {})
            for resource, amount in amounts.items():
                sums[resource] = sums.get(resource, 0) + amount
    return total


def _fit(world: World, shares: Shares) -> bool:
    return all(world.takes(name, amounts) for name, amounts in shares.items())
