# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Where things lie in the checkout, and how the tools are run there."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
VENV = BUILD / "venv"
COLLECTIONS = BUILD / "collections"

STOPPED = 128 + signal.SIGINT  # the exit status of what was told to stop

_running: set[subprocess.Popen[bytes]] = set()
_changing = threading.Lock()  # of that set
_stopping = threading.Event()


def environment(venv: Path = VENV, /, **extra: str) -> dict[str, str]:
    """Return the environment in which the tools in ``venv`` run: they find each other and this collection."""
    return os.environ | {
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(BUILD / "ansible"),
        "MYPYPATH": str(COLLECTIONS),
        **extra,
    }


@contextmanager
def alone(what: str) -> Iterator[int]:
    """Wait until no other process in this checkout does the same; yield the lock's descriptor."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{what}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another process in this checkout to end its {what}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def call(command: list[str], env: dict[str, str], output: IO[str] | None = None) -> int:
    """Run a command in the checkout and return its exit status; when told to stop, let it tidy up before we go."""
    with _changing:
        if _stopping.is_set():
            return STOPPED
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
        _running.add(process)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        with _changing:
            _running.discard(process)


def stop_all() -> None:
    """Let commands that other threads call tidy up and end, and no further one begin."""
    with _changing:
        _stopping.set()
        for process in _running:
            process.terminate()


def run_tool(main: Callable[[], int]) -> NoReturn:
    """Run a tool to its end, or until SIGINT or SIGTERM: then the commands that it calls tidy up before it ends.

    What a shell starts in the background ignores SIGINT, unless it says otherwise.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def copy_checkout(target: Path, *, untracked: bool) -> None:
    """Copy the files that git tracks, and with ``untracked`` those it does not ignore, afresh into ``target``."""
    others = ["--others", "--exclude-standard"] if untracked else []
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", *others]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    if target.exists():
        shutil.rmtree(target)
    for name in filter(None, listed):
        source = ROOT / name
        if source.is_symlink() or source.exists():  # git still lists a file that was just deleted
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
