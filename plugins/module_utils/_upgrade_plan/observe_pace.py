# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Observe how long migrations in a pool took lately, for the times of a plan."""

from __future__ import annotations

from .._openstack.cloud import Cloud
from .learn import learn_moves
from .pace import Pace
from .pool import ObservedPool


def observe_pace(cloud: Cloud, observed_pool: ObservedPool, pace: Pace) -> Pace:
    """Return a pace with what Nova's newest records tell of moves out of hosts of the pool; one request.

    How much memory a server has that left the pool since, or is on a host that is not to be upgraded, is not known:
    such records count only where there are no others.

    :param pace: what is taken of the rest, and where the records tell too little.
    """
    hosts = {member.host for member in observed_pool.members}
    sizes = {server: needs.get("MEMORY_MB", 0) / 1024 for server, needs in observed_pool.needs.items()}
    records = [record for record in cloud.nova.newest_live_migrations() if record.source in hosts]
    known = [record for record in records if record.server in sizes]
    return learn_moves(pace, [(sizes.get(record.server, 0.0), record.lasted) for record in known or records])
