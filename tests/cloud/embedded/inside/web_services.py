# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The services beside Nova: `python -m tests.cloud.embedded.inside.web_services keystone|glance|placement`."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import waitress

from tests.cloud.embedded import processes
from tests.cloud.embedded.inside import compat, sqlite_tuning
from tests.cloud.embedded.layout import Layout, listener_port, url


def serve(app: Callable[..., Any], port: int, threads: int = 8, workers: int = 1) -> None:
    """Answer requests with a WSGI application, in threads of this process and of its forks, ``workers`` in all."""
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    forked = any(os.fork() == 0 for _worker in range(workers - 1))
    if forked:
        compat.after_fork()
    server = waitress.create_server(
        app, sockets=[listener], threads=threads, ident=None, clear_untrusted_proxy_headers=True
    )
    if forked:
        server.run()  # until killed: only the first reports that it serves
    threading.Thread(target=server.run, daemon=True, name=f"port-{port}").start()


def keystone(layout: Layout) -> None:
    os.environ["OS_KEYSTONE_CONFIG_DIR"] = str(layout.etc)
    from keystone.cmd import bootstrap
    from keystone.server import wsgi

    application = wsgi.initialize_public_application()
    bootstrap.backends.load_backends = lambda: None  # the application has done it
    settings = layout.settings
    boot = bootstrap.Bootstrapper()
    boot.admin_username = boot.project_name = boot.admin_role_name = "admin"
    boot.admin_password = settings.password
    boot.region_id, boot.service_name = "RegionOne", "keystone"
    boot.public_url = boot.internal_url = url(settings.port, "keystone")
    boot.bootstrap()
    serve(application, listener_port(settings.port, "keystone"))


def glance(layout: Layout) -> None:
    os.environ["OS_GLANCE_CONFIG_DIR"] = str(layout.etc)
    from glance.common import wsgi_app

    serve(wsgi_app.init_app(), listener_port(layout.settings.port, "glance"))


def placement(layout: Layout) -> None:
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = str(layout.etc)
    from placement import wsgi

    serve(wsgi.init_application(), listener_port(layout.settings.port, "placement"))
    serve(no_networks, listener_port(layout.settings.port, "neutron"))


def no_networks(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """An empty Neutron: Nova asks it for the ports of every server that it shows."""
    name = environ["PATH_INFO"].rstrip("/").rpartition("/")[2].removesuffix(".json").replace("-", "_")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({name: []}).encode()]


ROLES = {role.__name__: role for role in (keystone, glance, placement)}


if __name__ == "__main__":
    processes.introduce(sys.argv[1])
    sqlite_tuning.install()
    where = Layout.recorded(Path(os.environ[processes.MARKER]))
    ROLES[sys.argv.pop(1)](where)
    processes.report_ready()
    threading.Event().wait()
