# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Keep the records of rolls on the controller: one folder a roll, in it ``record.jsonl`` with one event a line.

Events are only ever appended, under a lock and to the disk before anything else happens. A line that a crash cut short
never counted: the next event begins where it began.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._record import Roll, add, read

FILE = "record.jsonl"


def holder() -> dict[str, Any]:
    """The process that this one works for, Ansible's own; its start tells it from a later one with the same number."""
    pid = os.getppid()
    return {"pid": pid, "started": _started(pid)}


def from_process(process: Mapping[str, Any]) -> bool:
    """Whether this process works for that one."""
    return process == holder()


def lives(process: Mapping[str, Any]) -> bool:
    """Whether that very process still runs on this machine."""
    return bool(process["started"]) and _started(process["pid"]) == process["started"]


def _started(pid: int) -> str:
    """When a process started, as text that only it has; empty when there is none, and where there is no /proc."""
    try:
        # Field 22 of proc(5), ticks since the boot; the name before it, in brackets, may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Book:
    """The record of one roll, in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / FILE

    def roll(self) -> Roll:
        """:raises Refused: there is no record that can be read."""
        try:
            with self._file.open("rb") as file:
                return self._read(file)[0]
        except FileNotFoundError:
            raise Refused(f"There is no record of a roll in {self.folder}: begin one first.") from None

    def _read(self, file: IO[bytes]) -> tuple[Roll, int]:
        """The roll, and where its last whole line ends."""
        text = file.read()
        whole = text.rfind(b"\n") + 1
        try:
            roll = read(json.loads(line) for line in text[:whole].splitlines())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(f"{self._file} is no record of a roll ({error!r}): discard it.") from None
        if roll is None:
            raise Refused(f"{self._file} holds no event: discard it.")
        return roll, whole

    def open(self, event: Mapping[str, Any]) -> Roll:
        """Begin the record with its first event. Before that is on the disk there is no record."""
        self.folder.mkdir(mode=0o700, parents=True)
        draft = self._file.with_suffix(".draft")
        with open(draft, "xb", opener=_private) as file:
            _write(file, event)
        draft.rename(self._file)
        return self.roll()

    def discard(self) -> None:
        """It no longer counts; it is kept for whoever wants to read it."""
        self._file.rename(self._file.with_suffix(".discarded"))

    @contextmanager
    def held(self, session: str | None = None) -> Iterator[Hand]:
        """Nobody else reads or writes meanwhile.

        :param session: who writes; the record must be this one's still.
        :raises Refused: another run has gone on with the roll.
        """
        with self._file.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            roll, end = self._read(file)
            if session is not None and roll.session != session:
                raise Refused(f"Another run goes on with the roll {roll.id}, so this one ends: leave it to that one.")
            file.seek(end)
            file.truncate()
            yield Hand(roll, file)


class Hand:
    """Writes into a record that is held; ``roll`` is what it says by now."""

    def __init__(self, roll: Roll, file: IO[bytes]) -> None:
        self.roll = roll
        self._file = file

    def write(self, event: Mapping[str, Any]) -> None:
        add(self.roll, event)
        _write(self._file, event)


def _write(file: IO[bytes], event: Mapping[str, Any]) -> None:
    file.write(json.dumps(event, sort_keys=True).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def shelf(directory: Path, pool: str, identity: str) -> Path:
    """Where the rolls of a pool lie. Its name is there for people; the identity keeps pools of all clouds apart."""
    readable = re.sub(r"[^\w.-]", "_", pool)[:60]
    return directory / f"{readable}-{uuid.uuid5(uuid.NAMESPACE_OID, identity).hex[:8]}"


def new_folder(shelf_: Path, began: str) -> Path:
    """The folder of a roll that begins; the later of two that began in the same second is the last one by name too."""
    numbers = (f"-{number}" if number else "" for number in itertools.count())
    return next(folder for number in numbers if not (folder := shelf_ / f"{began}{number}").exists())


def standing(shelf_: Path) -> Book | None:
    """The last roll of a pool, when it is not over."""
    folders = sorted(folder for folder in shelf_.glob("*") if (folder / FILE).is_file())
    book = Book(folders[-1]) if folders else None
    return book if book and book.roll().closed is None else None
