# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which aggregate a text names, and which aggregates make a pool. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._errors import Refused
from .._openstack.model import Aggregate
from .._text import listed
from .metadata import metadata_text


def find_aggregate(aggregates: Sequence[Aggregate], reference: str) -> Aggregate | None:
    """The aggregate that ``reference`` names: exact name, else uuid, else integer id.

    :raises Refused: the text is one aggregate's name and another one's id.
    """
    named = [one for one in aggregates if one.name == reference]
    by_id = [one for one in aggregates if reference in (one.uuid, str(one.id))]
    if named and by_id and named[0] is not by_id[0]:
        raise Refused(
            f"{reference!r} is the name of the aggregate with id {named[0].id} and the id of the aggregate "
            f"{by_id[0].name!r}: use the uuid of the one that is meant ({named[0].uuid} or {by_id[0].uuid})."
        )
    return next(iter(named or by_id), None)


def existing_aggregate(aggregates: Sequence[Aggregate], reference: str) -> Aggregate:
    """The same, where it must exist."""
    found = find_aggregate(aggregates, reference)
    if found is None:
        raise Refused(f"There is no aggregate {reference!r}: the cloud has {listed(one.name for one in aggregates)}.")
    return found


def pool_aggregates(
    aggregates: Sequence[Aggregate], reference: str | None, metadata: Mapping[str, Any] | None
) -> list[Aggregate]:
    """The aggregates of a pool: the one that is named, or all that have the metadata; none where neither is given.

    :raises Refused: there is none.
    """
    if reference is not None:
        return [existing_aggregate(aggregates, reference)]
    if metadata is None:
        return []
    wanted = metadata_text(metadata).items()
    found = [one for one in aggregates if wanted <= one.metadata.items()]
    if not found:
        raise Refused(f"No aggregate has the metadata {dict(wanted)}: check 'aggregate_metadata'.")
    return found


def chosen_aggregate(aggregates: Sequence[Aggregate], name: str | None, identifier: str | None) -> Aggregate | None:
    """The aggregate of the options ``name`` and ``id``; with both, ``id`` names it and ``name`` is its new name."""
    if identifier is None:
        return next((one for one in aggregates if one.name == name), None)
    found = next((one for one in aggregates if identifier in (one.uuid, str(one.id))), None)
    taken = next((one for one in aggregates if name is not None and one.name == name and one is not found), None)
    if found and taken:
        raise Refused(
            f"The aggregate {found.name!r} cannot be renamed to {name!r}, which is the name of the aggregate "
            f"with id {taken.id}: choose another name."
        )
    return found
