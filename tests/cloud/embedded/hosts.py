# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The cloud's compute hosts: their nova-computes, their power, and how Ansible sees them."""

from __future__ import annotations

import json
import re
import sys

from tests.cloud.embedded import configuration, processes
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.layout import CHECKOUT, Layout

NAME = re.compile(r"[A-Za-z0-9_-]{1,15}")
LONG_NAME = "compute-{number}.example"


def check_name(name: str) -> None:
    """A host's name is also its process's name, its folder's and Nova's."""
    if not NAME.fullmatch(name):
        raise CloudError(f"{name!r} is no host name here: use 1 to 15 letters, digits, '-' and '_'.")


def known(layout: Layout, name: str) -> None:
    if not (layout.etc / f"nova-{name}.conf").exists():
        names = sorted(path.name for path in (layout.state / "hosts").glob("*"))
        raise CloudError(f"There is no host {name} in {layout.state}: it has {', '.join(names) or 'none'}.")


def create(layout: Layout, name: str, vcpus: int) -> None:
    """Make a host: its nova-compute's configuration, its hypervisor, and its root folder with `hostctl`."""
    check_name(name)
    configuration.write_host(layout, name, vcpus)
    Hypervisors(layout.store).add_host(name)
    programs = layout.host(name) / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    (layout.host(name) / "journal").touch()
    hostctl = programs / "hostctl"
    hostctl.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        f"sys.path.insert(0, {str(CHECKOUT)!r})\n"
        "from tests.cloud.embedded.hostctl import main\n"
        "sys.exit(main(pathlib.Path(__file__).resolve().parents[1]))\n",
        encoding="utf-8",
    )
    hostctl.chmod(0o755)
    uname = programs / "uname"  # tells the name of the machine that this stands for
    uname.write_text(f'#!/bin/sh\n[ "$1" = -n ] && echo {name} || exec /bin/uname "$@"\n', encoding="utf-8")
    uname.chmod(0o755)


def write_inventory(layout: Layout) -> None:
    """Write the Ansible inventory. Its names differ from Nova's on purpose, as they do in many a cloud."""
    names = sorted(path.name for path in (layout.state / "hosts").iterdir())
    entries = {
        LONG_NAME.format(number=name.removeprefix("cmp")): {
            "nova_host": name,
            "ansible_connection": "embedded_host",
            "ansible_embedded_host_root": str(layout.host(name)),
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        for name in names
    }
    layout.inventory.write_text(json.dumps({"compute": {"hosts": entries}}, indent=2) + "\n", encoding="utf-8")


def running(layout: Layout, name: str) -> bool:
    return any(process.name == name for process in processes.find(layout.state))


def kill(layout: Layout, name: str) -> None:
    """Kill nova-compute alone, as a crash does; the guests live on."""
    known(layout, name)
    if not processes.end_named(layout.state, name):
        raise CloudError(f"nova-compute of {name} does not run: start it with `start-compute {name}`.")


def start(layout: Layout, name: str, vcpus: int | None = None) -> None:
    """Start nova-compute, of a new host too, and return when it serves and Nova has mapped it to its cell."""
    check_name(name)
    if running(layout, name):
        raise CloudError(f"nova-compute of {name} runs already.")
    new = not (layout.etc / f"nova-{name}.conf").exists()
    if new or vcpus is not None:
        create(layout, name, vcpus or layout.settings.vcpus)
        write_inventory(layout)
    processes.wait_ready(layout, processes.fork(layout, name, "compute"))
    if new:
        processes.wait_ready(layout, processes.fork(layout, "cells", "cells"))


def power_off(layout: Layout, name: str) -> None:
    """The host loses power: nova-compute and the running guests die, their disks stay."""
    known(layout, name)
    processes.end_named(layout.state, name)
    Hypervisors(layout.store).power_off(name)


def reboot(layout: Layout, name: str) -> None:
    """Power off, boot with what is installed, start nova-compute."""
    power_off(layout, name)
    Hypervisors(layout.store).power_on(name)
    start(layout, name)


def restart_compute(layout: Layout, name: str) -> None:
    """Restart nova-compute alone; the guests do not notice."""
    kill(layout, name)
    start(layout, name)
