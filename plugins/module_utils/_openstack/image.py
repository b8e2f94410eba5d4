# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Images of Glance, and the traits that an image or a flavor demands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits that a host must have, and those it must not have, for a flavor or an image."""

    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()

    @classmethod
    def read(cls, properties: Mapping[str, Any]) -> Traits:
        """Read extra specs or image properties: keys ``trait:NAME`` with the value ``required`` or ``forbidden``."""
        wanted = {key.removeprefix("trait:"): value for key, value in properties.items() if key.startswith("trait:")}
        return cls(
            required=frozenset(name for name, value in wanted.items() if value == "required"),
            forbidden=frozenset(name for name, value in wanted.items() if value == "forbidden"),
        )

    def with_those_of(self, other: Traits) -> Traits:
        return Traits(self.required | other.required, self.forbidden | other.forbidden)


@dataclass(frozen=True, slots=True)
class Image:
    """An image of Glance. Several images may have the same name."""

    id: str
    name: str
    status: str
    traits: Traits = Traits()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Image:
        return cls(id=raw["id"], name=raw.get("name") or "", status=raw["status"], traits=Traits.read(raw))
