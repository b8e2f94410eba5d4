# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Images of Glance, and the traits that a flavor demands and an image names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .fields import Fields


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits that a host must have, and those it must not have, for a flavor."""

    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()

    @classmethod
    def read(cls, extra_specs: Mapping[str, str]) -> Traits:
        """Read extra specs: keys ``trait:NAME`` with the value ``required`` or ``forbidden``."""
        wanted = {key.removeprefix("trait:"): value for key, value in extra_specs.items() if key.startswith("trait:")}
        return cls(
            required=frozenset(name for name, value in wanted.items() if value == "required"),
            forbidden=frozenset(name for name, value in wanted.items() if value == "forbidden"),
        )


@dataclass(frozen=True, slots=True)
class Image:
    """An image of Glance. Several images may have the same name.

    :ivar owner: the id of the project whose image it is.
    :ivar traits: those that it names as required *now*. Whoever owns the image can change them at any time, and Nova
        moves a server by those that it noted at boot, which no API tells. Nova knows no forbidden ones of images.
    """

    id: str
    name: str
    status: str
    visibility: str
    owner: str | None
    traits: frozenset[str] = frozenset()

    @classmethod
    def read(cls, raw: Fields) -> Image:
        traits = [key for key in raw if key.startswith("trait:") and raw.word(key) == "required"]
        return cls(
            id=raw.text("id"),
            name=raw.text("name", ""),
            status=raw.text("status"),
            visibility=raw.text("visibility"),
            owner=raw.text("owner", None),
            traits=frozenset(key.removeprefix("trait:") for key in traits),
        )
