# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Every tool of a stand-in host: ``stand_in.py PROGRAM [ARGUMENT ...]``, in the host's root folder (``HOME``).

What changes a host needs root, which only the stand-in of sudo gives, and is written down in ``journal``. Questions
are answered by the files in ``answers``. An upgrade lays the files of ``after_upgrade`` over the root folder, a repair
those of ``after_repair``, and a reboot those of ``after_reboot`` and a new boot id, unless there is a file ``stuck``.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from pathlib import Path

ROOT = Path(os.environ["HOME"])
QUESTIONS = {"uname": "kernel", "dpkg-query": "installed", "rpm": "installed"}
ASKED_OF = {
    "--simulate": "pending",
    "--disableexcludes=all": "unlocked",
    "check-update": "pending",
    "needs-restarting": "restart",
}


def answer(question: str) -> int:
    """Print what was recorded: ``QUESTION``, and ``.error`` on stderr; ``.status`` holds a status other than 0."""
    folder = ROOT / "answers"
    for name, stream in ((question, sys.stdout), (f"{question}.error", sys.stderr)):
        if (folder / name).exists():
            stream.write((folder / name).read_text())
    status = folder / f"{question}.status"
    return int(status.read_text()) if status.exists() else 0


def show(paths: list[str]) -> int:
    """Do as cat does, with the host's own files."""
    status = 0
    for path in paths:
        file = ROOT / path.lstrip("/")
        if file.exists():
            sys.stdout.write(file.read_text())
        else:
            sys.stderr.write(f"cat: {path}: No such file or directory\n")
            status = 1
    return status


def follow(event: str) -> None:
    """Change the host as the event does. A file without content stands for a file that is gone."""
    changes = ROOT / event
    for change in sorted(changes.rglob("*")) if changes.exists() else []:
        target = ROOT / change.relative_to(changes)
        if change.is_dir():
            target.mkdir(exist_ok=True)
        elif change.stat().st_size:
            shutil.copy(change, target)
        else:
            target.unlink(missing_ok=True)


def change(program: str, arguments: list[str]) -> int:
    """Write down a command that changes the host, and do it."""
    line = " ".join([program, *arguments])
    if os.environ.get("STAND_IN_USER") != "root":
        sys.stderr.write(f"{line}: only root may do this\n")
        return 100
    with (ROOT / "journal").open("a") as journal:
        journal.write(f"{line}\n")
    if program == "dpkg":
        follow("after_repair")
    elif "dist-upgrade" in arguments or "upgrade" in arguments or "--only-upgrade" in arguments:
        follow("after_upgrade")
    elif program == "systemctl" and not (ROOT / "stuck").exists():
        follow("after_reboot")
        (ROOT / "proc/sys/kernel/random/boot_id").write_text(f"{uuid.uuid4()}\n")
    return 0


def main(program: str, *arguments: str) -> int:
    if (program, *arguments) == ("uname", "-n"):
        return show(["/etc/hostname"])
    if program == "sudo":
        command = list(arguments[arguments.index("/bin/sh") :])
        os.execve(command[0], command, os.environ | {"STAND_IN_USER": "root"})
    if program == "cat":
        return show(list(arguments))
    asked = [ASKED_OF[argument] for argument in arguments if argument in ASKED_OF]
    if asked or program in QUESTIONS:
        return answer(asked[0] if asked else QUESTIONS[program])
    return change(program, list(arguments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
