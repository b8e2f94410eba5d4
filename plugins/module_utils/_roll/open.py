# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Begin the record of a roll, or go on with the unfinished one of the pool."""

from __future__ import annotations

import contextlib
import math
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .._canary.sweep import sweep
from .._errors import Refused
from .._maintenance.mark import TIME, mark_time
from .._migration.pace import Clock
from .._openstack.cloud import Cloud
from .._text import counted, listed
from .._upgrade_plan.pace import Pace
from .._upgrade_plan.plan import UpgradePlan
from .forecast import NextHost, schedule
from .pool_record import PoolRecord, refuse_other_owner, refuse_running
from .process import ansible_process
from .progress import how_far, lines_of_windows
from .results import lines_of_kept_back, roll_result
from .roll import Foreseen, Roll, Versions
from .store import RecordStore, new_folder, pool_locked, unfinished_record
from .window import windows_of

NOTHING_TO_DO = "No host needs the upgrade."


@dataclass(frozen=True, slots=True)
class RollOptions:
    """What a run asks of a roll.

    :ivar hosts: that are to be upgraded or finished, in the order of the plan.
    :ivar places: their names in the inventory.
    :ivar upgraded: those of them that an earlier run began and that need the upgrade no more.
    :ivar kept_back: packages that hosts keep back, also hosts that do not need the upgrade.
    :ivar versions: what the hosts run.
    :ivar upgrade: what the upgrade is, such as its file of tasks, for the report.
    :ivar options: what is asked of each turn.
    :ivar pace: what the times of the plan rest on, and ``foreseen`` what it foresaw of each host.
    """

    owner: str
    hosts: tuple[str, ...]
    places: Mapping[str, str]
    upgraded: tuple[str, ...]
    kept_back: Mapping[str, Sequence[str]]
    versions: Mapping[str, Versions]
    upgrade: str
    options: Mapping[str, Any]
    pace: Pace
    foreseen: Mapping[str, Foreseen]

    def over(self, now: float) -> dict[str, float]:
        """Return when each host will be over if all goes as foreseen, in seconds since 1970."""
        waiting = [
            NextHost(host, self.pace.turn_seconds(foreseen.load).total, foreseen.after, foreseen.soak)
            for host, foreseen in self.foreseen.items()
        ]
        return schedule(waiting, [], now, windows_of(self.options), self.options["windows_strict"])


class Open:
    """Go on with the unfinished roll of the pool, or begin one."""

    def __init__(self, cloud: Cloud, record: PoolRecord, options: RollOptions, plan: UpgradePlan | None = None) -> None:
        """:param plan: None where there is nothing to do."""
        self.warnings: list[str] = []
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self._cloud, self._record, self._options, self._plan = cloud, record, options, plan
        self.warnings += lines_of_kept_back(options.kept_back)
        roll = record.roll
        if roll and roll.upgrade != options.upgrade:
            self.warnings.append(
                f"The roll through {roll.pool} was begun with the upgrade {roll.upgrade}, and this run has "
                f"{options.upgrade}: what is done stays as it is, unless the record is discarded."
            )
        if roll and (left_out := set(roll.unfinished) - set(options.hosts)):
            self.warnings.append(
                f"An earlier run began {listed(left_out)}, and this one leaves them out: they stay out of service "
                "until a run goes on with them, which it does when they are not left out."
            )

    @property
    def changed(self) -> bool:
        """A roll without a host that is left to do is not begun."""
        return bool(self._options.hosts or self._record.discarded or self._record.resumed)

    def predict(self) -> dict[str, Any]:
        return self._result(self._record.resumed, self._record.roll)

    def apply(self) -> dict[str, Any]:
        """:raises Refused: if another run began a roll or goes on with this one meanwhile."""
        if self._record.discarded:
            self._sweep_discarded(self._record.discarded)
            self._record.discarded.discard()
            self._show(f"the record in {self._record.discarded.folder} is discarded")
        if self._record.resumed:
            return self._resume(self._record.resumed)
        return self._begin() if self._options.hosts else self._result(None, None)

    def _sweep_discarded(self, store: RecordStore) -> None:
        """Delete what its canary left; the servers of a record that cannot be read are not known."""
        with contextlib.suppress(Refused):
            if (roll := store.roll()).has_canaries:
                sweep(self._cloud, roll.id, Clock())

    def _resume(self, store: RecordStore) -> dict[str, Any]:
        with store.locked() as record:
            refuse_running(store, record.roll.process, record.roll.pool)
            refuse_other_owner(store, record.roll, self._options.owner)
            if record.roll.has_canaries:  # of a run that was killed: it would hold up the drain of where it is
                sweep(self._cloud, record.roll.id, Clock())
            record.write(self._event("resumed", [*record.roll.done, *self._options.hosts]))
            self._show(f"going on with {how_far(record.roll, time.time())}")
            return self._result(store, record.roll)

    def _begin(self) -> dict[str, Any]:
        options, before = self._options, self._record.left_open(self._options.owner)
        now = mark_time(self._cloud.nova.dated_services()[1])
        ahead = datetime.strptime(now, TIME).replace(tzinfo=UTC).timestamp() - time.time()
        event = self._event(
            "opened",
            options.hosts,
            roll=before.id if before else f"{now}-{uuid.uuid4().hex[:8]}",
            inherited=before.kept if before else [],
            pool=self._record.pool,
            owner=options.owner,
            upgrade=options.upgrade,
            ahead=round(ahead, 1),
        )
        with pool_locked(self._record.folder):
            if other := unfinished_record(self._record.folder):
                raise Refused(
                    f"Another run began a roll through {self._record.pool} in the meantime ({other.folder}): leave it "
                    "to that one, or run the same again when it has ended."
                )
            store = RecordStore(new_folder(self._record.folder, now))
            roll = store.open(event)
        self._show(
            f"{counted(len(options.hosts), 'host')} to upgrade, recorded in {store.folder}. "
            "If this is interrupted, run the same again: it goes on from there."
        )
        return self._result(store, roll)

    def _result(self, store: RecordStore | None, roll: Roll | None) -> dict[str, Any]:
        return {
            "roll": roll_result(roll, str(store.folder) if store else None, self._options.owner),
            "plan": self._plan.to_result() if self._plan else {},
            "summary": [
                *([*self._plan.lines(), *self._clock_lines()] if self._plan else [NOTHING_TO_DO]),
                *lines_of_kept_back(self._options.kept_back),
            ],
        }

    def _clock_lines(self) -> list[str]:
        """Say what the windows make of the plan."""
        return lines_of_windows(self._options.over(now := time.time()), self._options.options, now)

    def _show(self, text: str) -> None:
        self._cloud.show_progress(f"{self._record.pool} roll: {text}")

    def _event(self, kind: str, hosts: Iterable[str], **more: Any) -> dict[str, Any]:
        options, now = self._options, time.time()
        over = max(options.over(now).values(), default=math.inf)
        return {
            "event": kind,
            "at": now,
            "hosts": list(dict.fromkeys(hosts)),
            "places": dict(options.places),
            "upgraded": list(options.upgraded),
            "kept_back": {host: list(packages) for host, packages in options.kept_back.items()},
            "versions": {host: [found.hypervisor, found.told] for host, found in options.versions.items()},
            "options": dict(options.options),
            "pace": options.pace.to_record(),
            "foreseen": {
                host: [foreseen.load, foreseen.after, foreseen.soak] for host, foreseen in options.foreseen.items()
            },
            "over": None if math.isinf(over) else over,
            "session": uuid.uuid4().hex,
            "process": ansible_process(),
            **more,
        }
