# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A whole cloud: up, down, and what it uses."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.cloud.embedded import (
    catalog,
    cells,
    configuration,
    haproxy,
    hosts,
    installation,
    policies,
    processes,
    schemas,
)
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.layout import LISTENERS, Layout, Settings, listener_port
from tests.cloud.embedded.rest import Session
from tests.cloud.embedded.waiting import wait_for

FOLDERS = ("etc", "db", "log", "lock", "nova/instances", "images", "staging", "tasks", "hosts")
NOVA = ("conductor", "scheduler", "api")
# The settings that a cloud which is used again must have.
SAME = ("port", "hosts", "vcpus", "memory_mb", "api", "front", "haproxy", "cell2_hosts", "conductor_lag", "release")
UP_SECONDS = 120

Say = Callable[[str], None]


@contextlib.contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Keep `up` and `down` of one state apart. The lock ends with its process, however that ends."""
    path = state.with_name(f"{state.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CloudError(f"Another `up` or `down` of {state} is at work: wait for it, or end it first.") from error
        yield


def controller(settings: Settings) -> tuple[str, ...]:
    """The names of the processes that are no host's."""
    optional = [*(["front"] if settings.front else []), *([haproxy.NAME] if settings.haproxy else [])]
    return ("bus", "keystone", "glance", "placement", "zygote", *NOVA, *second(settings), *optional)


def second(settings: Settings) -> dict[str, str]:
    """The roles of Nova's services that run twice, by the names of these processes."""
    conductor = {cells.CONDUCTOR2: "conductor"} if settings.cell2_hosts else {}
    return conductor | ({"api2": "api"} if settings.haproxy else {})


def is_up(layout: Layout) -> bool:
    """All of the controller's processes live, and `up` has ended well. Hosts may be down: tests kill them."""
    names = {process.name for process in processes.find(layout.state)}
    return layout.ready.exists() and names.issuperset(controller(layout.settings))


def check_ports(port: int) -> None:
    for name in LISTENERS:
        number = listener_port(port, name)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                raise CloudError(
                    f"Port {number}, which {name} needs, is in use ({error.strerror}): end what listens there,"
                    " or choose another --port."
                ) from error


def up(layout: Layout, settings: Settings, reuse: bool, say: Say) -> None:
    """Make a cloud and return when its first user will find it working."""
    with exclusive(layout.state):
        if is_up(layout):
            check_reuse(layout, settings, reuse)
            say(f"a cloud is up in {layout.state} already and is used again")
            return
        if processes.find(layout.state) or layout.state.exists():
            say(f"cleaning up what an earlier cloud left in {layout.state}")
            remove(layout.state)
        try:
            build(layout, settings, say)
        except BaseException:
            processes.end_all(layout.state)  # the logs stay until the next `up` or `down`
            raise


def check_reuse(layout: Layout, wanted: Settings, reuse: bool) -> None:
    if not reuse:
        raise CloudError(f"A cloud is up in {layout.state} already: use it with `up --reuse`, or end it with `down`.")
    have = layout.settings
    given = {name: (getattr(have, name), getattr(wanted, name)) for name in SAME}
    differing = [f"{name} is {now}, not {then}" for name, (now, then) in given.items() if now != then]
    if differing:
        raise CloudError(f"The cloud in {layout.state} is another one ({'; '.join(differing)}): end it with `down`.")


def build(layout: Layout, settings: Settings, say: Say) -> None:
    started = time.monotonic()

    def step(text: str) -> None:
        say(f"{time.monotonic() - started:5.1f} s  {text}")

    check_ports(settings.port)
    layout.state.mkdir(mode=0o700, parents=True)
    layout.record(settings)  # first, for it distinguishes a cloud's folder from any other
    for folder in FOLDERS:
        (layout.state / folder).mkdir(parents=True)
    installation.install(layout, settings.release, step)
    configuration.write_all(layout)
    policies.write(layout)
    catalog.write_clouds(layout)
    for host in settings.hosts:
        hosts.create(layout, host, settings.vcpus)
    hosts.write_inventory(layout)
    schemas.provide(layout, step)
    step("databases and configuration are there")
    start_services(layout, settings, step)
    layout.ready.touch()
    step(f"the cloud is ready, hosts: {', '.join(settings.hosts)}")


def start_services(layout: Layout, settings: Settings, step: Say) -> None:
    """Start everything, each as early as what it needs is there."""

    def web(name: str) -> processes.Starting:
        return processes.spawn(layout, name, "tests.cloud.embedded.inside.web_services", name)

    keystone = web("keystone")
    zygote = processes.spawn(layout, "zygote", "tests.cloud.embedded.inside.zygote")
    bus = processes.spawn(layout, "bus", "tests.cloud.embedded.bus", str(listener_port(settings.port, "bus")))
    processes.wait_ready(layout, keystone)
    others = [web("glance"), web("placement"), bus]
    if settings.front:
        others.append(processes.spawn(layout, "front", "tests.cloud.embedded.front"))
    admin = Session.open(layout.clouds)
    catalog.create_users_and_endpoints(layout, admin)
    admin = Session.open(layout.clouds)  # a new one, because the catalog in the old one's token is empty
    step("keystone serves")
    processes.wait_ready(layout, zygote)
    processes.wait_ready(layout, *(processes.fork(layout, role, role) for role in ("cells", "policies")))
    processes.wait_ready(layout, *others)
    step("placement and glance serve")
    services = [processes.fork(layout, name, name) for name in NOVA]
    services += [processes.fork(layout, name, role) for name, role in second(settings).items()]
    computes = [processes.fork(layout, host, "compute") for host in settings.hosts]
    processes.wait_ready(layout, *services, *computes)
    if settings.haproxy:
        haproxy.start(layout)
    step("nova serves")
    processes.wait_ready(layout, processes.fork(layout, "cells", "cells"))
    catalog.create_flavors_and_image(admin)
    wait_hosts(admin, settings.hosts)


def wait_hosts(admin: Session, names: tuple[str, ...]) -> None:
    """Return when Nova calls every host up and Placement knows what each of them has."""

    def up_and_known() -> bool:
        services = admin.compute("GET", "/os-services?binary=nova-compute")["services"]
        providers = admin.placement("GET", "/resource_providers?resources=VCPU:1")["resource_providers"]
        living = {service["host"] for service in services if service["state"] == "up"}
        return living.intersection(provider["name"] for provider in providers).issuperset(names)

    wait_for("Every host up in Nova and known to Placement", up_and_known, UP_SECONDS)


def down(state: Path, say: Say) -> None:
    with exclusive(state):
        count = remove(state)
    say(f"ended {count} processes and removed {state}" if count else f"no cloud was up in {state}")


def remove(state: Path) -> int:
    """End every process of the cloud, then forget the cloud. Its state is thrown away, so nothing ends gracefully."""
    count = processes.end_all(state)
    if state.exists():
        if any(state.iterdir()) and not (state / "settings.json").exists():
            raise CloudError(f"{state} holds no embedded cloud: it is left as it is, name another --state.")
        for entry in state.iterdir():
            if entry.name == "settings.json":  # last, see `build`
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        shutil.rmtree(state)
    return count


def status(layout: Layout) -> list[str]:
    """A line for each process with its memory, and for each host whose nova-compute does not run."""
    living = processes.find(layout.state)
    memory = {process: proportional_memory(process.pid) for process in living}
    lines = [f"{process.name:16} {process.pid:>8} {memory[process] / 1024:8.1f} MB" for process in living]
    names = {process.name for process in living}
    hypervisors = [host.name for host in Hypervisors(layout.store).hosts()] if layout.store.exists() else []
    lines += [f"{name:16} {'down':>8}" for name in (*controller(layout.settings), *hypervisors) if name not in names]
    lines.append(f"{'total':16} {len(living):>8} {sum(memory.values()) / 1024:8.1f} MB (shared pages counted in parts)")
    return lines


def proportional_memory(pid: int) -> int:
    """Kilobytes (PSS) of a process; 0 for one that has ended meanwhile."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
