# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Check the project: every part, or those that are named; then say what passed, how long it took, how to repeat it.

The long parts only run when they are named. A failing part does not hide the next one. Standard library only, because
it installs the tools first.
"""

from __future__ import annotations

import shlex
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import IO

from tests.tools.layout import BUILD, call, environment, run_tool, stop_all

PLUGINS = "ansible_collections.stackops.aggregates.plugins"
DOCS = "--plugin-docs --skip-rstcheck --check-extra-docs-refs --validate-collection-refs self"
ON_CLOUD = "python -m tests.tools.on_cloud"
BESIDE = f"{ON_CLOUD} --beside"
WITH_FRONT = "env EMBEDDED_CLOUD_API=uwsgi EMBEDDED_CLOUD_FRONT=1"

# Every part, and the commands that it stands for. Each is also a target of make.
PARTS = {
    "tools": ["python -m tests.tools.install"],
    "ruff": ["ruff check", "ruff format --check"],
    "mypy": [
        f"mypy -p {PLUGINS}",
        "mypy roles",
        "mypy tests",
    ],
    "ansible-lint": ["ansible-lint --offline --strict"],
    "docs": [f"antsibull-docs lint-collection-docs {DOCS} .", "python -m tests.tools.docs"],
    "changelog": ["antsibull-changelog lint"],
    "unit": ["pytest"],
    "libraries": ["python -m tests.tools.versions libraries"],
    "collection": ["python -m tests.tools.collection", "pytest tests/packaging"],
    "sanity": ["python -m tests.tools.sanity"],
    "cloud": ["python tests/cloud install"],
    "selftest": [f"{ON_CLOUD} python tests/cloud selftest"],
    "conformance": [f"{ON_CLOUD} pytest tests/conformance"],
    "molecule": [f"{ON_CLOUD} python -m tests.tools.molecule"],
    "kills": [
        f"{BESIDE} python -m tests.soak --drains 2 --returns 1 --rolls 1",
        f"{WITH_FRONT} {BESIDE} python -m tests.soak --storms 3 --seed 7",
    ],
    "versions": ["python -m tests.tools.versions"],
    "releases": ["python -m tests.tools.releases"],
    "hypervisors": ["python -m tests.hypervisors"],
    "bench": ["python tests/cloud install", "python3 -m tests.bench"],
    "soak": [
        f"{ON_CLOUD} --hosts 6 python -m tests.soak",
        f"{WITH_FRONT} {ON_CLOUD} python -m tests.soak --storms 100",
        "env SOAK=1 pytest tests/unit/plugins/module_utils",
    ],
}
LONG = {"versions", "releases", "hypervisors", "soak", "bench"}  # only when it is named
# They take turns on one cloud, beside all others; the kills, which are last, have a second cloud, for the time's sake.
ON_THE_CLOUD = {"cloud", "selftest", "conformance", "molecule"}
LOGS = BUILD / "logs"


@dataclass
class Outcome:
    """How one part ended, and after how many seconds."""

    part: str
    passed: bool
    seconds: float


def run(part: str, output: IO[str] | None = None) -> Outcome:
    """Run all commands of a part, also those after a failing one."""
    started = time.monotonic()
    failed = False
    for line in PARTS[part]:
        program, *arguments = shlex.split(line)
        command = [sys.executable if program == "python" else program, *arguments]
        failed |= call(command, environment(), output) != 0
    return Outcome(part, not failed, time.monotonic() - started)


def run_all(parts: list[str]) -> list[Outcome]:
    """Run the parts in turn. Those of the cloud, which mostly wait, have a turn of their own beside the others."""
    aside = [part for part in parts if part in ON_THE_CLOUD] if not ON_THE_CLOUD.issuperset(parts[1:]) else []
    outcomes: dict[str, Outcome] = {}
    LOGS.mkdir(parents=True, exist_ok=True)
    for part in aside:
        (LOGS / f"{part}.log").unlink(missing_ok=True)
    with ThreadPoolExecutor(1) as beside:
        running: dict[str, Future[Outcome]] = {}
        try:
            if "cloud" in aside:  # needs no tools
                running["cloud"] = beside.submit(run_logged, "cloud")
            for part in parts:
                if part in aside:
                    continue
                print(f"\n== {part}", flush=True)
                outcomes[part] = run(part)
                if part == "tools" and not outcomes[part].passed:
                    break
                if part == "tools":
                    running.update({part: beside.submit(run_logged, part) for part in aside if part != "cloud"})
            for part, outcome in running.items():
                print(f"\n== {part}", flush=True)
                outcomes[part] = follow(part, outcome)
        except BaseException:
            beside.shutdown(wait=False, cancel_futures=True)
            stop_all()
            raise
    return [outcomes[part] for part in parts if part in outcomes]


def run_logged(part: str) -> Outcome:
    with (LOGS / f"{part}.log").open("w") as log:
        return run(part, log)


def follow(part: str, outcome: Future[Outcome]) -> Outcome:
    """Print what a part has printed and prints, until it ends."""
    while not (LOGS / f"{part}.log").exists() and not outcome.done():
        wait([outcome], timeout=1)
    with (LOGS / f"{part}.log").open() as log:
        while not outcome.done():
            print(log.read(), end="", flush=True)
            wait([outcome], timeout=1)
        print(log.read(), flush=True)
    return outcome.result()


def summarize(outcomes: list[Outcome]) -> None:
    """Print a table of the outcomes and, last, their number."""
    print(f"\n{'part':14}{'result':8}{'minutes':>7}  run it again with")
    for outcome in outcomes:
        result = "passed" if outcome.passed else "FAILED"
        print(f"{outcome.part:14}{result:8}{outcome.seconds / 60:7.1f}  make {outcome.part}")
    passed = sum(outcome.passed for outcome in outcomes)
    print(f"\n{passed} passed, {len(outcomes) - passed} failed")


def main(names: list[str]) -> int:
    """Run the named parts, or all but the long ones, after the tools' installation."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"No part is called {', '.join(unknown)}; there are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    wanted = [part for part in PARTS if part in ("tools", *(names or PARTS.keys() - LONG))]
    outcomes = run_all(wanted)
    summarize(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    run_tool(lambda: main(sys.argv[1:]))
