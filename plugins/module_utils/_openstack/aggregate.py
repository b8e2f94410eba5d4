# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A host aggregate of Nova. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import Fields


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A host aggregate; one that does not exist yet has no id and no uuid.

    Nova stores the zone in the metadata; here ``metadata`` does not hold it.
    """

    name: str
    id: int | None = None
    uuid: str | None = None
    zone: str | None = None
    hosts: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Fields) -> Aggregate:
        metadata = raw.object("metadata", {}).words()
        return cls(
            name=raw.text("name"),
            id=raw.number("id"),
            uuid=raw.text("uuid"),
            zone=raw.text("availability_zone", None),
            hosts=tuple(sorted(raw.texts("hosts", ()))),
            metadata={key: value for key, value in metadata.items() if key != "availability_zone"},
        )

    def to_result(self) -> dict[str, Any]:
        """Return the aggregate as the results and diffs of modules show it."""
        return {
            "id": self.id,
            "uuid": self.uuid,
            "name": self.name,
            "availability_zone": self.zone,
            "hosts": list(self.hosts),
            "metadata": dict(sorted(self.metadata.items())),
        }
