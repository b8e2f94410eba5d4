# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The services' virtualenv: made from a file in requirements, made again when that or the Python changes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout, requirements
from tests.cloud.embedded.processes import MARKER


def stamp(release: str) -> str:
    """Names what an up-to-date virtualenv of that release was made from."""
    pins = hashlib.sha256(requirements(release).read_bytes()).hexdigest()
    return f"python {sys.version_info.major}.{sys.version_info.minor}, requirements sha256 {pins}\n"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """Let one process at a time in. The lock ends with its process, and with those that inherit its descriptor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream.fileno()


def install(layout: Layout, release: str, say: Callable[[str], None]) -> None:
    """Make the virtualenv unless it is there; the stamp is written last, so a broken one is made again."""
    marker = layout.venv / "installed"
    with locked(layout.venv.with_name(f"{layout.venv.name}.lock")) as lock:
        if marker.exists() and marker.read_text(encoding="utf-8") == stamp(release):
            return
        say(f"installing the OpenStack services into {layout.venv} (once, a minute or two)")
        marker.unlink(missing_ok=True)
        environment = {**os.environ, MARKER: str(layout.state)}  # so that `down` ends an orphaned installation
        pip = [str(layout.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(layout.venv)],
            # All is listed; without --no-deps pip takes an older release for none of what is wanted with an extra.
            [*pip, "--require-hashes", "--no-deps", "--requirement", str(requirements(release))],
        ):
            if code := subprocess.run(command, env=environment, pass_fds=(lock,), check=False).returncode:
                raise CloudError(f"Installing the services failed: `{' '.join(command)}` ended with {code}, see above.")
        marker.write_text(stamp(release), encoding="utf-8")
