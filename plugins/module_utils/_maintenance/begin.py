# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Begin to start or stop a maintenance: the first look at everything."""

from __future__ import annotations

from collections.abc import Callable

from .._migration.pace import Clock, Pace
from .._openstack.cloud import Cloud
from .options import Options
from .start import Start
from .stop import Stop


def begin(cloud: Cloud, state: str, options: Options, clock: Clock | None = None) -> Start | Stop:
    """Return the work of ``state``, ``started`` or ``stopped``; it has touched nothing yet.

    A roll has seen this cloud answer, so an outage at this moment is waited for like any later one. A person is told.
    """
    clock = clock or Clock()
    work: Callable[[Cloud, Options, Clock], Start | Stop] = Start if state == "started" else Stop
    if options.keeper.roll:
        return Pace(clock, options.timeout).outlast(work, cloud, options, clock)
    return work(cloud, options, clock)
