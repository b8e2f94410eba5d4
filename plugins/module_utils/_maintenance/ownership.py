# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide who keeps a host: whether this run may take it out of service, go on with it, or put it back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from .._errors import Refused
from .._openstack.model import Service
from .mark import Mark, read_mark


@dataclass(frozen=True, slots=True)
class Ownership:
    """What stands at a host: the mark of its maintenance, and the mark of a return that is not over."""

    service: Service
    mark: Mark | None
    returning: Mark | None

    @property
    def foreign(self) -> bool:
        """Disabled, and not by this collection."""
        return not self.service.enabled and self.mark is None


def ownership_of(service: Service, returning: Mark | None) -> Ownership:
    return Ownership(service, None if service.enabled else read_mark(service.reason), returning)


def refuse_other_owners(found: Ownership, owner: str, takeover: bool) -> None:
    """:raises Refused: another owner keeps the host, and nothing was said of taking it over."""
    for mark, what in ((found.mark, "in maintenance"), (found.returning, "getting its servers back")):
        if mark and mark.owner != owner and not takeover:
            raise Refused(
                f"The host {found.service.host!r} is {what} by {mark.owner} since {mark.since} "
                f"({mark.reason or 'no reason'}): wait for its owner, or set 'takeover: true' to take it over."
            )


def mark_for_start(found: Ownership, owner: str, now: str, mode: str, reason: str, foreign: str) -> Mark | None:
    """The mark that shall stand while the host is out of service; None to drain under somebody else's disabling.

    The time of a maintenance that goes on never changes: it says since when servers have left.

    :param now: Nova's time.
    :raises Refused: somebody else disabled the service.
    """
    if found.foreign and foreign == "refuse":
        raise Refused(
            f"The compute service of {found.service.host!r} was disabled by somebody else "
            f"({found.service.reason or 'no reason given'}): enable it first, or set 'foreign: drain' to empty the "
            "host and leave its status and reason alone."
        )
    if found.foreign:
        return None
    standing = found.mark or found.returning
    if standing:
        return replace(standing, owner=owner, mode=mode, reason=reason, until="")
    return Mark(owner, now, mode, reason)


def mark_for_stop(found: Ownership, owner: str) -> Mark | None:
    """The mark whose servers are to come home; None when this collection has nothing to put back.

    A return waits while the host is disabled by somebody else: its trait stays, and a later stop goes on with it.
    """
    standing = None if found.foreign else found.mark or found.returning
    return replace(standing, owner=owner) if standing else None


def unusable_hosts(
    hosts: Iterable[str], services: Iterable[Service], returning: Collection[str] = ()
) -> dict[str, str]:
    """Return those of the hosts that take no servers now, each with the reason.

    :param returning: hosts whose own servers are still being brought back.
    """
    by_host = {service.host: service for service in services}
    reasons = {host: _unusable(by_host.get(host), host in returning) for host in hosts}
    return {host: reason for host, reason in reasons.items() if reason}


def _unusable(service: Service | None, returning: bool) -> str | None:
    if service is None:
        return "it has no compute service"
    if not service.enabled:
        return "it is in maintenance" if read_mark(service.reason) else "it is disabled"
    if not service.up:
        return "its compute service is down"
    return "its own servers are still being brought back" if returning else None
