# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find the record of the roll through a pool that was not finished, and whether this run may go on with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import Refused
from .._maintenance.ownership import Keeper
from .._openstack.aggregate import Aggregate
from .._text import listed
from .process import is_running, started_by
from .roll import Roll
from .store import RecordStore, finished_roll, pool_folder, unfinished_record

_NO_ROLL_YET = "none yet"


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """Where the rolls of a pool are recorded.

    :ivar folder: of all its rolls.
    :ivar finished: the last roll, where that is finished.
    :ivar resumed: the record of the one that this run goes on with, and ``roll`` what it holds.
    :ivar discarded: the record that this run sets aside.
    """

    pool: str
    folder: Path
    finished: Roll | None = None
    resumed: RecordStore | None = None
    roll: Roll | None = None
    discarded: RecordStore | None = None

    def keeper(self, owner: str, takeover: bool) -> Keeper:
        """Return who keeps the hosts of the roll. Before one begins nothing that anybody keeps is its own."""
        roll = self.roll or self.left_open(owner)
        return Keeper(owner, roll.id if roll else _NO_ROLL_YET, takeover)

    def left_open(self, owner: str) -> Roll | None:
        """Return the finished roll if it was of this owner and left out hosts that had been begun.

        The next roll has its id, which the marks of these hosts name, and so may go on with them.
        """
        return self.finished if self.finished and self.finished.owner == owner and self.finished.kept else None


def find_record(directory: Path, pool: Sequence[Aggregate], owner: str, discard: bool) -> PoolRecord:
    """Return the record of a pool.

    :param discard: whether to set the record of an unfinished roll aside.
    :raises Refused: if the process of the unfinished roll still runs, or it is another owner's and not to be set aside.
    """
    name = listed(aggregate.name for aggregate in pool)
    identity = " ".join(sorted(str(aggregate.uuid) for aggregate in pool))
    folder = pool_folder(directory, name, identity)
    store = unfinished_record(folder)
    if store is None:
        return PoolRecord(name, folder, finished_roll(folder))
    refuse_running(store, store.process(), name)
    if discard:
        return PoolRecord(name, folder, discarded=store)
    roll = store.roll()
    if roll.closed is not None:
        return PoolRecord(name, folder, roll)
    refuse_other_owner(store, roll, owner)
    return PoolRecord(name, folder, resumed=store, roll=roll)


def refuse_running(store: RecordStore, process: Mapping[str, Any], pool: str) -> None:
    """:param process: of the run that went on with a roll last. :raises Refused: if it runs, and is not this run's."""
    if is_running(process) and not started_by(process):
        raise Refused(
            f"The process {process['pid']} of this machine is rolling through {pool} ({store.folder}): wait until "
            "it has ended."
        )


def refuse_other_owner(store: RecordStore, roll: Roll, owner: str) -> None:
    """:raises Refused: if a roll is another owner's."""
    if roll.owner != owner:
        raise Refused(
            f"A roll of {roll.owner} through {roll.pool} is not finished ({store.folder}): let its owner end it, or "
            "discard its record with 'discard: true'."
        )
