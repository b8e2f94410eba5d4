# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How many migrations may be under way, and how long anything may take. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MigrationLimits:
    """The limits of one job; times in seconds.

    :ivar max_concurrent: the most migrations under way at once.
    :ivar max_per_target: the most of them into one host, and ``max_in_pool`` in all; 0 for any number.
    :ivar folder: where jobs that run side by side count each other's for these two; None for a job of its own.
    :ivar timeout: how long the whole job may take.
    :ivar migration_timeout: how long the migration of a small server may go without progress (``stuck.patience``).
    :ivar on_stuck: what becomes of one that is stuck: ``abort``, ``force_complete`` or ``fail``.
    :ivar max_pause: the longest pause of a guest that ``force_complete`` may cost; None for any.
    :ivar retries: how many more times all targets of a server are tried after each refused it.
    """

    max_concurrent: int = 2
    max_per_target: int = 0
    max_in_pool: int = 0
    folder: str | None = None
    timeout: float = 3600.0
    migration_timeout: float = 600.0
    on_stuck: str = "abort"
    max_pause: float | None = None
    retries: int = 1
