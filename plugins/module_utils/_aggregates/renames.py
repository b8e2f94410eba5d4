# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Put renames into an order in which every new name is free when its turn comes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .change import Change, Step


def renames(changes: Sequence[Change]) -> list[Step]:
    """Return the steps that rename aggregates.

    Where aggregates exchange their names in a ring, one of them is called ``renaming-`` with its uuid meanwhile.
    Nothing but that name tells of it, and a rerun needs no more: what is declared by its id is found under any name.
    """
    waiting = {
        key: (change.before.name, change.after.name)
        for key, change in enumerate(changes)
        if change.before and change.after and change.before.name != change.after.name
    }
    steps = []
    while waiting:
        held = {old for old, _new in waiting.values()}
        key = next((key for key, (_old, new) in waiting.items() if new not in held), None)
        if key is not None:
            steps.append(_rename(key, *waiting.pop(key)))
            continue
        key, (old, new) = next(iter(waiting.items()))
        before = changes[key].before
        meanwhile = f"renaming-{before.uuid if before else ''}"
        steps.append(_rename(key, old, meanwhile))
        waiting[key] = (meanwhile, new)
    return steps


def _rename(key: int, old: str, new: str) -> Step:
    return Step("update_aggregate", key, ({"name": new},), f"rename the aggregate {old!r} to {new!r}")
