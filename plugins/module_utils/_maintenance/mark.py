# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The mark that says who keeps a host in maintenance, since when, how and why. The cloud is the journal.

While the host is out of service it stands in the compute service's ``disabled_reason``:
``stackops:<owner>:<UTC time>:<mode> <reason>``. Enabling clears that, so while servers are brought back it stands as a
custom trait on the host's resource provider: ``CUSTOM_STACKOPS_RETURN_<since>_<until>_BY_<owner in hex>``. Servers
that left between the two times are brought back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._errors import MarkError

MODES = ("migrate", "disable", "hypervisor")
REASON_LIMIT = 255  # characters of disabled_reason (api-ref, os-services)
TRAIT_LIMIT = 255  # characters of a trait's name (api-ref, placement)
TRAIT_PREFIX = "CUSTOM_STACKOPS_RETURN_"
# By how much the clocks of the cloud's own machines may differ.
CLOCK_TOLERANCE = timedelta(seconds=60)

TIME = "%Y%m%dT%H%M%SZ"
_ISO = "%Y-%m-%dT%H:%M:%S"
_MARK = re.compile(rf"stackops:([^:\s]+):(\d{{8}}T\d{{6}}Z):({'|'.join(MODES)})(?: (.*))?", re.DOTALL)
_TRAIT = re.compile(rf"{TRAIT_PREFIX}(\d{{8}}T\d{{6}}Z)_(\d{{8}}T\d{{6}}Z)_BY_((?:[0-9A-F]{{2}})+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """Who keeps a host, since when, how and why.

    :ivar since: Nova's time as ``YYYYMMDDTHHMMSSZ``; it never changes while the maintenance lasts.
    :ivar mode: one of ``MODES``.
    :ivar until: when the last server left for the maintenance, in Nova's time; empty while out of service.
    """

    owner: str
    since: str
    mode: str
    reason: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        if not self.owner or re.search(r"[:\s]", self.owner):
            raise MarkError(
                f"The owner {self.owner!r} must not be empty nor hold a colon or white space: choose another."
            )
        for text, limit, what in ((self.text, REASON_LIMIT, "reason"), (self.trait, TRAIT_LIMIT, "owner")):
            if len(text) > limit:
                raise MarkError(f"The {what} is {len(text) - limit} characters too long for Nova: shorten it.")

    @property
    def text(self) -> str:
        """For ``disabled_reason``."""
        return f"stackops:{self.owner}:{self.since}:{self.mode} {self.reason}".rstrip()

    @property
    def trait(self) -> str:
        """For the resource provider."""
        return f"{TRAIT_PREFIX}{self.since}_{self.until or self.since}_BY_{self.owner.encode().hex().upper()}"

    @property
    def since_iso(self) -> str:
        """``since`` as Nova's API writes and reads times."""
        return datetime.strptime(self.since, TIME).strftime(_ISO)

    @property
    def records_since(self) -> str:
        """The earliest time that Nova may write into a record of this maintenance (ISO 8601).

        Records are dated by the conductor, whose clock may be behind that of the API, which dates the mark.
        """
        return (datetime.strptime(self.since, TIME) - CLOCK_TOLERANCE).strftime(_ISO)

    def covers(self, created_at: str) -> bool:
        """Return whether a record of that time may belong to this maintenance."""
        return self.records_since <= created_at[:19] and (not self.until or mark_time_of(created_at) <= self.until)


def read_mark(disabled_reason: str | None) -> Mark | None:
    """Return the mark in a ``disabled_reason``; None if somebody else wrote it."""
    match = _MARK.fullmatch(disabled_reason or "")
    return _readable(match[1], match[2], match[3], match[4] or "") if match else None


def read_trait(name: str) -> Mark | None:
    """Return the mark in a trait's name; its mode is ``migrate``, for only that one brings servers back."""
    match = _TRAIT.fullmatch(name)
    if not match:
        return None
    return _readable(bytes.fromhex(match[3]).decode(errors="replace"), match[1], "migrate", "", match[2])


def _readable(owner: str, since: str, mode: str, reason: str, until: str = "") -> Mark | None:
    """Return the mark; None where it only looks like one: no such day, or an owner that could not be written."""
    try:
        for time in filter(None, (since, until)):
            datetime.strptime(time, TIME)
        return Mark(owner, since, mode, reason, until)
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
