# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A server group of Nova. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Group:
    """A server group: servers that must or should be on different hosts, or on the same one."""

    id: str
    name: str
    policy: str
    members: frozenset[str]
    max_server_per_host: int = 1

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Group:
        return cls(
            id=raw["id"],
            name=raw["name"],
            policy=raw["policy"],
            members=frozenset(raw.get("members") or ()),
            max_server_per_host=int((raw.get("rules") or {}).get("max_server_per_host") or 1),
        )
