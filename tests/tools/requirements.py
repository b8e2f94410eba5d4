# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Make ``requirements/*.txt`` from the ``*.in`` beside them: complete, exact, with the hash of each file of a release.

What stands there stays as it is where it still fits; with ``--upgrade`` all is the newest, but the libraries of
OpenStack's older releases, which stay those of the release's own upper constraints. uv, which does it, asks the index
that ``UV_DEFAULT_INDEX`` names, or else the Python package index; no file names either.
"""

from __future__ import annotations

import subprocess
import sys

from tests.cloud.embedded.layout import RELEASES
from tests.tools.install import install
from tests.tools.layout import BUILD, ROOT, alone

FOLDER = ROOT / "requirements"
UV = BUILD / "uv"
OLDEST = "3.11"
# Output -> the input, and the oldest Python that it is for.
COMPILED = {
    **{name: (f"requirements/{name}.in", OLDEST) for name in ("uv", "tools", "bench", "hypervisors", "core-2.19")},
    **{
        name: (f"requirements/{name}.in", OLDEST)
        for name in ("cloud", "cloud-2026.1", "cloud-2025.1", "cloud-2024.1", "cloud-2023.1")
    },
    **{name: (f"requirements/{name}.in", "3.12") for name in ("core-2.20", "core-2.21")},
    "lowest": ("meta/ee-requirements.txt", OLDEST),
}
OPTIONS = ["--universal", "--generate-hashes", "--no-annotate", "--quiet", "--custom-compile-command"]


def main(arguments: list[str]) -> int:
    """Make all of them; ``arguments`` go to uv."""
    with alone("uv") as lock:
        install("uv", UV, FOLDER / "uv.txt", lock)
    for name, (source, python) in COMPILED.items():
        lowest = ["--resolution", "lowest-direct"] if name == "lowest" else []
        newest = [] if name.removeprefix("cloud-") in RELEASES else arguments
        command = [str(UV / "bin" / "uv"), "pip", "compile", *OPTIONS, "make requirements", *lowest, *newest]
        output = ["--python-version", python, "--output-file", f"requirements/{name}.txt", source]
        if subprocess.run([*command, *output], cwd=ROOT, check=False).returncode:
            print(f"requirements/{name}.txt was not made: mend what uv says above.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
