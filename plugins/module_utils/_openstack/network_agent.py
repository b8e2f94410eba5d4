# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Agents of Neutron, such as the one that connects the guests of a host. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Fields


@dataclass(frozen=True, slots=True)
class NetworkAgent:
    """An agent of a host. ``alive``: it reported lately; ``up``: no administrator took it out."""

    binary: str
    host: str
    alive: bool
    up: bool

    @classmethod
    def read(cls, raw: Fields) -> NetworkAgent:
        return cls(
            binary=raw.text("binary"),
            host=raw.text("host"),
            alive=raw.flag("alive"),
            up=raw.flag("admin_state_up"),
        )
