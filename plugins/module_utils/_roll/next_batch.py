# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Begin the next batch of a roll, planned from the cloud as it is now; or say why none begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._errors import CloudError, Refused
from .._openstack.cloud import Cloud
from .._text import listed
from .limits import Limits, reason_to_stop, remaining
from .progress import how_far
from .record import add_event
from .store import RecordStore

# From the hosts that are left to do, those that are done, and those that have only to be put back into service, makes
# the plan as os_upgrade_plan returns it.
Planning = Callable[[Sequence[str], Sequence[str], Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class AnsibleHosts:
    """What only Ansible knows of the hosts.

    :ivar lost: those that it works on no more, after a failure that only it has seen (no connection).
    :ivar upgraded: those that an earlier run began and that need the upgrade no more.
    """

    lost: Sequence[str] = ()
    upgraded: Sequence[str] = ()


class NextBatch:
    """Plan the next batch when this is made, and record it when this is applied."""

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(
        self, cloud: Cloud, store: RecordStore, session: str, ansible: AnsibleHosts, limits: Limits, planning: Planning
    ) -> None:
        """:raises Refused: if the record cannot be read."""
        self.warnings: list[str] = []
        self._cloud, self._store, self._session = cloud, store, session
        self._roll = roll = store.roll()
        self._events: list[dict[str, Any]] = []
        for host in roll.unfinished:
            if host in ansible.lost and host not in roll.failed:
                self._add("failed", host=host, reason="Ansible lost the host, see its error above.")
        self._batch: Mapping[str, Any] | None = None
        self._remaining = remaining(roll)
        reason = reason_to_stop(roll, limits) if self._remaining else None
        if self._remaining and not reason:
            try:
                plan = planning(self._remaining, roll.done, roll.verified)
                self._batch, reason = _first_batch(plan, limits.forks, {*roll.verified, *ansible.upgraded})
            except (CloudError, Refused) as error:  # it ends the run in order, with a report
                reason = str(error)
        if reason:
            self._add("stopped", reason=reason)
        if self._batch:
            self._add("batch", **_batch_event(self._batch))

    def _add(self, kind: str, **more: Any) -> None:
        event = {"event": kind, "at": time.time(), **more}
        self._events.append(event)
        add_event(self._roll, event)

    @property
    def changed(self) -> bool:
        return bool(self._events)

    def predict(self) -> dict[str, Any]:
        hosts = self._batch["hosts"] if self._batch else []
        return {
            "over": not hosts,
            "last": {*self._remaining} == {host["host"] for host in hosts},
            "batch": {host["host"]: host["moves"] for host in hosts},
            "number": len(self._roll.batches),
            "reason": None if hosts else self._roll.stopped,
        }

    def apply(self) -> dict[str, Any]:
        with self._store.locked(self._session) as record:
            for event in self._events:
                record.write(event)
            far = how_far(record.roll, time.time(), datetime.now())
        result = self.predict()
        if self._batch:
            text = f"batch {result['number']}: {listed(result['batch'])} ({self._batch['limited_by']})"
        else:
            text = f"no further host begins, for {result['reason']}"
        self._cloud.show_progress(f"{self._roll.pool} roll: {text} [{far}]")
        return result


def _first_batch(
    plan: Mapping[str, Any], forks: int, upgraded: Collection[str]
) -> tuple[Mapping[str, Any] | None, str | None]:
    """The first batch of a plan, or why it cannot begin.

    :param upgraded: hosts that have only to be verified or put back.
    """
    if not plan["batches"]:
        return None, " ".join(blocker["text"] for blocker in plan["blockers"])
    batch = _in_step(plan["batches"][0], upgraded)
    if len(batch["hosts"]) > forks:
        return None, (
            f"the batch has {len(batch['hosts'])} hosts and Ansible works on {forks} at once: raise 'forks' (-f) or "
            "lower max_unavailable"
        )
    return batch, None


def _in_step(batch: Mapping[str, Any], upgraded: Collection[str]) -> Mapping[str, Any]:
    """The hosts of a batch that have the same steps ahead.

    Ansible takes the hosts of a batch through their steps together, and mixes those up of hosts that have others ahead.
    """
    first, *others = batch["hosts"]
    if first["host"] in upgraded:
        hosts = [first]
    else:
        hosts = [first, *(host for host in others if host["host"] not in upgraded)]
    if len(hosts) == len(batch["hosts"]):
        return batch
    return {
        **batch,
        "hosts": hosts,
        "limited_by": "the other hosts have other steps ahead, for an earlier run began them",
    }


def _batch_event(batch: Mapping[str, Any]) -> dict[str, Any]:
    """The batch as its event holds it."""
    return {
        "hosts": [host["host"] for host in batch["hosts"]],
        "moves": [
            {key: move[key] for key in ("server", "name", "target", "kind")} | {"source": host["host"]}
            for host in batch["hosts"]
            for move in host["moves"]
        ],
        "limited_by": batch["limited_by"],
    }
