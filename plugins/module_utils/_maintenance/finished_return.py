# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A return that is over, which is remembered while a maintenance is open that may have held its servers. Pure.

A record does not tell whether a server left a host for that one's maintenance, or because another maintenance, whose
servers were parked there, took it home. So the latter leaves a custom trait that no provider carries:
``CUSTOM_STACKOPS_RETURNED_<since>[_<record>]_<until>_<over>_OF_<uuid of the compute service in hex>``. Whoever stops a
maintenance deletes those that no other one needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from .mark import Mark, readable

FINISHED_PREFIX = "CUSTOM_STACKOPS_RETURNED_"
_TIME = r"(\d{8}T\d{6}Z)"
_TRAIT = re.compile(rf"{FINISHED_PREFIX}{_TIME}(?:_(\d+))?_{_TIME}_{_TIME}_OF_([0-9A-F]{{32}})")


@dataclass(frozen=True, slots=True)
class FinishedReturn:
    """A maintenance whose servers were brought back.

    :ivar service: the uuid of the compute service of its host. :ivar mark: its mark; the trait tells no owner.
    :ivar over: when it ended, in Nova's time as marks write it.
    """

    service: str
    mark: Mark
    over: str

    @property
    def trait(self) -> str:
        after = f"_{self.mark.after}" if self.mark.after else ""
        until = self.mark.until or self.mark.since
        return f"{FINISHED_PREFIX}{self.mark.since}{after}_{until}_{self.over}_OF_{UUID(self.service).hex.upper()}"


def read_finished_returns(names: Iterable[str]) -> list[FinishedReturn]:
    """Return those in these names of traits."""
    returns = []
    for match in filter(None, map(_TRAIT.fullmatch, names)):
        mark = readable("unknown", match[1], match[2] or "0", "migrate", until=match[3])
        if mark:
            returns.append(FinishedReturn(str(UUID(match[5])), mark, match[4]))
    return returns


def not_needed(finished: Iterable[FinishedReturn], begun: Iterable[str]) -> list[FinishedReturn]:
    """Return those that ended before any open maintenance began.

    :param begun: since when each open maintenance goes on, as marks write it.
    """
    first = min(begun, default=None)
    return [past for past in finished if first is None or past.over < first]
