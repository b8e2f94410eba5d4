# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Write the report of a roll: ``report.json`` and ``report.html`` in its folder, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .._errors import Interrupted, Refused
from .render import HAS_JINJA2, html_page

SAMPLES = "probe.jsonl"


def samples(folder: Path) -> Iterator[dict[str, Any]]:
    """Read the samples of the probe one after the other, without a line that a kill cut short."""
    try:
        with (folder / SAMPLES).open("rb") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    yield json.loads(line)
    except FileNotFoundError:
        return


class ReportFiles:
    """Write both files where they are not as they should be."""

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, folder: Path, report: Mapping[str, Any]) -> None:
        """:raises Refused: if jinja2 is not there."""
        if not HAS_JINJA2:
            raise Refused(
                "The page needs jinja2, which this Python has not: install it, or run this on the controller."
            )
        self.warnings: list[str] = []
        self._report = report
        self._files = {
            folder.absolute() / "report.json": json.dumps(report, indent=1) + "\n",
            folder.absolute() / "report.html": html_page(report),
        }

    @property
    def changed(self) -> bool:
        return any(not path.is_file() or path.read_bytes() != text.encode() for path, text in self._files.items())

    def predict(self) -> dict[str, Any]:
        json_path, html_path = map(str, self._files)
        versions = self._report["roll"]["versions"]
        lines = [*totals_lines(self._report["totals"]), *versions["changed"], *versions["not_changed"]]
        summary = [*lines, f"report: {html_path}"]
        return {"report": _short(self._report), "summary": summary, "json": json_path, "html": html_path}

    def apply(self) -> dict[str, Any]:
        """Write both. :raises Interrupted: if one cannot be written."""
        for path, text in self._files.items():
            try:
                _write(path, text)
            except OSError as error:
                raise Interrupted(
                    f"{path} cannot be written ({error.strerror}): mend that and run it again.",
                    changed=path != next(iter(self._files)),
                ) from None
        return self.predict()


def _write(path: Path, text: str) -> None:
    """Put the text into the file, which at no time holds a part of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _short(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report without what grows with the number of hosts, servers and guests."""
    probe = report["probe"]
    return {
        "roll": report["roll"],
        "totals": report["totals"],
        "probe": probe and {key: value for key, value in probe.items() if key != "guests"},
    }


def totals_lines(totals: Mapping[str, Any]) -> list[str]:
    """Return what became of hosts and servers, for a person."""
    hosts, moves = totals["hosts"], totals["moves"]
    left_out = f", {hosts['left_out']} left out" if hosts["left_out"] else ""
    return [
        f"{hosts['done']} of {hosts['all']} hosts done, {hosts['failed']} failed{left_out}; servers moved: "
        f"{totals['servers']}, in {moves['done']} moves, {moves['planned']} of them planned and {moves['home']} to "
        f"bring servers back; not brought back: {totals['away']}"
    ]
