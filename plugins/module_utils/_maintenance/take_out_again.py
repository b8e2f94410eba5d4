# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Take a host out of service again whose return is not over, for something is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from .._errors import Interrupted
from .._migration.pace import Clock, Pace
from .._openstack.cloud import Cloud
from .insist import insist
from .mark import TRAIT_PREFIX, Mark, mark_time
from .observe import observe_host
from .ownership import Keeper, changed_hands, mark_for_start, refuse_other_keepers

_TIMEOUT = 300.0  # seconds


def take_out_again(cloud: Cloud, host: str, keeper: Keeper, reason: str, clock: Clock) -> None:
    """Write the mark of the maintenance again. Nothing is moved: what came to the host meanwhile stays there.

    :raises Refused: if somebody else keeps the host, or disabled it.
    :raises Interrupted: if somebody else changes its service at the same moment.
    """
    pace, nova = Pace(clock, _TIMEOUT), cloud.nova
    observation = pace.outlast(observe_host, cloud, host, others=False)
    ownership, service = observation.ownership, observation.service
    refuse_other_keepers(ownership, keeper)
    if ownership.mark:
        return
    newest = pace.outlast(nova.newest_migration, host)
    new = Mark(
        keeper.owner,
        mark_time(observation.now),
        "migrate",
        reason,
        after=newest.id if newest else 0,
        roll=keeper.roll or "",
    )
    mark = mark_for_start(ownership, new, "refuse") or new
    insist(cloud, pace, service, partial(nova.disable_service, service, mark.text))
    marked = replace(service, enabled=False, reason=mark.text)
    if why := changed_hands(marked, pace.outlast(nova.service, host)):
        raise Interrupted(why)
    if ownership.returning:
        pace.outlast(cloud.placement.set_trait, observation.hypervisor.id, TRAIT_PREFIX, None)
