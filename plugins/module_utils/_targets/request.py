# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A server that needs a target, and everything of it that decides which hosts can take it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._openstack.capacity import Resources
from .._openstack.group import Group
from .._openstack.image import Traits


@dataclass(frozen=True, slots=True)
class Demand:
    """What a server asks of a host beside capacity: a zone that it is pinned to, and the traits of its flavor.

    :ivar preferred: traits that its image asks for now. Nova goes by those of the image as it was at boot, which no API
        tells, and a tenant may write into an own image whatever he likes: so no host is left out for them.
    """

    zone: str | None = None
    traits: Traits = Traits()
    preferred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """A server that is to leave its host.

    :ivar server: its uuid.
    :ivar needs: what it holds on its host, by resource class.
    :ivar version: of its host's hypervisor; Nova refuses to move it to an older one (DestinationHypervisorTooOld).
    :ivar groups: the server groups that it is a member of.
    :ivar refusals: the hosts that Nova has refused already, each with Nova's reason.
    :ivar planned: the host that a plan chose; it is taken until Nova refuses it or is sure to.
    :ivar expected: the host that was chosen the last time.
    """

    server: str
    needs: Resources
    version: int
    demand: Demand = Demand()
    groups: Sequence[Group] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)
    planned: str | None = None
    expected: str | None = None

    @property
    def has_a_target(self) -> bool:
        """Whether a target is meant for the server that Nova did not refuse."""
        return any(host and host not in self.refusals for host in (self.planned, self.expected))
