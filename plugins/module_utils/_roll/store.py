# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Keep the records of rolls on the controller: a folder for each roll, in it ``record.jsonl`` with an event a line.

Events are only ever appended, under a lock, and are on the disk before anything else happens. A line that a crash cut
short does not count: the next event begins where it began.
"""

from __future__ import annotations

import contextlib
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

from .._errors import Refused
from .record import add_event, read_record
from .roll import Roll

FILE = "record.jsonl"
TURNS_FILE = "turns.json"
LOCK_FILE = "lock"


class RecordStore:
    """The record of one roll, in its folder. It reads each event once, however often it is asked for the roll."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / FILE
        self._roll: Roll | None = None
        self._end = 0

    @property
    def size(self) -> int:
        """How many bytes of the record were read."""
        return self._end

    def roll(self) -> Roll:
        """Return the roll as it is now. :raises Refused: if there is no record any more, or none that can be read."""
        with self._opened("rb") as file:
            return self._read(file)

    def process(self) -> Mapping[str, Any]:
        """Return the process of the run that went on with the roll last, also where the record is damaged."""
        process: Mapping[str, Any] = {"pid": 0, "started": ""}
        for line in self._file.read_bytes().splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError, OverflowError):
                found = json.loads(line)["process"]
                process = {"pid": int(found["pid"]), "started": str(found["started"])}
        return process

    def _opened(self, mode: str) -> IO[bytes]:
        """Open the file of the record. :raises Refused: if there is none."""
        try:
            return self._file.open(mode)
        except FileNotFoundError:
            if self._roll:
                raise Refused(f"The record in {self.folder} was discarded meanwhile, so this run ends.") from None
            raise Refused(f"There is no record of a roll in {self.folder}: begin one first.") from None

    def _read(self, file: IO[bytes]) -> Roll:
        """Return the roll. Only what was added since the last time is read, up to the last whole line."""
        file.seek(self._end)
        text = file.read()
        whole = text.rfind(b"\n") + 1
        try:
            # In one go, for a record of hundreds of hosts is read by each of their tasks.
            events = json.loads(b"[%b]" % b",".join(text[:whole].splitlines()))
            self._roll = read_record(events, self._roll)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._forget()
            raise Refused(f"{self._file} is no record of a roll ({error!r}): discard it.") from None
        if self._roll is None:
            raise Refused(f"{self._file} holds no event: discard it.")
        self._end += whole
        return self._roll

    def open(self, event: Mapping[str, Any]) -> Roll:
        """Begin the record with its first event. There is no record until the whole event is on the disk."""
        self.folder.mkdir(mode=0o700, parents=True)
        draft = self._file.with_suffix(".draft")
        with open(draft, "xb", opener=private) as file:
            _write(file, event)
        draft.rename(self._file)
        return self.roll()

    def discard(self) -> None:
        """Rename the record, so that it does not count any more and can still be read."""
        self._file.rename(self._file.with_suffix(".discarded"))

    @contextmanager
    def conducting(self) -> Iterator[Conductor | None]:
        """Let this process alone decide whose turn it is until the block ends; None while another process does."""
        with open(self.folder / TURNS_FILE, "a+b", opener=private) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield Conductor(file)

    @contextmanager
    def locked(self, session: str | None = None) -> Iterator[LockedRecord]:
        """Lock the record against every other process until the block ends.

        :param session: of the run that writes; without one any run may.
        :raises Refused: if another run has gone on with the roll since.
        """
        with self._opened("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            roll = self._read(file)
            if session is not None and roll.session != session:
                raise Refused(f"Another run goes on with the roll {roll.id}, so this one ends: leave it to that one.")
            file.seek(self._end)
            file.truncate()
            try:
                yield LockedRecord(roll, file)
                self._end = file.tell()
            except BaseException:  # whether an event is on the disk is not known
                self._forget()
                raise

    def _forget(self) -> None:
        self._roll, self._end = None, 0


class Conductor:
    """What the last look for whose turn it is was made from: so not every host that waits makes the same look."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def is_due(self, size: int, now: float, seconds: float) -> bool:
        """Return whether a look is worth it: the record has another size since the last one, or that is so long ago.

        :param now: seconds since 1970.
        """
        self._file.seek(0)
        try:
            last = json.loads(self._file.read())
            return bool(last["size"] != size or not 0 <= now - last["at"] < seconds)
        except (ValueError, KeyError, TypeError):  # nobody has looked yet, or was killed while noting it
            return True

    def looked(self, size: int, now: float) -> None:
        """Note that a look was made."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps({"size": size, "at": now}).encode())
        self._file.flush()


class LockedRecord:
    """A record that this process has locked; ``roll`` is what its events add up to by now."""

    def __init__(self, roll: Roll, file: IO[bytes]) -> None:
        self.roll = roll
        self._file = file

    def write(self, event: Mapping[str, Any]) -> None:
        """Append an event."""
        _write(self._file, event)
        add_event(self.roll, event)


def _write(file: IO[bytes], event: Mapping[str, Any]) -> None:
    file.write(json.dumps(event, sort_keys=True).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def private(path: str, flags: int) -> int:
    """Open a file that only its owner may read, as the ``opener`` of ``open``."""
    return os.open(path, flags, 0o600)


def pool_folder(directory: Path, pool: str, identity: str) -> Path:
    """The folder of a pool's rolls. The name in it is for people; the identity keeps pools of all clouds apart."""
    readable = re.sub(r"[^\w.-]", "_", pool)[:60]
    return directory / f"{readable}-{uuid.uuid5(uuid.NAMESPACE_OID, identity).hex[:8]}"


@contextmanager
def pool_locked(pool_folder: Path) -> Iterator[None]:
    """Let no other process begin a roll of the pool until the block ends."""
    pool_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(pool_folder / LOCK_FILE, "ab", opener=private) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def new_folder(pool_folder: Path, opened: str) -> Path:
    """A folder for a roll, named by when it was opened. Of two in one second the later one is later by name too."""
    numbers = (f"-{number}" if number else "" for number in itertools.count())
    return next(folder for number in numbers if not (folder := pool_folder / f"{opened}{number}").exists())


def finished_roll(pool_folder: Path) -> Roll | None:
    """The last roll of a pool that has no unfinished one; None if there was none."""
    store = _newest(pool_folder)
    return store.roll() if store else None


def _newest(pool_folder: Path) -> RecordStore | None:
    folders = sorted(folder for folder in pool_folder.glob("*") if (folder / FILE).is_file())
    return RecordStore(folders[-1]) if folders else None


def unfinished_record(pool_folder: Path) -> RecordStore | None:
    """The record of a pool's last roll; None if that is closed. One that cannot be read is not known to be closed."""
    store = _newest(pool_folder)
    if store is None:
        return None
    try:
        return store if store.roll().closed is None else None
    except Refused:
        return store
