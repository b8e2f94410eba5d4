# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Kill maintenance and rolls with SIGKILL at many moments, run them once more, and see that nothing came of the kill.

``python -m tests.soak [--drains 10] [--returns 5] [--rolls 20] [--seed N]`` on an embedded cloud with four to six hosts
that holds nothing yet: see ``tests/tools/on_cloud.py``. The moments are drawn from the seed.

``python -m tests.soak --storms 100 [--first N] [--seed N]`` has storms instead, on a cloud with a front.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout
from tests.soak.aftermath import not_empty
from tests.soak.moments import moments
from tests.soak.rolls import Rolls
from tests.soak.rounds import Kill, Rounds, spread_kills
from tests.soak.runs import RUN_SECONDS, Runs, SoakError
from tests.soak.storm import Storms
from tests.soak.world import World

ROOT = Path(__file__).resolve().parents[2]
CLOUD = ROOT / "tests" / "cloud"
FOLDER = ROOT / "build" / "soak"  # for the playbooks' output, which outlives the cloud
ALL_KINDS = 40  # so many storms do everything that others do
ALL_PARTS = 20  # so many rolls are killed in every part that has to be hit


@contextlib.contextmanager
def probing(state: Path) -> Iterator[Callable[[], dict[str, Any]]]:
    """Watch every guest inside the `with`; what this gives ends the probe and returns its report."""
    out = state / "probe.json"
    command = [sys.executable, str(CLOUD), "--state", str(state), "probe", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as probe:
        try:
            line = probe.stdout.readline() if probe.stdout else ""
            if not line.startswith("probing "):
                raise SoakError("The probe did not start: see its error above.")

            def report() -> dict[str, Any]:
                probe.terminate()
                probe.wait(RUN_SECONDS)
                return dict(json.loads(out.read_text(encoding="utf-8")))

            yield report
        finally:
            probe.kill()


def maintain(world: World, runs: Runs, drains: int, returns: int, dice: random.Random) -> None:
    """Kill so many drains and so many returns of one host."""
    rounds = Rounds(world, runs)
    number = max(drains, returns)
    starts: list[Kill | None] = [*spread_kills(drains, dice), *[None] * (number - drains)]
    stops: list[Kill | None] = [*spread_kills(returns, dice), *[None] * (number - returns)]
    if number:
        rounds.rehearse()
    for start, stop in zip(starts, stops, strict=True):
        rounds.round(start, stop)


def roll(world: World, runs: Runs, number: int, dice: random.Random) -> None:
    """Kill so many rolls through all hosts."""
    rolls = Rolls(world, runs)
    for moment in moments(number, dice):
        rolls.roll(moment)
    if number >= ALL_PARTS and (missed := rolls.missed()):
        raise SoakError(f"No kill met a roll in {', '.join(sorted(missed))}.")


def soak(world: World, runs: Runs, layout: Layout, options: argparse.Namespace) -> None:
    """Kill everything that is asked for. :raises SoakError: if a kill had a consequence."""
    dice = random.Random(options.seed)
    began = time.monotonic()
    world.furnish()
    with probing(layout.state) as report:
        try:
            maintain(world, runs, options.drains, options.returns, dice)
            roll(world, runs, options.rolls, dice)
        finally:
            runs.end()
        probe = report()
    if not probe["good"] or not probe["finished"]:
        raise SoakError(f"A running guest was interrupted: {probe['violations']}.")
    demand_claims(runs)
    runs.demand_none(not_empty(runs.claims(), {}))
    seconds = time.monotonic() - began
    print(
        f"{runs.kills} kills in {seconds:.0f} s ({runs.too_late} came when the run was over), longest rerun "
        f"{runs.longest_rerun:.1f} s; no server moved once too often, no return trait left behind, every mark right; "
        f"{len(probe['guests'])} running guests, checked {probe['hypervisor_samples']} times, none interrupted"
    )


def demand_claims(runs: Runs) -> None:
    """:raises SoakError: if nothing was proven of any drain, as when Ansible could not load the callback."""
    if not runs.claims():
        raise SoakError("No host was ever called empty.")


def storm(world: World, runs: Runs, layout: Layout, options: argparse.Namespace) -> None:
    """Have so many storms. :raises SoakError: if one had a consequence."""
    began = time.monotonic()
    storms = Storms(world, layout, runs, options.seed)
    try:
        storms.rage(options.first, options.storms)
    finally:
        runs.end()
    if options.storms >= ALL_KINDS and (missed := storms.missed()):
        raise SoakError(f"Nobody ever did this: {', '.join(sorted(missed))}.")
    demand_claims(runs)
    print(
        f"{options.storms} storms in {time.monotonic() - began:.0f} s: {runs.kills} kills ({runs.too_late} came when "
        f"the run was over), {len(runs.claims())} hosts called empty; guests checked {storms.samples} times"
    )


def fresh_folder() -> Path:
    if FOLDER.exists():
        shutil.rmtree(FOLDER)
    FOLDER.mkdir(parents=True)
    return FOLDER


def interrupt(_signal: int, _frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description="Kill maintenance and rolls, and run them once more."
    )
    parser.add_argument("--drains", type=int, default=10, help="how many drains are killed")
    parser.add_argument("--returns", type=int, default=5, help="how many returns are killed")
    parser.add_argument("--rolls", type=int, default=20, help="how many rolls are killed")
    parser.add_argument("--storms", type=int, default=0, help="how many rounds of a storm there are, and nothing else")
    parser.add_argument("--first", type=int, default=0, help="the number of the first of these rounds")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of all that is drawn")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupt)
    layout = Layout.recorded(Path(os.environ["EMBEDDED_CLOUD_STATE"]))
    kills = f"{options.drains} kills of drains, {options.returns} of returns, {options.rolls} of rolls"
    print(f"{f'{options.storms} storms' if options.storms else kills}, --seed {options.seed}", flush=True)
    try:
        work = storm if options.storms else soak
        work(World(layout), Runs(fresh_folder(), layout), layout, options)
        return 0
    except (SoakError, CloudError) as error:
        print(f"error: {error} Repeat it with --seed {options.seed}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
