# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which process runs a roll, and whether it still runs."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_ENDED = ("Z", "X")


class _Process(NamedTuple):
    """What /proc tells of a process. ``started``: ticks since the boot, which a later one with its number has not."""

    parent: int
    started: str


def ansible_process() -> dict[str, Any]:
    """Return Ansible's main process, which started this one; number 0 if it cannot be told.

    A task runs in a worker that this process forked, or in a process that such a worker started through a shell, with
    another Python or as another user. Only the main process lives as long as the run. A worker outlives one that is
    killed, and is then a child of whatever process takes in orphans: that one is never taken for it.
    """
    parent = multiprocessing.parent_process()
    main = parent.pid if parent and parent.pid else _ansible_ancestor()
    return as_recorded(main)


def as_recorded(pid: int) -> dict[str, Any]:
    """Return what a record keeps of a process, so that no later one with its number is taken for it."""
    found = _look_at(pid)
    return {"pid": pid, "started": found.started if found else ""}


def started_by(process: Mapping[str, Any]) -> bool:
    """Return whether this process is of that run."""
    return process == ansible_process()


def is_running(process: Mapping[str, Any]) -> bool:
    """Return whether that very process still runs on this machine."""
    found = _look_at(process["pid"])
    return bool(process["started"]) and found is not None and found.started == process["started"]


def _ansible_ancestor() -> int:
    """Return the number of the main process that started the worker which started this one, 0 if there is none."""
    main, command = 0, b""
    for pid in _ancestors():
        ran = _command(pid)
        if command and ran != command:
            break
        if _is_ansible(ran):
            main, command = pid, ran
    return main


def _ancestors() -> Iterator[int]:
    """Yield the number of the process that started this one, then of the one that started that, and so on."""
    pid = os.getppid()
    while pid:  # in a container Ansible may well be process 1
        yield pid
        found = _look_at(pid)
        pid = found.parent if found else 0


def _command(pid: int) -> bytes:
    """Return the command line of a process; a worker has that of the process which forked it."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _is_ansible(command: bytes) -> bool:
    """Return whether a command line is ``ansible-playbook``, by its own name or after a Python."""
    names = [os.path.basename(argument) for argument in command.split(b"\0")[:3]]
    return b"ansible-playbook" in names or b"ansible" in names


def _look_at(pid: int) -> _Process | None:
    """Return what is known of a process; None when there is none, or it has ended, and where there is no /proc."""
    try:
        # proc(5): fields 3, 4 and 22; the name before them, in brackets, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    # One that has ended stays until its parent asks for its status, which some never do.
    return None if fields[0] in _ENDED else _Process(int(fields[1]), fields[19])
