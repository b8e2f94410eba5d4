# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The events of a record are a format that others read: the guide and the code agree, and the examples work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import record

from tests.unit.collection.repository import ROOT
from tests.unit.fake.past_roll import PastRoll

PAGE = ROOT / "docs" / "docsite" / "rst" / "controllers_guide.rst"
ROLL = ROOT / "plugins" / "module_utils" / "_roll"
WRITTEN = re.compile(r'(?:_write\(record, |record\.write\(\{"event": |_event\(\s*)"(\w+)"')


def keys(cell: str) -> set[str]:
    return set(re.findall(r"``(\w+)``", cell))


def guide() -> dict[str, set[str]]:
    """The keys of each event, by the guide's last table."""
    table = PAGE.read_text().split(".. list-table::")[-1]
    rows = [row.split("\n     -") for row in table.split("   * - ")[2:]]
    return {row[0].strip("`\n "): keys(row[1]) for row in rows}


def code() -> dict[str, set[str]]:
    """The keys of each event, by the docstring of what reads them."""
    assert record.__doc__
    entries = re.findall(r"^\* (.*?)(?=^\* |\Z)", record.__doc__, re.MULTILINE | re.DOTALL)
    named = {entry: re.split(r":|, with", entry, maxsplit=1) for entry in entries}
    return {event: keys(rest[0]) if rest else set() for names, *rest in named.values() for event in keys(names)}


def test_the_guide_names_every_event_and_no_other() -> None:
    assert guide().keys() == code().keys() >= {"opened", "begun", "returned", "closed"}


@pytest.mark.parametrize("event", sorted(guide()))
def test_the_guide_names_keys_that_there_are(event: str) -> None:
    more = {"hosts"} if event == "resumed" else {"left"} if event == "drained" else set()
    assert guide()[event] <= code()[event] | more


def test_what_is_written_is_an_event() -> None:
    written = {event for file in ROLL.glob("*.py") for event in WRITTEN.findall(file.read_text())}
    assert {"opened", "begun", "skipped", "closed"} <= written
    assert written <= guide().keys() | {"waits", "holds", "over"}  # outcomes of gates


@pytest.mark.skipif(shutil.which("jq") is None, reason="install Debian's jq to try the examples")
def test_the_examples_read_a_record(tmp_path: Path) -> None:
    past = PastRoll()
    past.write(tmp_path)
    follow, count = re.findall(r"jq (-\w+) '([^']+)'", PAGE.read_text())
    for options, query in (follow, count):
        lines = subprocess.run(
            ["jq", options, query, "record.jsonl"], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.splitlines()
        if query == count[1]:
            assert sorted(lines) == ["failed 1", "returned 10", "upgraded 1"]
        else:
            assert len(lines) == len(past.events)
            failed = next(event for event in past.events if event["event"] == "failed")
            assert any(f"failed\t{failed['host']}\t{failed['reason']}" in line for line in lines)
    assert json.loads((tmp_path / "record.jsonl").read_text().splitlines()[0])["event"] == "opened"
