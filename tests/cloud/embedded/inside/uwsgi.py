# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's API behind uWSGI, as Kolla-Ansible and OpenStack-Ansible serve it: its answers carry no `Date`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

# Kolla-Ansible's own: processes of one thread each, and a connection for each request.
OPTIONS = "--master --no-orphans --processes 2 --enable-threads --thunder-lock --single-interpreter --buffer-size 65535"

application: Callable[..., Any]  # what uWSGI serves: it finds it under this name


def server(app: Callable[..., Any], port: int) -> Callable[[], object]:
    """Listen, and return what serves until killed. Requests that come before that wait in the socket's backlog."""
    import pyuwsgi

    global application
    application = app
    descriptor = socket.create_server(("127.0.0.1", port), backlog=1024).detach()
    place = ["--http-socket", f"fd://{descriptor}", "--module", f"{__name__}:application"]
    return partial(pyuwsgi.run, [*OPTIONS.split(), "--add-header", "Connection: close", "--disable-logging", *place])
