# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The mark that says who keeps a host in maintenance, since when, how and why. The cloud is the journal.

While the host is out of service it stands in the compute service's ``disabled_reason``:
``stackops:<owner>:<UTC time>[-<record>]:<mode>[@<roll>] <reason>``. Enabling clears that, so while servers are brought
back it stands as the name of a custom trait in Placement:
``CUSTOM_STACKOPS_RETURN_<since>[_<record>]_<until>_BY_<owner in hex>[_IN_<roll>]_OF_<the host's resource provider>``.
Servers that left between the two times are brought back, by migrations whose records are newer than that record: the
clock that dates records is the conductor's, and may be behind the one that dates the mark.

No provider carries that trait. nova-compute writes all traits of its provider as it remembers them when its service is
enabled while it reports its resources: it was seen to drop one that had just been added (Nova 34).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from .._errors import MarkError

MODES = ("migrate", "disable", "hypervisor")
REASON_LIMIT = 255  # characters of disabled_reason (api-ref, os-services)
TRAIT_LIMIT = 255  # characters of a trait's name (api-ref, placement)
TRAIT_PREFIX = "CUSTOM_STACKOPS_RETURN_"
# By how much the clocks of the cloud's own machines may differ.
CLOCK_TOLERANCE = timedelta(seconds=60)

TIME = "%Y%m%dT%H%M%SZ"
_ISO = "%Y-%m-%dT%H:%M:%S"
_TIME = r"\d{8}T\d{6}Z"
_ROLL = r"\d{8}T\d{6}Z-[0-9a-f]{8}"
_MARK = re.compile(
    rf"stackops:(?P<owner>[^:\s]+):(?P<since>{_TIME})(?:-(?P<after>\d+))?:(?P<mode>{'|'.join(MODES)})(?:@(?P<roll>{_ROLL}))?"
    r"(?: (?P<reason>.*))?",
    re.DOTALL,
)
_TRAIT = re.compile(
    rf"{TRAIT_PREFIX}(?P<since>{_TIME})(?:_(?P<after>\d+))?_(?P<until>{_TIME})_BY_(?P<owner>(?:[0-9A-F]{{2}})+)"
    r"(?:_IN_(?P<roll>\d{8}T\d{6}Z_[0-9A-F]{8}))?_OF_(?P<provider>[0-9A-F]{32})"
)
_ANY_PROVIDER = str(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Mark:
    """Who keeps a host, since when, how and why.

    :ivar since: Nova's time as ``YYYYMMDDTHHMMSSZ``; it never changes while the maintenance lasts.
    :ivar mode: one of ``MODES``.
    :ivar until: when the last server left for the maintenance, in Nova's time; empty while out of service.
    :ivar after: the newest record of a migration out of the host before it; 0 where there was none.
    :ivar roll: the id of the roll that it belongs to; empty for one that a person began.
    """

    owner: str
    since: str
    mode: str
    reason: str = ""
    until: str = ""
    after: int = 0
    roll: str = ""

    def __post_init__(self) -> None:
        if not self.owner or re.search(r"[:\s]", self.owner):
            raise MarkError(
                f"The owner {self.owner!r} must not be empty nor hold a colon or white space: choose another."
            )
        trait = self.trait(_ANY_PROVIDER)
        for text, limit, what in ((self.text, REASON_LIMIT, "reason"), (trait, TRAIT_LIMIT, "owner")):
            if len(text) > limit:
                raise MarkError(f"The {what} is {len(text) - limit} characters too long for Nova: shorten it.")

    @property
    def text(self) -> str:
        """For ``disabled_reason``."""
        after = f"-{self.after}" if self.after else ""
        roll = f"@{self.roll}" if self.roll else ""
        return f"stackops:{self.owner}:{self.since}{after}:{self.mode}{roll} {self.reason}".rstrip()

    def trait(self, provider: str) -> str:
        """Return the name of the trait of a return to the host with this resource provider (a uuid)."""
        after = f"_{self.after}" if self.after else ""
        owner = self.owner.encode().hex().upper()
        roll = f"_IN_{self.roll.replace('-', '_').upper()}" if self.roll else ""
        host = UUID(provider).hex.upper()
        return f"{TRAIT_PREFIX}{self.since}{after}_{self.until or self.since}_BY_{owner}{roll}_OF_{host}"

    @property
    def records_since(self) -> str:
        """The earliest time that Nova may write into a record of this maintenance (ISO 8601).

        Records are dated by the conductor, whose clock may be behind that of the API, which dates the mark.
        """
        return (datetime.strptime(self.since, TIME) - CLOCK_TOLERANCE).strftime(_ISO)

    def covers(self, record: int, created_at: str) -> bool:
        """Return whether a migration out of the host may belong to this maintenance.

        :param record: the number of its record. :param created_at: when Nova created that (ISO 8601).
        """
        late = bool(self.until) and mark_time_of(created_at) > self.until
        return record > self.after and created_at[:19] >= self.records_since and not late


def read_mark(disabled_reason: str | None) -> Mark | None:
    """Return the mark in a ``disabled_reason``; None if somebody else wrote it."""
    match = _MARK.fullmatch(disabled_reason or "")
    return readable(**match.groupdict(default="")) if match else None


class OpenReturn(NamedTuple):
    """A return that is not over: the uuid of the resource provider of its host, and its mark."""

    provider: str
    mark: Mark


def read_trait(name: str) -> OpenReturn | None:
    """Return what a trait's name tells; the mark's mode is ``migrate``, for only that one brings servers back."""
    match = _TRAIT.fullmatch(name)
    if not match:
        return None
    written = match.groupdict(default="")
    provider = str(UUID(written.pop("provider")))
    owner = bytes.fromhex(written["owner"]).decode(errors="replace")
    roll = written["roll"].replace("_", "-").lower().replace("t", "T").replace("z", "Z")
    mark = readable(**{**written, "owner": owner, "roll": roll, "mode": "migrate"})
    return OpenReturn(provider, mark) if mark else None


def readable(
    owner: str, since: str, after: str, mode: str, reason: str = "", until: str = "", roll: str = ""
) -> Mark | None:
    """Return the mark of which these are the written parts.

    None where they only look like one: no such day, or an owner that could not be written.
    """
    try:
        for time in filter(None, (since, until)):
            datetime.strptime(time, TIME)
        return Mark(owner, since, mode, reason, until, int(after or 0), roll)
    except (ValueError, MarkError):
        return None


def mark_time(now: str | None) -> str:
    """Return the time of a mark.

    :param now: on the cloud's clock, which is not this machine's (ISO 8601 in UTC).
    :raises MarkError: if the cloud tells no time.
    """
    if not now:
        raise MarkError(
            "Nova tells no time to date the maintenance with: its answers carry no Date header, and no compute service "
            "has a heartbeat; start nova-compute somewhere."
        )
    return mark_time_of(now)


def mark_time_of(iso: str) -> str:
    """Return a time of Nova's API, such as that of a migration record, as marks write it."""
    return datetime.strptime(iso[:19], _ISO).strftime(TIME)
