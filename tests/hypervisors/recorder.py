# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Writes down when each heartbeat arrived: ``python -m tests.hypervisors.recorder MACHINES OUT``, until it is ended.

A line is a guest's id, the time of the arrival in seconds, the number of the beat.
"""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.hypervisors.beats import Beat, parse

POLL_SECONDS = 0.001
LOOK_SECONDS = 0.05  # for new consoles
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Console:
    """A console that is being read. Nova moves and replaces these files, so each is known by its inode."""

    guest: str
    stream: int
    position: int = 0
    rest: bytes = field(default=b"", repr=False)

    def read(self) -> list[int]:
        """Return the numbers of the beats that came since."""
        data = os.pread(self.stream, 1 << 16, self.position)
        if not data:
            if os.fstat(self.stream).st_size < self.position:  # a destination made it empty
                self.position, self.rest = 0, b""
            return []
        self.position += len(data)
        numbers, self.rest = parse(self.rest + data)
        return numbers


def look(machines: Path, known: dict[int, Console]) -> None:
    for path in machines.glob("*/instances/*/console.log"):
        guest = UUID.search(str(path))
        try:
            inode = path.stat().st_ino
            if guest and inode not in known:
                known[inode] = Console(guest.group(), os.open(path, os.O_RDONLY))
        except FileNotFoundError:
            continue  # moved meanwhile


def record(machines: Path, output: TextIO) -> None:
    consoles: dict[int, Console] = {}
    next_look = 0.0
    while True:
        now = time.time()
        if now >= next_look:
            look(machines, consoles)
            next_look = now + LOOK_SECONDS
            output.flush()
        for console in consoles.values():
            for number in console.read():
                output.write(f"{console.guest} {time.time():.4f} {number}\n")
        time.sleep(POLL_SECONDS)  # nothing tells that a console was written to, and arrivals are dated to a millisecond


def load(path: Path, latest: int | None = None) -> dict[str, list[Beat]]:
    """Return the beats of each guest by the time of their arrival; of all, or of the latest bytes alone."""
    beats: dict[str, list[Beat]] = {}
    with path.open("rb") as stream:
        if latest and path.stat().st_size > latest:
            stream.seek(-latest, os.SEEK_END)
            stream.readline()  # the rest of one
        text = stream.read().decode()
    for line in text.splitlines(keepends=True):
        if line.endswith("\n"):  # or it is being written
            guest, at, number = line.split()
            beats.setdefault(guest, []).append(Beat(float(at), int(number)))
    return {guest: sorted(found) for guest, found in beats.items()}


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w", encoding="utf-8") as out:
        record(Path(sys.argv[1]), out)
