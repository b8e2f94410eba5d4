# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The options that say where the servers of a host may go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .._openstack.hypervisor import Hypervisor


class RoomMove(NamedTuple):
    """A server of another host that is moved first, to make room on that host: its uuid, that host and its target."""

    server: str
    source: str
    target: str


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """Where the servers of a host may go.

    :ivar aggregate: the aggregate that is the pool. :ivar aggregate_metadata: or all that have this metadata.
    :ivar targets: hosts that may take servers; with a pool only those of them in it.
    :ivar moves: server -> target, as a plan has it. :ivar hypervisors: host -> hypervisor, of these targets.
    :ivar room: moves of servers of other hosts that go before.
    :ivar capacity_margin: percent of each resource class that stay free on a target.
    :ivar granted_tags: the server tags that the operator grants (``_migration/tags``).
    """

    host: str
    aggregate: str | None = None
    aggregate_metadata: Mapping[str, str | None] | None = None
    targets: tuple[str, ...] | None = None
    moves: Mapping[str, str] = field(default_factory=dict)
    room: tuple[RoomMove, ...] = ()
    hypervisors: Mapping[str, Hypervisor] = field(default_factory=dict)
    capacity_margin: float = 0
    granted_tags: tuple[str, ...] = ()
