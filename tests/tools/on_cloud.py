# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run a command on an embedded cloud of its own: start the cloud, run the command, take the cloud down, come what may.

``python -m tests.tools.on_cloud [--hosts N] [--beside] COMMAND [ARGUMENT ...]``, for instance ``... molecule test
--all``, on four hosts unless told otherwise. The command finds the cloud through the environment
(``OS_CLIENT_CONFIG_FILE``, ``OS_CLOUD``, ``EMBEDDED_CLOUD_STATE``). Another port than 15200, when that one is taken, is
chosen with ``EMBEDDED_CLOUD_PORT``. A cloud beside that one has ports of its own, the next hundred.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

from tests.tools.layout import BUILD, ROOT, alone, call, environment

FIRST_PORT, PORTS = 15200, 100  # so many are kept for each cloud
STOPPING = (signal.SIGINT, signal.SIGTERM)


def stop(number: int, frame: FrameType | None) -> None:
    """Leave on the first signal, deaf to the next ones, so that nothing keeps the cloud from being taken down."""
    for deaf in STOPPING:
        signal.signal(deaf, signal.SIG_IGN)
    raise SystemExit(128 + number)


def name(beside: bool) -> str:
    """The name of the cloud's folder and of its lock."""
    return "beside" if beside else "check"


def main(hosts: int, beside: bool, command: list[str]) -> int:
    """Return the command's exit status, or that of the cloud when it did not start or would not stop."""
    state = BUILD / "cloud" / name(beside)
    env = environment(
        EMBEDDED_CLOUD_STATE=str(state),
        EMBEDDED_CLOUD_PORT=str(int(os.environ.get("EMBEDDED_CLOUD_PORT") or FIRST_PORT) + PORTS * beside),
        OS_CLIENT_CONFIG_FILE=str(state / "clouds.yaml"),
        OS_CLOUD="embedded",
        ANSIBLE_CONNECTION_PLUGINS=str(ROOT / "tests" / "cloud" / "connection_plugins"),
    )
    cloud = [sys.executable, str(ROOT / "tests" / "cloud")]
    program, *arguments = command
    for number in STOPPING:
        signal.signal(number, stop)
    try:
        status = call([*cloud, "down"], env) or call([*cloud, "up", "--hosts", str(hosts)], env)
        status = status or call([sys.executable if program == "python" else program, *arguments], env)
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        left = call([*cloud, "down"], env)
    return status or left


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run a command on an embedded cloud of its own.")
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--beside", action="store_true", help="a second cloud, for what runs beside the first")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    with alone(f"{name(options.beside)}-on-cloud"):
        sys.exit(main(options.hosts, options.beside, options.command))
