# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A compute node of Nova. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Fields


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
    def read(cls, raw: Fields) -> Hypervisor:
        return cls(
            id=raw.text("id"),
            name=raw.text("hypervisor_hostname"),
            host=raw.object("service").text("host"),
            type=raw.text("hypervisor_type", None),
            version=raw.number("hypervisor_version", 0),
            servers=frozenset(server.text("uuid") for server in raw.objects("servers", ())),
            address=raw.text("host_ip", None),
        )
