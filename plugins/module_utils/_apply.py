# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Change an aggregate: look at what the change needs to know, check it, and carry out its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates import (
    Change,
    check,
    joining,
    plan,
    rezoned,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._client import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._cloud import Cloud
from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Interrupted, Step


class Apply:
    """The work of a module that changes one aggregate; making it looks and checks, and touches nothing.

    :param aggregates: all that stand.
    :param more: steps after those of the aggregate itself.
    :raises Refused: all that Nova would refuse.
    """

    def __init__(
        self, cloud: Cloud, aggregates: Sequence[Aggregate], change: Change, more: Sequence[Step] = ()
    ) -> None:
        services = cloud.nova.services() if joining([change]) else []
        servers = servers_by_host(cloud) if rezoned(aggregates, [change]) else {}
        check(aggregates, [change], services, servers)
        self._nova, self._change = cloud.nova, change
        planned = plan(change)
        self._plan = replace(planned, steps=[*planned.steps, *more])
        self._standing = change.before
        self.warnings: list[str] = []

    @property
    def changed(self) -> bool:
        return bool(self._plan.steps)

    @property
    def before(self) -> dict[str, Any]:
        return self._plan.before

    @property
    def after(self) -> dict[str, Any]:
        return self._plan.after

    def foretold(self) -> dict[str, Any]:
        return {"aggregate": self._change.after.shown() if self._change.after else None}

    def carry_out(self) -> dict[str, Any]:
        """:raises Interrupted: with the steps done and those left."""
        done: list[str] = []
        for step in self._plan.steps:
            try:
                self._perform(step)
            except CloudError as error:
                left = [one.says for one in self._plan.steps[len(done) :]]
                raise Interrupted(
                    f"{error} Done: {'; '.join(done) or 'nothing'}. Left: {'; '.join(left)}. "
                    "Mend that and run the same again, which goes on from here.",
                    # A refusal did nothing; an answer that got lost, and a 5xx, may hide a write that was done.
                    changed=bool(done) or error.status is None or error.status >= 500,
                    done=done,
                    left=left,
                    status=error.status,
                    request_id=error.request_id,
                ) from None
            done.append(step.says)
        return {"aggregate": self._standing.shown() if self._standing else None}

    def _perform(self, step: Step) -> None:
        write = getattr(self._nova, step.operation)
        if step.operation == "enable_service":
            write(*step.arguments)
        elif step.operation == "create_aggregate":
            self._standing = write(*step.arguments)
        elif self._standing:
            # Every answer holds the whole aggregate: no request is needed to read it back.
            self._standing = write(self._standing.id, *step.arguments)


def servers_by_host(cloud: Cloud) -> Counter[str]:
    """How many servers each compute host holds: one list request."""
    found: Counter[str] = Counter()
    for one in cloud.nova.hypervisors():
        found[one.host] += len(one.servers)
    return found
