# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a person asks of a roll that goes on elsewhere: pause, resume, stop, approve. It is an event of its record.

The cloud is not asked: a brake has to work while it does not answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._errors import Refused
from .._openstack.cloud import Cloud
from .._text import listed
from .process import is_running
from .results import roll_result
from .roll import APPROVE, PAUSE, RESUME, STOP, Roll
from .store import FILE, RecordStore, unfinished_record
from .waits import approval_is_due

# What becomes of the roll, in words for people.
_SAYS = {
    PAUSE: "no further host begins before it is resumed, hosts under way go on",
    RESUME: "hosts begin again",
    STOP: "no further host begins in this run, hosts under way go on",
    APPROVE: "it goes on",
}


class ControlRoll:
    """Ask one thing of a roll."""

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, cloud: Cloud, store: RecordStore, action: str, who: str, reason: str) -> None:
        """:param reason: why, for the others who see it; may be empty.

        :raises Refused: if a roll is to be approved that waits for no approval.
        """
        self.warnings: list[str] = []
        self._cloud, self._store, self._action = cloud, store, action
        self._event = {"action": action, "who": who, "reason": " ".join(reason.split())}
        self._roll = store.roll()
        self._refuse_approval(self._roll)
        if action == STOP and not is_running(self._roll.process):
            self.warnings.append(
                f"No process of this machine runs the roll through {self._roll.pool}, and the next run goes on: pause "
                "it if no host is to begin then."
            )

    @property
    def changed(self) -> bool:
        """Whether the roll is not what is asked of it already."""
        is_so = {
            PAUSE: self._roll.paused is not None,
            RESUME: self._roll.paused is None,
            STOP: bool(self._roll.stopped),
        }
        return not is_so.get(self._action, False)

    def predict(self) -> dict[str, Any]:
        roll = self._roll
        under_way = f" (under way: {listed(roll.under_way)})" if roll.under_way else ""
        return {
            "roll": roll_result(roll, str(self._store.folder), roll.owner),
            "summary": f"{roll.pool} roll: {_SAYS[self._action]}{under_way}",
        }

    def apply(self) -> dict[str, Any]:
        """:raises Refused: if somebody else has approved it meanwhile."""
        with self._store.locked() as record:
            self._refuse_approval(record.roll)
            record.write({"event": "control", "at": time.time(), **self._event})
            self._roll = record.roll
        result = self.predict()
        self._cloud.show_progress(result["summary"])
        return result

    def _refuse_approval(self, roll: Roll) -> None:
        if self._action == APPROVE and not approval_is_due(roll):
            raise Refused(f"The roll through {roll.pool} waits for no approval: it can be given when a host is done.")


def find_roll(directory: Path, pool: str | None) -> RecordStore:
    """Return the record of the unfinished roll in a folder of records, or in the folder of a pool or of the roll.

    :param pool: as the roll calls it, or as it was given to it; None where only one roll is unfinished.
    :raises Refused: if there is none, or more than one.
    """
    folders = {file.parent.parent for file in directory.rglob(FILE)}
    stores = [store for folder in sorted(folders) if (store := unfinished_record(folder))]
    found = {store.folder: roll for store, roll in _readable(stores) if pool in (None, *_names(roll))}
    if len(found) == 1:
        return RecordStore(next(iter(found)))
    which = f" through {pool}" if pool else ""
    if not found:
        raise Refused(f"No unfinished roll{which} is recorded in {directory}: give the directory that the roll has.")
    many = [f"{roll.pool} ({folder})" for folder, roll in found.items()]
    raise Refused(
        f"More than one roll{which} is unfinished, {listed(many)}: name the aggregate, or give the folder of one as "
        "the directory."
    )


def _readable(stores: list[RecordStore]) -> Iterator[tuple[RecordStore, Roll]]:
    """Yield the records that can be read: one that cannot is no reason not to pause another roll."""
    for store in stores:
        try:
            yield store, store.roll()
        except Refused:
            continue


def _names(roll: Roll) -> tuple[str, str | None]:
    return roll.pool, roll.options["aggregate"]
