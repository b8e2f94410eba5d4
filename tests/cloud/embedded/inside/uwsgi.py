# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's API behind uWSGI, as Kolla-Ansible and OpenStack-Ansible serve it: its answers carry no `Date`."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

application: Callable[..., Any]  # what uWSGI serves: it finds it under this name


def server(app: Callable[..., Any], port: int) -> Callable[[], None]:
    """Listen, and return what serves for ever. Requests that come before wait in the socket's backlog."""
    global application
    application = app
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    descriptor = os.dup(listener.fileno())  # inheritable, and open when the listener is collected
    # Kolla-Ansible's own options: processes of one thread each, and a connection for each request.
    options = [
        "--master",
        "--no-orphans",
        "--processes",
        "2",
        "--enable-threads",
        "--thunder-lock",
        "--single-interpreter",
    ]
    limits = ["--buffer-size", "65535", "--add-header", "Connection: close", "--disable-logging"]
    module = ["--http-socket", f"fd://{descriptor}", "--module", f"{__name__}:application"]
    return lambda: run([*options, *limits, *module])


def run(arguments: list[str]) -> None:
    import pyuwsgi

    pyuwsgi.run(arguments)
