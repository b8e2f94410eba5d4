# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Imports Nova once (3 s of CPU), then forks a process for each request.

`python -m tests.cloud.embedded.inside.zygote`.

A request is a line of JSON on `<state>/zygote.sock`; the child reports on the same connection when it serves.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from tests.cloud.embedded import processes
from tests.cloud.embedded.inside import compat, nova_services, sqlite_tuning
from tests.cloud.embedded.layout import Layout


def main(layout: Layout) -> NoReturn:
    nova_services.load()
    gc.collect()
    gc.freeze()  # what is loaded stays shared with the children
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children leave no zombies
    os.chdir(layout.state)
    with compat.native("socket").socket(socket.AF_UNIX) as listener:
        listener.bind("zygote.sock")
        listener.listen(64)
        processes.report_ready()
        while True:
            peer, _address = listener.accept()
            request = json.loads(peer.makefile().readline())
            if os.fork() == 0:
                listener.close()
                become(layout, request["name"], request["role"], peer)
            peer.close()


def become(layout: Layout, name: str, role: str, peer: socket.socket) -> NoReturn:
    """In the child: play the role until killed, or until it is done."""
    log = os.open(layout.logs / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    try:
        compat.after_fork()
        os.setsid()
        processes.introduce(name)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sqlite_tuning.install()
        then = nova_services.play(layout, role, name)
        processes.report_ready(peer.detach())
        if then:
            then()
    except BaseException:  # a forked child must never return into its parent's code
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    processes.introduce("zygote")
    main(Layout.recorded(Path(os.environ[processes.MARKER])))
