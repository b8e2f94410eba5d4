# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Room for migrations beside those of other jobs, by limits that all jobs of a roll keep together.

Nova tells which servers it is moving from the moment on at which it takes a request, and only later where to. So one
job at a time looks, notes where its servers go, and asks. The note is no journal: what counts is what Nova is moving,
so a job that is killed holds no room longer than its migrations do.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .._errors import Refused
from .._openstack.cloud import Cloud
from .concurrency import Room
from .limits import MigrationLimits
from .move import Move
from .rules import is_migrating

NOTE, LOCK = "moves.json", "moves.lock"
# The statuses of servers that Nova is moving, live and cold.
_MOVING = ("MIGRATING", "RESIZE")


class Beside:
    """What is under way of one job and of those beside it.

    :param limits: of this job; those that it keeps together with others count only with a folder.
    """

    def __init__(self, cloud: Cloud, limits: MigrationLimits) -> None:
        self._cloud, self._limits = cloud, limits
        shares = limits.folder and (limits.max_per_target or limits.max_in_pool)
        self._folder = Path(limits.folder) if limits.folder and shares else None
        self._targets: Mapping[str, str] = {}  # of the servers under way

    @contextmanager
    def room(self, own: Mapping[str, str], free: int, waiting: int) -> Iterator[Room]:
        """Let no job beside this one begin migrations until the block ends.

        :param own: the targets of the servers that this job has under way.
        :param free: how many more it may have. :param waiting: how many servers wait for that.
        """
        self._targets = own
        if self._folder is None or not waiting:
            yield self._room(free)
            return
        with open(self._folder / LOCK, "ab", opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            targets, moving = {**self._noted(self._folder / NOTE), **own}, self._moving()
            self._targets = {server: target for server, target in targets.items() if server in moving}
            most = self._limits.max_in_pool
            yield self._room(min(free, most - len(self._targets)) if most else free)

    def _room(self, free: int) -> Room:
        return Room(free, Counter(self._targets.values()), self._limits.max_per_target)

    def note(self, moves: Sequence[Move]) -> None:
        """Let the jobs beside this one know where servers go that are asked for next."""
        if self._folder and moves:
            draft = self._folder / f"{NOTE}.draft"
            targets = {**self._targets, **{move.server.id: move.target for move in moves}}
            with open(draft, "w", encoding="ascii", opener=_private) as file:
                json.dump(targets, file)
            draft.replace(self._folder / NOTE)

    @staticmethod
    def _noted(note: Path) -> dict[str, str]:
        """:raises Refused: if what was noted cannot be read."""
        try:
            return {str(server): str(target) for server, target in json.loads(note.read_bytes()).items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError) as error:
            raise Refused(f"{note} does not say where servers are moving ({error!r}): delete it.") from None

    def _moving(self) -> set[str]:
        with self._cloud.side_by_side() as ask:
            answers = [ask(self._cloud.nova.servers, status=status) for status in _MOVING]
        return {server.id for answer in answers for server in answer.result() if is_migrating(server)}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
