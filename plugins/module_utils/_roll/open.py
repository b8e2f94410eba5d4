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

from .._errors import Refused
from .._maintenance.mark import TIME, mark_time
from .._openstack.cloud import Cloud
from .._openstack.model import Aggregate
from .._text import listed
from .process import from_process, holder, lives
from .progress import how_far
from .record import Roll
from .results import roll_result
from .store import RecordStore, new_folder, pool_folder, unfinished_record


@dataclass(frozen=True, slots=True)
class RollOptions:
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

    def __init__(self, cloud: Cloud, pool: Sequence[Aggregate], wanted: RollOptions) -> None:
        """:raises Refused: the roll that stands is somebody else's, or another upgrade, or under way."""
        self.warnings: list[str] = []
        self.before: dict[str, Any] = {}
        self._cloud, self._wanted = cloud, wanted
        self._pool = listed(one.name for one in pool)
        self._pool_folder = pool_folder(wanted.directory, self._pool, " ".join(sorted(str(one.uuid) for one in pool)))
        self._found = unfinished_record(self._pool_folder)
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

    def predict(self) -> dict[str, Any]:
        roll = self._stands
        return {"roll": roll_result(roll, self._found.folder if roll and self._found else None, self._wanted.owner)}

    def apply(self) -> dict[str, Any]:
        if self._discards and self._found:
            self._found.discard()
            self._cloud.show_progress(f"{self._pool} roll: the record in {self._found.folder} is discarded")
            self._found = None
        if self._found:
            return self._go_on(self._found)
        return self._begin() if self._wanted.hosts else {"roll": roll_result(None, None, self._wanted.owner)}

    def _go_on(self, store: RecordStore) -> dict[str, Any]:
        with store.locked() as record:
            _refuse_another(record.roll, self._wanted, store.folder)
            # Hosts that an earlier run began, or was to do, stay in the roll, unless they turn out to need nothing.
            spared = set(self._wanted.spared) - set(record.roll.lanes)
            hosts = dict.fromkeys([*(host for host in record.roll.hosts if host not in spared), *self._wanted.hosts])
            record.write(self._event("resumed", hosts=list(hosts)))
            self._cloud.show_progress(
                f"{self._pool} roll: going on with {how_far(record.roll, record.roll.last, datetime.now())}"
            )
            return {"roll": roll_result(record.roll, store.folder, self._wanted.owner)}

    def _begin(self) -> dict[str, Any]:
        now = mark_time(self._cloud.nova.dated_services()[1])
        ahead = datetime.strptime(now, TIME).replace(tzinfo=UTC).timestamp() - time.time()
        wanted = self._wanted
        store = RecordStore(new_folder(self._pool_folder, now))
        roll = store.open(
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
        self._cloud.show_progress(
            f"{self._pool} roll: {len(wanted.hosts)} host{'s' * (len(wanted.hosts) != 1)} to upgrade, recorded in "
            f"{store.folder}. If this is interrupted, run the same again: it goes on from there."
        )
        return {"roll": roll_result(roll, store.folder, wanted.owner)}

    @staticmethod
    def _event(what: str, **more: Any) -> dict[str, Any]:
        return {"event": what, "at": time.time(), "session": uuid.uuid4().hex, "process": holder(), **more}


def _refuse_another(roll: Roll, wanted: RollOptions, folder: Path) -> None:
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
