# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Read the samples of the probe of guests while it goes on writing them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = "probe.jsonl"


def size_of(folder: Path) -> int:
    """Return how many bytes of samples there are."""
    try:
        return (folder / FILE).stat().st_size
    except FileNotFoundError:
        return 0


class NewSamples:
    """The samples that were written since the last reading, each time; a line that is not whole yet comes later.

    :param begin: how many bytes of the file are left out.
    """

    def __init__(self, folder: Path, begin: int = 0) -> None:
        self._path, self._read = folder / FILE, begin

    def __iter__(self) -> Iterator[dict[str, Any]]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    self._read += len(line)
                    with contextlib.suppress(ValueError):  # cut short by a kill
                        yield json.loads(line)
        except FileNotFoundError:
            return
