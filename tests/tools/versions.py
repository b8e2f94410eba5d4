# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run the unit tests and the sanity tests with each supported ansible-core, where a Python for it is there.

Each has a virtualenv of its own in ``build/versions``. One whose Python is not installed here is named as skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools.layout import BUILD, ROOT, alone, call, environment
from tests.tools.sanity import check

# The newest release of each supported ansible-core with the oldest Python that it runs on, and 3.13 once. The README
# names them; when 2.22 is final, it is added here and there.
SUPPORTED = (("2.19.14", "3.11"), ("2.20.10", "3.12"), ("2.21.5", "3.12"), ("2.21.5", "3.13"))
WANTED = ["pytest", "hypothesis", "keystoneauth1", "requests", "PyYAML"]


def find(python: str) -> str | None:
    """Return the first Python of this version in the PATH that can make a virtualenv; pyenv's shims often cannot."""
    for folder in os.environ["PATH"].split(os.pathsep):
        interpreter = shutil.which(f"python{python}", path=folder)
        command = [interpreter or "", "-c", "import venv, ensurepip"]
        if interpreter and subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return interpreter
    return None


def install(core: str, python: str, interpreter: str) -> Path:
    """Return a virtualenv of ``found`` with this ansible-core, and of the rest what ``requirements/tools.txt`` pins."""
    venv = BUILD / "versions" / f"{core}-{python}"
    stamp = venv / "stamp"
    required = (ROOT / "requirements" / "tools.txt").read_text().splitlines()
    tools = [line for line in required if not line.startswith("ansible-core")]
    if stamp.is_file() and stamp.read_text().splitlines() == tools:
        return venv
    if venv.exists():
        shutil.rmtree(venv)
    subprocess.run([interpreter, "-m", "venv", str(venv)], check=True)
    pins = venv / "constraints.txt"
    pins.write_text("\n".join(tools))
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--constraint", str(pins), f"ansible-core=={core}", *WANTED], check=True)
    stamp.write_text("\n".join(tools))
    return venv


def outcome(core: str, python: str) -> str:
    """Run both; return what came of them."""
    interpreter = find(python)
    if not interpreter:
        return f"skipped: no python{python} in the PATH"
    venv = install(core, python, interpreter)
    failed = [
        *(["unit"] if call([str(venv / "bin" / "pytest")], environment(venv)) else []),
        *(["sanity"] if check([], venv, python) else []),
    ]
    return f"FAILED: {' '.join(failed)}" if failed else "passed"


def main() -> int:
    """Return 1 when a test failed with one of them."""
    outcomes = {(core, python): outcome(core, python) for core, python in SUPPORTED}
    lines = [f"ansible-core {core:8} Python {python:5} {told}" for (core, python), told in outcomes.items()]
    print("\n".join(["", *lines]))
    return int(any(told.startswith("FAILED") for told in outcomes.values()))


if __name__ == "__main__":
    with alone("versions"), alone("sanity"):
        sys.exit(main())
