# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The mark that says who keeps a host in maintenance, since when, how and why. The cloud is the journal.

While the host is out of service it stands in the compute service's ``disabled_reason``:
``stackops:<owner>:<UTC time>:<mode> <reason>``. Enabling clears that, so while servers come home it stands as a
custom trait on the host's resource provider: ``CUSTOM_STACKOPS_RETURN_<since>_<until>_BY_<owner in hex>``. Servers
that left between the two times come home.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from .._errors import MarkError

MODES = ("migrate", "disable", "hypervisor")
REASON_LIMIT = 255  # characters of disabled_reason (api-ref, os-services)
TRAIT_LIMIT = 255  # characters of a trait's name (api-ref, placement)
TRAIT_PREFIX = "CUSTOM_STACKOPS_RETURN_"
TIME = "%Y%m%dT%H%M%SZ"
_ISO = "%Y-%m-%dT%H:%M:%S"
_MARK = re.compile(rf"stackops:([^:\s]+):(\d{{8}}T\d{{6}}Z):({'|'.join(MODES)})(?: (.*))?", re.DOTALL)
_TRAIT = re.compile(rf"{TRAIT_PREFIX}(\d{{8}}T\d{{6}}Z)_(\d{{8}}T\d{{6}}Z)_BY_((?:[0-9A-F]{{2}})+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """``since`` is Nova's time as ``YYYYMMDDTHHMMSSZ``; it never changes while the maintenance lasts.

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
        """As Nova's API writes and reads times."""
        return datetime.strptime(self.since, TIME).strftime(_ISO)


def read_mark(disabled_reason: str | None) -> Mark | None:
    """The mark in a ``disabled_reason``; None when somebody else wrote it."""
    found = _MARK.fullmatch(disabled_reason or "")
    return _readable(found[1], found[2], found[3], found[4] or "") if found else None


def read_trait(name: str) -> Mark | None:
    """The mark in a trait's name; it holds no mode but ``migrate``, for only that one has a return."""
    found = _TRAIT.fullmatch(name)
    if not found:
        return None
    return _readable(bytes.fromhex(found[3]).decode(errors="replace"), found[1], "migrate", "", found[2])


def _readable(owner: str, since: str, mode: str, reason: str, until: str = "") -> Mark | None:
    """None where it only looks like a mark: no such day, or an owner that could not have been written."""
    try:
        for one in filter(None, (since, until)):
            datetime.strptime(one, TIME)
        return Mark(owner, since, mode, reason, until)
    except (ValueError, MarkError):
        return None


def mark_time(http_date: str | None) -> str:
    """The time of a mark from an answer's ``Date`` header, which is the cloud's clock and not this machine's."""
    try:
        return parsedate_to_datetime(http_date or "").strftime(TIME)
    except ValueError:
        raise MarkError(
            "Nova's answer carries no Date header, which dates the maintenance: let the proxy before it pass that on."
        ) from None


def mark_time_of(created_at: str) -> str:
    """The time of a migration record as marks write it."""
    return datetime.strptime(created_at[:19], _ISO).strftime(TIME)
