# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Begin the record of a roll, or go on with the unfinished one of the pool."""

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
from .._openstack.aggregate import Aggregate
from .._openstack.cloud import Cloud
from .._text import counted, listed
from .process import ansible_process, is_running, started_by
from .progress import how_far
from .results import roll_result
from .roll import Roll
from .store import RecordStore, new_folder, pool_folder, unfinished_record


@dataclass(frozen=True, slots=True)
class RollOptions:
    """What a run asks of a roll.

    :ivar directory: in which the records of all rolls lie.
    :ivar hosts: that are to be upgraded.
    :ivar spared: hosts that need no upgrade, or need none any more.
    :ivar upgrade: what the upgrade is, such as its file of tasks.
    :ivar discard: whether to set the record of an unfinished roll aside.
    """

    directory: Path
    owner: str
    hosts: tuple[str, ...]
    spared: tuple[str, ...]
    bring_back: bool
    upgrade: str
    discard: bool = False


class Open:
    """Go on with the unfinished roll of the pool, or begin one."""

    def __init__(self, cloud: Cloud, pool: Sequence[Aggregate], options: RollOptions) -> None:
        """:raises Refused: if the unfinished roll is another owner's or another upgrade, or its process still runs."""
        self.warnings: list[str] = []
        self.before: dict[str, Any] = {}
        self._cloud, self._options = cloud, options
        self._pool = listed(aggregate.name for aggregate in pool)
        identity = " ".join(sorted(str(aggregate.uuid) for aggregate in pool))
        self._pool_folder = pool_folder(options.directory, self._pool, identity)
        unfinished = unfinished_record(self._pool_folder)
        self._discarded = unfinished if options.discard else None
        self._resumed = None if options.discard else unfinished
        if self._resumed:
            _refuse_foreign_roll(self._resumed, self._resumed.roll(), options)

    @property
    def changed(self) -> bool:
        """A roll without a host that is left to do is not begun."""
        return bool(self._options.hosts or self._discarded or self._resumed)

    @property
    def after(self) -> dict[str, Any]:
        return {}

    def predict(self) -> dict[str, Any]:
        return self._result(self._resumed, self._resumed.roll() if self._resumed else None)

    def apply(self) -> dict[str, Any]:
        if self._discarded:
            self._discarded.discard()
            self._show(f"the record in {self._discarded.folder} is discarded")
        if self._resumed:
            return self._resume(self._resumed)
        return self._begin() if self._options.hosts else self._result(None, None)

    def _resume(self, store: RecordStore) -> dict[str, Any]:
        with store.locked() as record:
            _refuse_foreign_roll(store, record.roll, self._options)
            # Hosts that an earlier run began, or was to do, stay in the roll, unless they turn out to need nothing.
            spared = set(self._options.spared) - set(record.roll.progress)
            kept = (host for host in record.roll.hosts if host not in spared)
            record.write(self._event("resumed", hosts=list(dict.fromkeys([*kept, *self._options.hosts]))))
            self._show(f"going on with {how_far(record.roll, record.roll.last, datetime.now())}")
            return self._result(store, record.roll)

    def _begin(self) -> dict[str, Any]:
        options = self._options
        now = mark_time(self._cloud.nova.dated_services()[1])
        ahead = datetime.strptime(now, TIME).replace(tzinfo=UTC).timestamp() - time.time()
        store = RecordStore(new_folder(self._pool_folder, now))
        roll = store.open(
            self._event(
                "opened",
                hosts=list(options.hosts),
                roll=now,
                pool=self._pool,
                owner=options.owner,
                bring_back=options.bring_back,
                upgrade=options.upgrade,
                ahead=round(ahead, 1),
            )
        )
        self._show(
            f"{counted(len(options.hosts), 'host')} to upgrade, recorded in {store.folder}. "
            "If this is interrupted, run the same again: it goes on from there."
        )
        return self._result(store, roll)

    def _result(self, store: RecordStore | None, roll: Roll | None) -> dict[str, Any]:
        return {"roll": roll_result(roll, str(store.folder) if store else None, self._options.owner)}

    def _show(self, text: str) -> None:
        self._cloud.show_progress(f"{self._pool} roll: {text}")

    @staticmethod
    def _event(kind: str, **more: Any) -> dict[str, Any]:
        return {
            "event": kind,
            "at": time.time(),
            "session": uuid.uuid4().hex,
            "process": ansible_process(),
            **more,
        }


def _refuse_foreign_roll(store: RecordStore, roll: Roll, options: RollOptions) -> None:
    how_to_end = "or discard its record with 'discard: true'"
    if is_running(roll.process) and not started_by(roll.process):
        raise Refused(
            f"The process {roll.process['pid']} of this machine is rolling through {roll.pool} since {roll.id}: "
            "wait until it has ended."
        )
    if roll.owner != options.owner:
        raise Refused(
            f"A roll of {roll.owner} through {roll.pool} is not finished ({store.folder}): let its owner end it, "
            f"{how_to_end}."
        )
    if roll.upgrade != options.upgrade:
        raise Refused(
            f"A roll through {roll.pool} with the upgrade {roll.upgrade} is not finished ({store.folder}), and this "
            f"one is {options.upgrade}: finish that one first, {how_to_end}."
        )
