# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Open, go on with, and close the record of a roll."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._book import (
    Book,
    from_process,
    holder,
    lives,
    new_folder,
    shelf,
    standing,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._cloud import Cloud
from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._mark import TIME, stamp
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused, listed
from ansible_collections.stackops.aggregates.plugins.module_utils._record import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import how_far, remaining


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run asks of a roll. ``spared`` are hosts that were asked and need no upgrade (any more)."""

    directory: Path
    owner: str
    hosts: tuple[str, ...]
    spared: tuple[str, ...]
    bring_back: bool
    upgrade: str
    discard: bool = False


class Open:
    """Go on with the roll of the pool that was not finished, or begin one."""

    def __init__(self, cloud: Cloud, pool: Sequence[Aggregate], wanted: Wanted) -> None:
        """:raises Refused: the roll that stands is somebody else's, or another upgrade, or under way."""
        self.warnings: list[str] = []
        self.before: dict[str, Any] = {}
        self._cloud, self._wanted = cloud, wanted
        self._pool = listed(one.name for one in pool)
        self._shelf = shelf(wanted.directory, self._pool, " ".join(sorted(str(one.uuid) for one in pool)))
        self._found = standing(self._shelf)
        self._discards = wanted.discard and self._found is not None
        if self._found and not self._discards:
            _refuse_another(self._found.roll(), wanted, self._found.folder)

    @property
    def _stands(self) -> Roll | None:
        return self._found.roll() if self._found and not self._discards else None

    @property
    def changed(self) -> bool:
        """A roll without a host that is left to do is not begun."""
        return bool(self._wanted.hosts) or self._discards or self._stands is not None

    @property
    def after(self) -> dict[str, Any]:
        return {}

    def foretold(self) -> dict[str, Any]:
        roll = self._stands
        return {"roll": shown(roll, self._found.folder if roll and self._found else None, self._wanted.owner)}

    def carry_out(self) -> dict[str, Any]:
        if self._discards and self._found:
            self._found.discard()
            self._cloud.tell(f"{self._pool} roll: the record in {self._found.folder} is discarded")
            self._found = None
        if self._found:
            return self._go_on(self._found)
        return self._begin() if self._wanted.hosts else {"roll": shown(None, None, self._wanted.owner)}

    def _go_on(self, book: Book) -> dict[str, Any]:
        with book.held() as hand:
            _refuse_another(hand.roll, self._wanted, book.folder)
            # Hosts that an earlier run began, or was to do, stay in the roll, unless they turn out to need nothing.
            spared = set(self._wanted.spared) - set(hand.roll.lanes)
            hosts = dict.fromkeys([*(host for host in hand.roll.hosts if host not in spared), *self._wanted.hosts])
            hand.write(self._event("resumed", hosts=list(hosts)))
            self._cloud.tell(f"{self._pool} roll: going on with {how_far(hand.roll, hand.roll.last, datetime.now())}")
            return {"roll": shown(hand.roll, book.folder, self._wanted.owner)}

    def _begin(self) -> dict[str, Any]:
        now = stamp(self._cloud.nova.dated_services()[1])
        ahead = datetime.strptime(now, TIME).replace(tzinfo=UTC).timestamp() - time.time()
        wanted = self._wanted
        book = Book(new_folder(self._shelf, now))
        roll = book.open(
            self._event(
                "opened",
                hosts=list(wanted.hosts),
                roll=now,
                pool=self._pool,
                owner=wanted.owner,
                bring_back=wanted.bring_back,
                upgrade=wanted.upgrade,
                ahead=round(ahead, 1),
            )
        )
        self._cloud.tell(
            f"{self._pool} roll: {len(wanted.hosts)} host{'s' * (len(wanted.hosts) != 1)} to upgrade, recorded in "
            f"{book.folder}. If this is interrupted, run the same again: it goes on from there."
        )
        return {"roll": shown(roll, book.folder, wanted.owner)}

    @staticmethod
    def _event(what: str, **more: Any) -> dict[str, Any]:
        return {"event": what, "at": time.time(), "session": uuid.uuid4().hex, "process": holder(), **more}


def _refuse_another(roll: Roll, wanted: Wanted, folder: Path) -> None:
    how_to_end = "or discard its record with 'discard: true'"
    if lives(roll.process) and not from_process(roll.process):
        raise Refused(
            f"The process {roll.process['pid']} of this machine is rolling through {roll.pool} since {roll.id}: "
            "wait until it has ended."
        )
    if roll.owner != wanted.owner:
        raise Refused(
            f"A roll of {roll.owner} through {roll.pool} is not finished ({folder}): let its owner end it, "
            f"{how_to_end}."
        )
    if roll.upgrade != wanted.upgrade:
        raise Refused(
            f"A roll through {roll.pool} with the upgrade {roll.upgrade} is not finished ({folder}), and this one is "
            f"{wanted.upgrade}: finish that one first, {how_to_end}."
        )


class Close:
    """End a run: close the record when nothing is left to do."""

    def __init__(self, cloud: Cloud, book: Book, session: str) -> None:
        self.warnings: list[str] = []
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self._cloud, self._book, self._session = cloud, book, session
        self._roll = book.roll()

    @property
    def changed(self) -> bool:
        return self._roll.closed is None and not remaining(self._roll) and not self._roll.failed

    def foretold(self) -> dict[str, Any]:
        return {"roll": shown(self._roll, self._book.folder, self._roll.owner)}

    def carry_out(self) -> dict[str, Any]:
        with self._book.held(self._session) as hand:
            hand.write({"event": "closed", "at": time.time()})
            self._cloud.tell(
                f"{hand.roll.pool} roll: finished, {len(hand.roll.done)} of {len(hand.roll.hosts)} hosts done"
            )
            return {"roll": shown(hand.roll, self._book.folder, hand.roll.owner)}


def shown(roll: Roll | None, folder: Path | None, owner: str) -> dict[str, Any]:
    """A roll as modules return it, with the same keys when there is none."""
    return {
        "folder": str(folder) if folder else None,
        "owner": owner,
        "session": roll.session if roll else None,
        "hosts": list(roll.hosts) if roll else [],
        "done": roll.done if roll else [],
        "unfinished": roll.unfinished if roll else [],
        "verified": roll.verified if roll else [],
        "failed": dict(roll.failed) if roll else {},
        "stopped": roll.stopped if roll else None,
        "closed": bool(roll and roll.closed is not None),
    }
