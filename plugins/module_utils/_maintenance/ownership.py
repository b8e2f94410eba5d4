# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Who keeps a host: whether this run may take it out of service, go on with it, or put it back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from .._errors import Refused
from .._openstack.service import Service
from .mark import Mark, read_mark


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who is to keep a host.

    :ivar roll: the id of the roll for which; empty for a person; None for whoever the owner is: a look that keeps
        nothing.
    :ivar takeover: whether hosts of others may be taken over.
    """

    owner: str
    roll: str | None = ""
    takeover: bool = False

    def is_of(self, mark: Mark) -> bool:
        """Return whether a mark is this one's own. What a person began is never a roll's, nor the other way round."""
        return mark.owner == self.owner and self.roll in (None, mark.roll)


@dataclass(frozen=True, slots=True)
class OtherKeeper:
    """Somebody else who keeps a host, by this mark.

    :ivar text: who, what for, since when and why, as the end of a sentence.
    """

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """What says who keeps a host.

    :ivar mark: that of its maintenance. :ivar returning: that of bringing its servers back, which is not over.
    """

    service: Service
    mark: Mark | None
    returning: Mark | None

    @property
    def foreign(self) -> bool:
        """Whether it is disabled, and not by this collection."""
        return not self.service.enabled and self.mark is None

    def other(self, keeper: Keeper) -> OtherKeeper | None:
        """Return who else keeps the host; None where nobody does.

        While it is out of service its mark alone tells: Nova may have brought back the trait of a maintenance that is
        over.

        :param keeper: who we are.
        """
        mark, what = self.mark or self.returning, "in maintenance" if self.mark else "getting its servers back"
        if mark is None or keeper.takeover or keeper.is_of(mark):
            return None
        if mark.roll:
            who = f"the roll {mark.roll} of {mark.owner}"
        else:
            who = f"{mark.owner} by hand" if mark.owner == keeper.owner else mark.owner
        return OtherKeeper(mark, f"{what} by {who} since {mark.since} ({mark.reason or 'no reason'})")


def ownership_of(service: Service, returning: Mark | None) -> Ownership:
    """Return who keeps the host of a service.

    :param returning: the mark in the trait of its resource provider.
    """
    return Ownership(service, None if service.enabled else read_mark(service.reason), returning)


def foreign_reason(service: Service) -> str:
    """Return that somebody else disabled a service, and why, as the end of a sentence."""
    return f"disabled by somebody else ({service.reason or 'no reason given'})"


def refuse_other_keepers(ownership: Ownership, keeper: Keeper) -> None:
    """:raises Refused: if somebody else keeps the host, and it is not to be taken over."""
    if other := ownership.other(keeper):
        host = repr(ownership.service.host)
        raise Refused(f"The host {host} is {other.text}: wait for its owner, or set 'takeover: true' to take it over.")


def refuse_ended(ownership: Ownership, standing: Mark | None) -> None:
    """See that a maintenance that is to be gone on with has not been ended.

    :param standing: its mark; None if there is none any more.
    :raises Refused: if there is none.
    """
    if standing is None:
        what = foreign_reason(ownership.service) if ownership.foreign else "enabled"
        raise Refused(
            f"The compute service of {ownership.service.host!r} was {what} since its maintenance began, and not by "
            "this run: it is left as it is, and servers that left it stay where they are. Find out why; begin again."
        )


def mark_for_start(ownership: Ownership, new: Mark, foreign: str) -> Mark | None:
    """Return the mark that shall stand while the host is out of service; None to leave a foreign disabling alone.

    The time of a maintenance that goes on never changes: it says since when servers have left.

    :param new: the mark of a maintenance that begins now. :param foreign: what to do if somebody else disabled it.
    :raises Refused: if somebody else disabled the service.
    """
    if ownership.foreign and foreign == "refuse":
        raise Refused(
            f"The compute service of {ownership.service.host!r} was {foreign_reason(ownership.service)}: enable it "
            "first, or set 'foreign: drain' to empty the host and leave its status and reason alone."
        )
    if ownership.foreign:
        return None
    standing = ownership.mark or ownership.returning
    if standing:
        return replace(standing, owner=new.owner, mode=new.mode, reason=new.reason, until="", roll=new.roll)
    return new


def mark_for_stop(ownership: Ownership, keeper: Keeper) -> Mark | None:
    """Return the mark whose servers are to be brought back; None when this collection has nothing to put back.

    Servers wait while the host is disabled by somebody else: the trait stays, and a later stop goes on with it.
    """
    standing = None if ownership.foreign else ownership.mark or ownership.returning
    return replace(standing, owner=keeper.owner, roll=keeper.roll or "") if standing else None


def changed_hands(before: Service, now: Service) -> str | None:
    """Return what somebody else did to the service of a host that is ours to keep; None if that is as it was.

    :param before: as we left it.
    """
    if (now.enabled, now.reason) == (before.enabled, before.reason):
        return None
    host, mark = repr(now.host), read_mark(now.reason)
    if now.enabled:
        return (
            f"The compute service of {host} was enabled meanwhile, and not by this run: find out why, and begin again."
        )
    if mark:
        reason = mark.reason or "no reason"
        return (
            f"The compute service of {host} was taken over meanwhile by {mark.owner} ({reason}): leave it to that one."
        )
    why = foreign_reason(now)
    return f"The compute service of {host} was {why} meanwhile and stays so: run the same again when that is over."


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
    if service.unknown:
        return "its cell does not answer"
    if not service.enabled:
        return "it is in maintenance" if read_mark(service.reason) else "it is disabled"
    if not service.up:
        return "its compute service is down"
    return "its own servers are still being brought back" if returning else None
