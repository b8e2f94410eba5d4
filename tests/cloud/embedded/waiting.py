# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Wait for a state, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from embedded.errors import CloudError

Value = TypeVar("Value")


def wait_for(what: str, done: Callable[[], Value | None], seconds: float = 60, interval: float = 0.1) -> Value:
    """Call `done` until it returns something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (value := done()):
        if time.monotonic() > deadline:
            raise CloudError(f"{what}: not so after {seconds:g} s.")
        time.sleep(interval)
    return value
