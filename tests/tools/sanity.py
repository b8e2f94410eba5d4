# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run ``ansible-test sanity`` on a copy of the checkout, with no host asked but the package index.

ansible-test insists on a real directory ``ansible_collections/stackops/aggregates`` that is a git work tree, keeps its
virtualenvs in the home folder, and gets pip for them from a host of its own. So it runs on a copy below ``build``, with
a home there, in which a small stand-in for that download already lies.
"""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from pathlib import Path

from tests.tools.layout import BUILD, VENV, alone, copy_checkout, environment, run_tool

HOME = BUILD / "home"
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
COPY = BUILD / "sanity" / "ansible_collections" / "stackops" / "aggregates"

# Named after the pip releases that ansible-core 2.19 and 2.20 to 2.22 ask for.
GET_PIP_NAMES = ("get_pip_24_2.py", "get_pip_25_2.py")
GET_PIP = """\
import subprocess
import sys

wanted = [arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip"])  # in a process of its own: it turns pip's settings off
subprocess.check_call([sys.executable, "-m", "pip", "install", *wanted])
"""


def write_get_pip() -> None:
    """Lay the stand-in where ansible-test keeps what it downloaded."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in GET_PIP_NAMES:
        (cache / name).write_text(GET_PIP)


def write_pip_settings() -> None:
    """Carry over the pip settings in force, a package index for example: ansible-test passes no environment on."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    settings = configparser.RawConfigParser()
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):  # the environment wins
        key, value = line.split("=", 1)
        section, name = key.replace(":env:", "global").split(".", 1)
        settings.read_dict({section: {name: ast.literal_eval(value)}})
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # an index may be reached by a password
    with path.open("w") as file:
        settings.write(file)


def check(options: list[str], venv: Path = VENV, python: str = RUNNING) -> int:
    """Run every sanity test of the ansible-core in ``venv``, or what ``options`` choose; return ansible-test's status.

    :param options: given to ansible-test as they are.
    :param python: version of the Python in ``venv``.
    """
    write_get_pip()
    write_pip_settings()
    copy_checkout(COPY, untracked=True)
    subprocess.run(["git", "init", "--quiet", str(COPY)], check=True)
    command = [str(venv / "bin" / "ansible-test"), "sanity", "--python", python, "--requirements", *options]
    return subprocess.run(command, cwd=COPY, env=environment(venv, HOME=str(HOME)), check=False).returncode


if __name__ == "__main__":
    with alone("sanity"):
        run_tool(lambda: check(sys.argv[1:]))
