# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Change aggregates: look, decide, check, and carry out the steps; look again when another writer was faster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from .._errors import CloudError, Interrupted, Refused
from .._openstack.cloud import Cloud
from .._openstack.model import Aggregate
from .change import Decision, Step
from .desired import zone_warnings
from .steps import ordered, waves
from .validation import check, joining, rezoned

# What another writer's success looks like to us: the thing is gone, or it is there already.
_OVERTAKEN = (404, 409)
# Looks in a row; a writer that overtakes us this often fights us, and a person has to look.
_LOOKS = 5
# Writes under way at once: enough to hide the time that a cloud takes to answer, few enough for one with few workers.
_AT_ONCE = 8
Decide = Callable[[Sequence[Aggregate]], Decision]
_Failure = tuple[Step, CloudError]


class Apply:
    """The work of a module that changes aggregates; making it looks and checks, and touches nothing.

    :param decide: from all aggregates that stand to what shall change.
    :param single: whether the module is about one aggregate, and so returns ``aggregate`` and not ``aggregates``.
    :raises Refused: all that Nova would refuse.
    """

    def __init__(self, cloud: Cloud, decide: Decide, single: bool = True) -> None:
        self._cloud, self._decide, self._single = cloud, decide, single
        self._look()
        self._before = [change.before for change in self._changes]
        self.warnings = zone_warnings(self._changes)

    def _look(self) -> None:
        nova = self._cloud.nova
        aggregates = nova.aggregates()
        decision = self._decide(aggregates)
        self._changes = decision.changes
        services = nova.services() if joining(self._changes) else []
        servers = servers_by_host(self._cloud) if rezoned(aggregates, self._changes) else {}
        check(aggregates, self._changes, services, servers, decision.problems)
        self._steps = [*ordered(self._changes), *decision.more]
        self._standing = {key: change.before for key, change in enumerate(self._changes)}

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
        shown = [one.to_result() for one in aggregates if one]
        return (shown[0] if shown else {}) if self._single else {"aggregates": shown}

    def predict(self) -> dict[str, Any]:
        return self._result([change.after for change in self._changes])

    def _result(self, aggregates: Sequence[Aggregate | None]) -> dict[str, Any]:
        shown = [one.to_result() if one else None for one in aggregates]
        return {"aggregate": shown[0]} if self._single else {"aggregates": [one for one in shown if one]}

    def apply(self) -> dict[str, Any]:
        """:raises Interrupted: with the steps done and those left."""
        done: list[str] = []
        failed_before: list[Step] = []
        for look in range(_LOOKS):
            failures = self._run(done)
            if not failures:
                return self._result([self._standing[key] for key in range(len(self._changes))])
            step, error = next((one for one in failures if one[1].status not in _OVERTAKEN), failures[0])
            again = any(one in failed_before for one, _error in failures)
            if error.status not in _OVERTAKEN or again or look == _LOOKS - 1:
                raise self._interrupted(done, failures, step, error, str(error))
            failed_before = [one for one, _error in failures]
            try:
                self._look()
            except (Refused, CloudError) as why:
                raise self._interrupted(done, failures, step, error, f"{error} Meanwhile: {why}") from None
        raise AssertionError("the last look returns or raises")

    def _run(self, done: list[str]) -> list[_Failure]:
        """Carry out the steps that are left, up to the first wave in which one fails. Returns what failed."""
        for wave in waves(self._steps):
            performed, failures = self._together(wave)
            done += [step.says for step in performed]
            gone = {id(step) for step in performed}
            self._steps = [step for step in self._steps if id(step) not in gone]
            if failures:
                return failures
        return []

    def _together(self, wave: Sequence[Step]) -> tuple[list[Step], list[_Failure]]:
        """Perform steps at once, and begin no more of them when one has failed. Returns those done and those failed."""
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
        """Every answer holds the whole aggregate, so nothing need be read back."""
        write = getattr(self._cloud.nova, step.operation)
        if step.change is None:
            write(*step.arguments)
            return
        standing = self._standing[step.change]
        target = () if standing is None else (standing.id,)
        self._standing[step.change] = write(*target, *step.arguments)

    def _interrupted(
        self, done: list[str], failures: Sequence[_Failure], step: Step, error: CloudError, message: str
    ) -> Interrupted:
        left = [step.says, *(one.says for one in self._steps if one is not step)]
        return Interrupted(
            f"{message} Done: {'; '.join(done) or 'nothing'}. Left: {'; '.join(left)}. "
            "Mend that and run the same again, which goes on from here.",
            # A refusal did nothing; an answer that got lost, and a 5xx, may hide a write that was done.
            changed=bool(done) or any(one.status is None or one.status >= 500 for _step, one in failures),
            done=list(done),
            left=left,
            status=error.status,
            request_id=error.request_id,
        )


def servers_by_host(cloud: Cloud) -> Counter[str]:
    """How many servers each compute host holds: one list request."""
    found: Counter[str] = Counter()
    for one in cloud.nova.hypervisors():
        found[one.host] += len(one.servers)
    return found
