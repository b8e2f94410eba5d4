# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A server group of Nova. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Fields


@dataclass(frozen=True, slots=True)
class Group:
    """A server group: servers that must or should be on different hosts, or on the same one."""

    id: str
    name: str
    policy: str
    members: frozenset[str]
    max_server_per_host: int = 1

    @classmethod
    def read(cls, raw: Fields) -> Group:
        return cls(
            id=raw.text("id"),
            name=raw.text("name"),
            policy=raw.text("policy"),
            members=frozenset(raw.texts("members")),
            max_server_per_host=raw.object("rules", {}).number("max_server_per_host", 1),
        )
