# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the operator's own check of guests says of a throw-away server. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """The checks of one server so far.

    :ivar answered: when it answered first since a moment, in seconds since 1970; None while it has not.
    :ivar silent: seconds between two good answers around that moment that held a failure; 0.0 where none did.
    :ivar message: of its last failure.
    """

    answered: float | None = None
    silent: float = 0.0
    message: str = ""


def check_since(server: str, samples: Iterable[Mapping[str, Any]], moment: float) -> Check:
    """Return what the samples of a server say, as ``guest_checks`` describes them.

    :param samples: in the order in which they were taken. :param moment: seconds since 1970.
    """
    good: float | None = None
    failed, message = False, ""
    for sample in samples:
        if sample["server"] != server:
            continue
        at = sample["at"]
        if not sample["ok"]:
            failed, message = True, str(sample["message"] or "")
        elif at - sample["seconds"] >= moment:
            return Check(at, round(at - good, 3) if failed and good is not None else 0.0, message)
        else:
            good, failed = at, False
    return Check(message=message)
