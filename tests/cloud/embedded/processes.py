# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The cloud's processes: start them, find them again, end them.

There are no pid files. Every process carries the state folder's path in its environment, so /proc alone says which
processes belong to a cloud, whoever started them and however that one ended. A process's name is its `comm`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import CloudError
from embedded.layout import PACKAGES, Layout

MARKER = "EMBEDDED_CLOUD_PROCESS_OF"
READY_FD = "EMBEDDED_CLOUD_READY_FD"
NAME_LIMIT = 15  # the kernel cuts a process's name there
START_SECONDS = 180
END_SECONDS = 30


@dataclass(frozen=True)
class Process:
    pid: int
    name: str


@dataclass(frozen=True)
class Starting:
    """A process that was started; it writes to the other end of `fd` when it serves."""

    name: str
    fd: int


def environment(layout: Layout) -> dict[str, str]:
    """What every process of the cloud runs with; the marker is what `find` looks for."""
    return {
        "PATH": f"{layout.venv}/bin:{os.environ.get('PATH', os.defpath)}",
        "HOME": str(layout.state),
        "LANG": "C.UTF-8",
        "XDG_CACHE_HOME": str(layout.venv / "cache"),
        "PYTHONPATH": str(PACKAGES),
        "PYTHONWARNINGS": "ignore",
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "1",
        MARKER: str(layout.state),
    }


def find(state: Path) -> list[Process]:
    """Every living process of the cloud with that state folder, sorted by name."""
    living = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _belongs(int(entry.name), state):
            try:
                living.append(Process(int(entry.name), (entry / "comm").read_text(encoding="utf-8").strip()))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
    return sorted(living, key=lambda process: (process.name, process.pid))


def _belongs(pid: int, state: Path) -> bool:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False  # ended, a zombie, or another user's
    return f"{MARKER}={state}".encode() in variables


def end(state: Path, process: Process) -> None:
    """Kill one process and return when it is gone. A recycled pid is never hit: the check follows the opening."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if _belongs(process.pid, state):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            if not select.select([handle], [], [], END_SECONDS)[0]:
                raise CloudError(f"Process {process.pid} ({process.name}) outlived SIGKILL for {END_SECONDS} s.")
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def end_named(state: Path, name: str) -> bool:
    """Kill the processes of that name; False when there was none."""
    mine = [process for process in find(state) if process.name == name]
    for process in mine:
        end(state, process)
    return bool(mine)


def end_all(state: Path) -> int:
    """Kill every process of the cloud and return how many there were. The zygote goes first: it makes others."""
    count, deadline = 0, time.monotonic() + END_SECONDS
    while processes := find(state):
        if time.monotonic() > deadline:
            raise CloudError(f"Processes of {state} keep appearing: end the `up` that starts them, then try again.")
        for process in sorted(processes, key=lambda process: process.name != "zygote"):
            end(state, process)
            count += 1
    return count


def spawn(layout: Layout, name: str, module: str, *arguments: str) -> Starting:
    """Start `python -m module` as a process of its own; its output goes to the log named after it."""
    ready, theirs = os.pipe()
    try:
        with (layout.logs / f"{name}.log").open("ab") as log:
            subprocess.Popen(  # pylint: disable=consider-using-with
                [str(layout.python), "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=layout.state,
                env={**environment(layout), READY_FD: str(theirs)},
                pass_fds=(theirs,),
                start_new_session=True,
            )
    finally:
        os.close(theirs)
    return Starting(name, ready)


def fork(layout: Layout, name: str, role: str) -> Starting:
    """Have the zygote fork a process of that name which plays that role."""
    folder = os.open(layout.state, os.O_RDONLY)
    peer = socket.socket(socket.AF_UNIX)
    try:
        # Through the descriptor, because a socket's own path may hold 107 bytes only.
        peer.connect(f"/proc/self/fd/{folder}/zygote.sock")
        peer.sendall(json.dumps({"name": name, "role": role}).encode() + b"\n")
    except OSError as error:
        peer.close()
        raise CloudError(f"The cloud in {layout.state} is not up ({error}): start it with `up`.") from error
    finally:
        os.close(folder)
    return Starting(name, peer.detach())


def wait_ready(layout: Layout, *processes: Starting) -> None:
    """Return when all of them serve; an error with the end of the log when one ended before."""
    deadline = time.monotonic() + START_SECONDS
    try:
        for process in processes:
            if not select.select([process.fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
                problem = f"did not serve within {START_SECONDS} s"
            elif os.read(process.fd, 16):
                continue
            else:
                problem = "ended before it served"
            log = layout.logs / f"{process.name}.log"
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
            raise CloudError(f"{process.name} {problem}; the end of {log}:\n{tail}")
    finally:
        for process in processes:
            os.close(process.fd)


def introduce(name: str) -> None:
    """Called by a process of the cloud at its beginning: take a name that `find` can read."""
    Path("/proc/self/comm").write_text(name[:NAME_LIMIT], encoding="utf-8")


def report_ready(fd: int | None = None) -> None:
    """Called by a process of the cloud when it serves: let `wait_ready` go on."""
    fd = int(os.environ.pop(READY_FD)) if fd is None else fd
    os.write(fd, b"ready\n")
    os.close(fd)
