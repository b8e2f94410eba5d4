# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find the aggregate that a text names, and the aggregates of a pool. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._errors import Refused
from .._openstack.aggregate import Aggregate
from .._text import listed
from .metadata import metadata_text


def find_aggregate(aggregates: Sequence[Aggregate], reference: str) -> Aggregate | None:
    """Return the aggregate with the name ``reference``, else that with this uuid or integer id; None if there is none.

    :raises Refused: if the text is the name of one aggregate and the id of another.
    """
    named = [aggregate for aggregate in aggregates if aggregate.name == reference]
    by_id = [aggregate for aggregate in aggregates if reference in (aggregate.uuid, str(aggregate.id))]
    if named and by_id and named[0] is not by_id[0]:
        raise Refused(
            f"{reference!r} is the name of the aggregate with id {named[0].id} and the id of the aggregate "
            f"{by_id[0].name!r}: use the uuid of the one that is meant ({named[0].uuid} or {by_id[0].uuid})."
        )
    return next(iter(named or by_id), None)


def existing_aggregate(aggregates: Sequence[Aggregate], reference: str) -> Aggregate:
    """Return the aggregate that ``reference`` names.

    :raises Refused: if there is none, or the text is the name of one aggregate and the id of another.
    """
    aggregate = find_aggregate(aggregates, reference)
    if aggregate is None:
        names = listed(aggregate.name for aggregate in aggregates)
        raise Refused(f"There is no aggregate {reference!r}: the cloud has {names}.")
    return aggregate


def pool_aggregates(
    aggregates: Sequence[Aggregate], reference: str | None, metadata: Mapping[str, Any] | None
) -> list[Aggregate]:
    """Return the aggregates of a pool: the named one, or all that have the metadata; none if neither is given.

    :raises Refused: if there is no such aggregate.
    """
    if reference is not None:
        return [existing_aggregate(aggregates, reference)]
    if metadata is None:
        return []
    wanted = metadata_text(metadata).items()
    pool = [aggregate for aggregate in aggregates if wanted <= aggregate.metadata.items()]
    if not pool:
        raise Refused(f"No aggregate has the metadata {dict(wanted)}: check 'aggregate_metadata'.")
    return pool


def declared_aggregate(aggregates: Sequence[Aggregate], name: str | None, identifier: str | None) -> Aggregate | None:
    """Return the aggregate of the options ``name`` and ``id``; with both, the one with the id: the name is new."""
    return _named(aggregates, name) if identifier is None else _identified(aggregates, identifier)


def aggregate_to_delete(aggregates: Sequence[Aggregate], name: str | None, identifier: str | None) -> Aggregate | None:
    """Return the aggregate of the options ``name`` and ``id``; with both, the one that has both.

    :raises Refused: if an aggregate has one of them, and not the other.
    """
    named, identified = _named(aggregates, name), _identified(aggregates, identifier)
    if name is None or identifier is None or named is identified:
        return named or identified
    facts = [f"the id {identifier} is that of {identified.name!r}"] if identified else []
    facts += [f"{name!r} has the id {named.id}"] if named else []
    raise Refused(
        f"No aggregate has the name {name!r} and the id {identifier}, for {' and '.join(facts)}: "
        "give only the one of them that is meant."
    )


def _named(aggregates: Sequence[Aggregate], name: str | None) -> Aggregate | None:
    return next((aggregate for aggregate in aggregates if aggregate.name == name), None)


def _identified(aggregates: Sequence[Aggregate], identifier: str | None) -> Aggregate | None:
    """Return the aggregate with this uuid or integer id."""
    if identifier is None:
        return None
    return next((aggregate for aggregate in aggregates if identifier in (aggregate.uuid, str(aggregate.id))), None)
