# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run the unit tests and the sanity tests with each supported ansible-core, where a Python for it is there.

Each has a virtualenv of its own in ``build/versions``. One whose Python is not installed here is named as skipped.
Beside them the tests of all that imports a library run with the oldest release of each that is promised to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools.install import pip_install
from tests.tools.layout import BUILD, ROOT, alone, call, environment, run_tool
from tests.tools.sanity import check

# Each supported ansible-core, of which requirements/core-*.txt has the newest release, with the oldest Python that it
# runs on, and 3.13 once. The README names them; when 2.22 is final, it is added here and there.
SUPPORTED = (("2.19", "3.11"), ("2.20", "3.12"), ("2.21", "3.12"), ("2.21", "3.13"))
# The tests of what imports keystoneauth1, requests or PyYAML, and of all modules that stand on it.
OF_THE_LIBRARIES = [f"tests/unit/plugins/{folder}" for folder in ("module_utils/_openstack", "modules")]


def find(python: str) -> str | None:
    """Return the first Python of this version in the PATH that can make a virtualenv; pyenv's shims often cannot."""
    for folder in os.environ["PATH"].split(os.pathsep):
        interpreter = shutil.which(f"python{python}", path=folder)
        command = [interpreter or "", "-c", "import venv, ensurepip"]
        if interpreter and subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return interpreter
    return None


def install(name: str, interpreter: str, *requirements: str) -> Path:
    """Return a virtualenv with what these files of ``requirements`` list, the later ones over the earlier."""
    venv = BUILD / "versions" / name
    stamp = venv / "stamp"
    files = [ROOT / "requirements" / f"{file}.txt" for file in requirements]
    wanted = "".join(file.read_text() for file in files)
    if stamp.is_file() and stamp.read_text() == wanted:
        return venv
    if venv.exists():
        shutil.rmtree(venv)
    subprocess.run([interpreter, "-m", "venv", str(venv)], check=True)
    for file in files:
        subprocess.run(pip_install(venv, file), check=True)
    stamp.write_text(wanted)
    return venv


def outcome(core: str, python: str) -> str:
    """Run both; return what came of them."""
    interpreter = find(python)
    if not interpreter:
        return f"skipped: no python{python} in the PATH"
    venv = install(f"{core}-{python}", interpreter, f"core-{core}")
    failed = [
        *(["unit"] if call([str(venv / "bin" / "pytest")], environment(venv)) else []),
        *(["sanity"] if check([], venv, python) else []),
    ]
    return f"FAILED: {' '.join(failed)}" if failed else "passed"


def outcome_of_oldest_libraries() -> str:
    """Run the tests of the libraries with the oldest that are promised to do; return what came of it."""
    core, python = SUPPORTED[0]
    interpreter = find(python)
    if not interpreter:
        return f"skipped: no python{python} in the PATH"
    venv = install("oldest-libraries", interpreter, f"core-{core}", "lowest")
    return "FAILED" if call([str(venv / "bin" / "pytest"), *OF_THE_LIBRARIES], environment(venv)) else "passed"


def main(arguments: list[str]) -> int:
    """Return 1 when a test failed with one of them. ``libraries`` as an argument runs only the oldest libraries."""
    outcomes = {"oldest libraries": outcome_of_oldest_libraries()}
    for core, python in () if arguments == ["libraries"] else SUPPORTED:
        outcomes[f"ansible-core {core} Python {python}"] = outcome(core, python)
    print("\n".join(["", *(f"{what:30} {told}" for what, told in outcomes.items())]))
    return int(any(told.startswith("FAILED") for told in outcomes.values()))


if __name__ == "__main__":
    with alone("versions"), alone("sanity"):
        run_tool(lambda: main(sys.argv[1:]))
