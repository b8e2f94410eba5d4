# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""HAProxy before the APIs of Nova and Placement, configured as by Kolla-Ansible; behind it Nova's API runs twice.

The program is the machine's own, such as Debian's. It needs no root here: the ports are high.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from tests.cloud.embedded import processes
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import FRONTS, Layout, listener_port

NAME = "haproxy"  # the program, and its process
BEHIND = {"compute": ("nova", "nova2"), "placement": ("placement",)}  # the listeners behind each front
# Kolla-Ansible's defaults, but for the numbers of connections, for which one has to be root.
DEFAULTS = """\
global
    nbthread 1

defaults
    mode http
    option redispatch
    retries 3
    timeout http-request 10s
    timeout http-keep-alive 10s
    timeout queue 1m
    timeout connect 10s
    timeout client 1m
    timeout server 1m
    timeout check 10s
    balance roundrobin
"""
SECTIONS = """
frontend {name}_front
    http-request del-header X-Forwarded-Proto
    bind 127.0.0.1:{port}
    default_backend {name}_back

backend {name}_back
"""
CHECK = "check inter 2000 rise 2 fall 5"


def configuration(base: int) -> str:
    """The whole configuration of a cloud with that base port."""
    text = DEFAULTS
    for service, (front, _behind) in FRONTS.items():
        text += SECTIONS.format(name=service, port=listener_port(base, front))
        for name in BEHIND[service]:
            text += f"    server {name} 127.0.0.1:{listener_port(base, name)} {CHECK}\n"
    return text


def start(layout: Layout) -> None:
    """Listen. HAProxy goes to the background by itself once it does; one that listens already goes when it is idle."""
    program = shutil.which(NAME, path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
    if program is None:
        raise CloudError("There is no haproxy on this machine: install it, as with `apt-get install haproxy`.")
    file = layout.etc / "haproxy.cfg"
    file.write_text(configuration(layout.settings.port), encoding="utf-8")
    before = [str(process.pid) for process in processes.find(layout.state) if process.name == NAME]
    command = [program, "-D", "-f", str(file), *(["-sf", *before] if before else [])]
    # Files, not pipes: what goes to the background would keep a pipe open.
    with (layout.logs / "haproxy.log").open("a") as log:
        environment = processes.environment(layout)
        ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if ended.returncode:
        raise CloudError(f"HAProxy did not start: read {log.name}.")


def stop(layout: Layout) -> None:
    """Be gone at once: connections are reset and refused."""
    if not processes.end_named(layout.state, NAME):
        raise CloudError(f"No HAProxy runs in {layout.state}.")
