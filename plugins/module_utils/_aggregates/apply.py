# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Change aggregates: observe, decide, validate and write; observe again when another writer was faster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from .._errors import CloudError, Interrupted, Refused
from .._openstack.aggregate import Aggregate
from .._openstack.cloud import Cloud
from .change import Decision, Step
from .desired import zone_warnings
from .rehearsal import Rehearsal
from .steps import ordered, waves
from .validation import check, joining, leaving

# The statuses of a write that another writer made before us: the object is gone, or it exists already.
_OVERTAKEN = (404, 409)
# Attempts in a row; a writer that overtakes us this often works against us, and a person has to decide.
_ATTEMPTS = 5
# Writes under way at once: enough to hide how long a cloud takes to answer, few enough for a cloud with few workers.
_AT_ONCE = 8
Decide = Callable[[Sequence[Aggregate]], Decision]
_Failure = tuple[Step, CloudError]


class Apply:
    """The work of a module that changes aggregates. Making it observes the cloud and changes nothing.

    :param decide: returns what shall change, from all aggregates that exist.
    :param single: whether the module is for one aggregate, and so returns ``aggregate`` and not ``aggregates``.
    :param force: whether also a host that is enabled and holds servers may leave an aggregate.
    :raises Refused: if Nova would refuse a change, or such a host would leave.
    """

    def __init__(self, cloud: Cloud, decide: Decide, single: bool = True, force: bool = False) -> None:
        self._cloud, self._decide, self._single, self._force = cloud, decide, single, force
        self._observe()
        self._before = [change.before for change in self._changes]
        self.warnings = zone_warnings(self._changes)

    def _observe(self) -> None:
        nova = self._cloud.nova
        aggregates = nova.aggregates()
        decision = self._decide(aggregates)
        self._changes = decision.changes
        self._steps = [*ordered(self._changes), *decision.more]
        rehearsal = Rehearsal(aggregates, self._changes, self._steps)
        guarded = {} if self._force else leaving(self._changes)
        services = nova.services() if joining(self._changes) or guarded else []
        # Of one whose cell does not answer nobody knows; the list of servers then fails and names the cell.
        enabled = {service.host for service in services if service.enabled or service.unknown}
        guarded = {host: name for host, name in guarded.items() if host in enabled}
        servers = _servers_by_host(self._cloud) if rehearsal.to_be_empty or guarded else {}
        check(self._changes, rehearsal, services, servers, guarded, decision.problems)
        self._current = {key: change.before for key, change in enumerate(self._changes)}

    @property
    def changed(self) -> bool:
        return bool(self._steps)

    @property
    def before(self) -> dict[str, Any]:
        return self._difference(self._before)

    @property
    def after(self) -> dict[str, Any]:
        return self._difference([change.after for change in self._changes])

    def _difference(self, aggregates: Sequence[Aggregate | None]) -> dict[str, Any]:
        results = [aggregate.to_result() for aggregate in aggregates if aggregate]
        return (results[0] if results else {}) if self._single else {"aggregates": results}

    def predict(self) -> dict[str, Any]:
        return self._result([change.after for change in self._changes])

    def _result(self, aggregates: Sequence[Aggregate | None]) -> dict[str, Any]:
        results = [aggregate.to_result() if aggregate else None for aggregate in aggregates]
        return {"aggregate": results[0]} if self._single else {"aggregates": list(filter(None, results))}

    def apply(self) -> dict[str, Any]:
        """Make the changes and return their result.

        :raises Interrupted: if a step fails; with the steps done and those left.
        """
        done: list[str] = []
        failed_before: list[Step] = []
        for attempt in range(1, _ATTEMPTS + 1):
            failures = self._run(done)
            if not failures:
                return self._result([self._current[key] for key in range(len(self._changes))])
            step, error = next((failure for failure in failures if failure[1].status not in _OVERTAKEN), failures[0])
            again = any(failed in failed_before for failed, _error in failures)
            if error.status not in _OVERTAKEN or again or attempt == _ATTEMPTS:
                raise self._interrupted(done, failures, step, error, str(error))
            failed_before = [failed for failed, _error in failures]
            try:
                self._observe()
            except (Refused, CloudError) as refusal:
                raise self._interrupted(done, failures, step, error, f"{error} Meanwhile: {refusal}") from None
        raise AssertionError("the last attempt returns or raises")

    def _run(self, done: list[str]) -> list[_Failure]:
        """Perform the steps that are left, up to the first group in which one fails; return those that failed."""
        for wave in waves(self._steps):
            performed, failures = self._together(wave)
            done += [step.description for step in performed]
            identities = {id(step) for step in performed}
            self._steps = [step for step in self._steps if id(step) not in identities]
            if failures:
                return failures
        return []

    def _together(self, wave: Sequence[Step]) -> tuple[list[Step], list[_Failure]]:
        """Perform steps at once, and begin no more of them after one failed; return those done and those failed."""
        pool = ThreadPoolExecutor(min(_AT_ONCE, len(wave)))
        try:
            futures = [pool.submit(self._perform, step) for step in wave]
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(cancel_futures=True)
        performed, failures = [], []
        for step, future in zip(wave, futures, strict=True):
            if future.cancelled():
                continue
            try:
                future.result()
            except CloudError as error:
                failures.append((step, error))
            else:
                performed.append(step)
        return performed, failures

    def _perform(self, step: Step) -> None:
        """Perform one step; every answer holds the whole aggregate, so nothing need be read back."""
        write = getattr(self._cloud.nova, step.operation)
        if step.change is None:
            write(*step.arguments)
            return
        current = self._current[step.change]
        target = () if current is None else (current.id,)
        self._current[step.change] = write(*target, *step.arguments)

    def _interrupted(
        self, done: list[str], failures: Sequence[_Failure], step: Step, error: CloudError, message: str
    ) -> Interrupted:
        left = [step.description, *(other.description for other in self._steps if other is not step)]
        return Interrupted(
            f"{message} Done: {'; '.join(done) or 'nothing'}. Left: {'; '.join(left)}. "
            "Mend that and run the same again, which goes on from here.",
            # A refusal did nothing; an answer that got lost, and a 5xx, may hide a write that was done.
            changed=bool(done) or any(failed.status is None or failed.status >= 500 for _step, failed in failures),
            done=list(done),
            left=left,
            status=error.status,
            request_id=error.request_id,
        )


def _servers_by_host(cloud: Cloud) -> Counter[str]:
    """Return how many servers are on each compute host: one list request."""
    counts: Counter[str] = Counter()
    for hypervisor in cloud.nova.hypervisors():
        counts[hypervisor.host] += len(hypervisor.servers)
    return counts
