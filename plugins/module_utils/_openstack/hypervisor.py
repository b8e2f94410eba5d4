# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A compute node of Nova. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A compute node. Its ``id`` is also that of its resource provider in Placement."""

    id: str
    name: str
    host: str
    type: str | None
    version: int
    servers: frozenset[str] = frozenset()  # uuids of all servers on it
    address: str | None = None  # that the host itself names to Nova ([DEFAULT]my_ip)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Hypervisor:
        return cls(
            id=str(raw["id"]),
            name=raw["hypervisor_hostname"],
            host=raw["service"]["host"],
            type=raw.get("hypervisor_type"),
            version=int(raw.get("hypervisor_version") or 0),
            servers=frozenset(server["uuid"] for server in raw.get("servers") or ()),
            address=raw.get("host_ip"),
        )
