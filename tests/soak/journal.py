# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What was done in one round of a storm, and when: a file to read when the round failed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path


class Journal:
    """:ivar counts: how often each kind of thing was done. :ivar problems: what was found wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.began = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def note(self, text: str) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(f"{self.seconds:7.2f} s  {text}\n")

    def did(self, kind: str, text: str = "") -> None:
        """Note that something of a kind was done."""
        self.counts[kind] += 1
        self.note(f"{kind} {text}".rstrip())

    def find(self, *problems: str) -> None:
        """Note what is wrong."""
        self.problems += problems
        for problem in problems:
            self.note(f"PROBLEM: {problem}")

    def wait_until(self, at: float) -> None:
        """Wait for that moment of the round."""
        time.sleep(max(0.0, at - self.seconds))
