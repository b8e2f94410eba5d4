# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Begin the next batch of a roll, planned from what stands now; or say why none begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._errors import CloudError, Refused
from .._openstack.cloud import Cloud
from .._text import listed
from .limits import halted, remaining
from .progress import how_far
from .record import add_event
from .store import RecordStore

# Of the hosts that are left to do, those that are done, and those that have only to be put back: the plan as
# os_upgrade_plan returns it.
Planning = Callable[[Sequence[str], Sequence[str], Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a run early.

    :ivar now: the moment as the operator's clock shows it, in which the windows are told.
    :ivar forks: how many hosts Ansible works on at once.
    """

    max_failures: str
    windows: tuple[str, ...]
    forks: int
    now: datetime


class NextBatch:
    """Decided when it is made, written when it is carried out."""

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(
        self, cloud: Cloud, store: RecordStore, session: str, lost: Sequence[str], limits: Limits, planning: Planning
    ) -> None:
        """:param lost: hosts that Ansible works on no more, after a failure that only it has seen (no connection).

        :param planning: a plan as it is shown.
        """
        self.warnings: list[str] = []
        self._cloud, self._store, self._session = cloud, store, session
        self._roll = roll = store.roll()
        self._events: list[dict[str, Any]] = []
        for host in roll.unfinished:
            if host in lost and host not in roll.failed:
                self._will(event="failed", host=host, reason="Ansible lost the host, see its error above.")
        self._batch: Mapping[str, Any] | None = None
        self._todo = todo = remaining(roll)
        why = halted(roll, limits.max_failures, limits.windows, limits.now) if todo else None
        if todo and not why:
            try:
                self._batch, why = _first(planning(todo, roll.done, roll.verified), limits.forks)
            except (CloudError, Refused) as error:  # it ends the run in order, with a report
                why = str(error)
        if why:
            self._will(event="stopped", reason=why)
        if self._batch:
            self._will(
                event="batch",
                hosts=[one["host"] for one in self._batch["hosts"]],
                moves=[
                    {key: move[key] for key in ("server", "name", "target", "kind")} | {"source": one["host"]}
                    for one in self._batch["hosts"]
                    for move in one["moves"]
                ],
                limited_by=self._batch["limited_by"],
            )

    def _will(self, **event: Any) -> None:
        event["at"] = time.time()
        self._events.append(event)
        add_event(self._roll, event)

    @property
    def changed(self) -> bool:
        return bool(self._events)

    def predict(self) -> dict[str, Any]:
        hosts = self._batch["hosts"] if self._batch else []
        return {
            "over": not hosts,
            "last": {*self._todo} == {one["host"] for one in hosts},
            "batch": {one["host"]: one["moves"] for one in hosts},
            "number": len(self._roll.batches),
            "reason": None if hosts else self._roll.stopped,
        }

    def apply(self) -> dict[str, Any]:
        with self._store.locked(self._session) as record:
            for event in self._events:
                record.write(event)
            far = how_far(record.roll, time.time(), datetime.now())
        told = self.predict()
        if self._batch:
            says = f"batch {told['number']}: {listed(told['batch'])} ({self._batch['limited_by']})"
        else:
            says = f"no further host begins, for {told['reason']}"
        self._cloud.show_progress(f"{self._roll.pool} roll: {says} [{far}]")
        return told


def _first(plan: Mapping[str, Any], forks: int) -> tuple[Mapping[str, Any] | None, str | None]:
    """The first batch of a plan, or why it cannot begin."""
    if not plan["batches"]:
        return None, " ".join(one["text"] for one in plan["blockers"])
    batch = plan["batches"][0]
    if len(batch["hosts"]) > forks:
        return None, (
            f"the batch has {len(batch['hosts'])} hosts and Ansible works on {forks} at once: raise 'forks' (-f) or "
            "lower max_unavailable"
        )
    return batch, None
