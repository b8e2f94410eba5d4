# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Kill maintenance with SIGKILL at many moments, run it once more each time, and see that nothing came of the kill.

``python tests/soak [--drains 10] [--returns 5] [--seed N]`` on an embedded cloud with four hosts that holds nothing
yet: see ``tests/tools/on_cloud.py``. The moments are drawn from the seed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
CLOUD = ROOT / "tests" / "cloud"
sys.path.insert(0, str(CLOUD))

from embedded.errors import CloudError  # noqa: E402
from embedded.layout import Layout  # noqa: E402
from rounds import RUN_SECONDS, Blow, Rounds, SoakError, blows  # noqa: E402
from world import World  # noqa: E402


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


def soak(world: World, state: Path, drains: int, returns: int, dice: random.Random) -> None:
    """:raises SoakError: a kill had a consequence."""
    folder = state / "soak"
    folder.mkdir(exist_ok=True)
    began = time.monotonic()
    world.furnish()
    number = max(drains, returns)
    starts: list[Blow | None] = [*blows(drains, dice), *[None] * (number - drains)]
    stops: list[Blow | None] = [*blows(returns, dice), *[None] * (number - returns)]
    rounds = Rounds(world, folder)
    with probing(state) as report:
        try:
            rounds.rehearse()
            for start, stop in zip(starts, stops, strict=True):
                rounds.round(start, stop)
        finally:
            rounds.end()
        probe = report()
    if not probe["good"] or not probe["finished"]:
        raise SoakError(f"A running guest was interrupted: {probe['violations']}.")
    seconds = time.monotonic() - began
    print(
        f"{rounds.kills} kills in {seconds:.0f} s ({rounds.too_late} came when the run was over), longest rerun "
        f"{rounds.longest_rerun:.1f} s; no server moved twice, no return trait left behind, every mark right; "
        f"{len(probe['guests'])} running guests, looked at {probe['hypervisor_samples']} times, none interrupted"
    )


def interrupt(_signal: int, _frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/soak", description="Kill maintenance and run it once more.")
    parser.add_argument("--drains", type=int, default=10, help="how many drains are killed")
    parser.add_argument("--returns", type=int, default=5, help="how many returns are killed")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of the moments")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupt)
    layout = Layout.recorded(Path(os.environ["EMBEDDED_CLOUD_STATE"]))
    print(f"Killing {options.drains} drains and {options.returns} returns, --seed {options.seed}", flush=True)
    try:
        soak(World(layout), layout.state, options.drains, options.returns, random.Random(options.seed))
        return 0
    except (SoakError, CloudError) as error:
        print(f"error: {error} Repeat it with --seed {options.seed}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
