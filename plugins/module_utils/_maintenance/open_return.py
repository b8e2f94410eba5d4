# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Remember in Placement, by the name of a trait, that servers are to be brought back to a host."""

from __future__ import annotations

from .._migration.pace import Pace
from .._openstack.cloud import Cloud
from .mark import TRAIT_PREFIX, Mark, read_trait


def remember_open_return(cloud: Cloud, pace: Pace, provider: str, mark: Mark | None) -> None:
    """Let this be all that is remembered of a return to the host; None where it is over, or is none.

    A new name is created before others are deleted: whoever is killed in between leaves two, of which the later counts.

    :param provider: the uuid of the host's resource provider.
    """
    placement = cloud.placement
    wanted = mark.trait(provider) if mark else None
    names = pace.outlast(placement.traits, TRAIT_PREFIX)
    if wanted and wanted not in names:
        pace.outlast(placement.create_trait, wanted)
    for name in names:
        read = read_trait(name)
        if name != wanted and read and read.provider == provider:
            pace.outlast(placement.delete_trait, name)
