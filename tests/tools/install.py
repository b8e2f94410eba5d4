# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Install the tools of ``requirements/tools.txt`` into ``build/venv``; link the checkout into ``build/collections``.

Runs with any Python 3.11 to 3.13 and nothing else. Doing it again costs nothing: a stamp, written last, names the
requirements and the Python that the folder was made from. Without that stamp the folder is made afresh, so an
interrupted installation never counts as one.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools.layout import COLLECTIONS, ROOT, VENV, alone

REQUIREMENTS = ROOT / "requirements" / "tools.txt"


def install(what: str, venv: Path, requirements: Path, lock: int) -> None:
    """Make ``venv`` from the running Python, unless its stamp says that it is that already.

    Each process inherits the descriptor ``lock``: one that outlives us, killed, keeps the next run waiting.
    """
    stamp = venv / "stamp"
    wanted = f"{sys.version}\n{sys.base_prefix}\n{hashlib.sha256(requirements.read_bytes()).hexdigest()}\n"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    where, version = venv.relative_to(ROOT), sys.version.split()[0]
    print(f"Installing {what} into {where} with Python {version} (about a minute)", flush=True)
    if venv.exists():
        shutil.rmtree(venv)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, pass_fds=[lock])
    subprocess.run(pip_install(venv, requirements), check=True, pass_fds=[lock])
    stamp.write_text(wanted)


def pip_install(venv: Path, requirements: Path) -> list[str]:
    """Return the command that installs what is listed with its hash, and fails for any other file of that name."""
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    return [*pip, "install", "--quiet", "--require-hashes", "--requirement", str(requirements)]


def link_collection() -> None:
    """Let Ansible and Python find the checkout as ``ansible_collections.stackops.aggregates``."""
    link = COLLECTIONS / "ansible_collections" / "stackops" / "aggregates"
    if link.is_symlink() and link.resolve() == ROOT:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to("../../../..")


def main() -> int:
    """Install under a lock, so that two makes at once do not take the folder from each other."""
    with alone("installation") as lock:
        try:
            install("the tools", VENV, REQUIREMENTS, lock)
        except subprocess.CalledProcessError as error:
            print(
                f"The tools could not be installed from requirements/tools.txt ({error.cmd[0]} ended with"
                f" {error.returncode}); mend what it says above and run the same command again.",
                file=sys.stderr,
            )
            return 1
        link_collection()
    return 0


if __name__ == "__main__":
    sys.exit(main())
