# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The command line: `python3 tests/cloud COMMAND`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from tests.cloud.embedded import cells, cloud, haproxy, hosts, installation, policies, processes, selftest, servers
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.layout import (
    APIS,
    DEFAULT_PORT,
    DEFAULT_STATE,
    RELEASES,
    Layout,
    Settings,
    default_venv,
)
from tests.cloud.embedded.probe import Probe
from tests.cloud.embedded.rest import Session

MAX_HOSTS = 99


def say(text: str) -> None:
    print(text, flush=True)


def terminated(_signal: int, _frame: Any) -> NoReturn:
    """SIGTERM ends a command as Ctrl-C does: what it began is taken down."""
    raise KeyboardInterrupt


def up(options: argparse.Namespace) -> None:
    layout = services(options)
    if not 1 <= options.hosts <= MAX_HOSTS:
        raise CloudError(f"--hosts {options.hosts}: expected 1 to {MAX_HOSTS}.")
    if options.api not in APIS:  # argparse does not check what the environment gave
        raise CloudError(f"EMBEDDED_CLOUD_API={options.api}: expected {' or '.join(APIS)}.")
    if not 0 <= options.cell2_hosts < options.hosts:
        raise CloudError(f"--cell2-hosts {options.cell2_hosts}: expected 0 to {options.hosts - 1}.")
    if options.front and options.haproxy:
        raise CloudError("--front and --haproxy are two load balancers for one place: choose one.")
    settings = Settings.draw(
        layout.venv,
        base_port(options),
        tuple(f"cmp{number:02d}" for number in range(1, options.hosts + 1)),
        vcpus=options.vcpus,
        memory_mb=options.memory_mb,
        migration_seconds=options.migration_seconds,
        max_live_migrations=options.max_live_migrations,
        new_services_disabled=options.new_services_disabled,
        api=options.api,
        front=options.front,
        haproxy=options.haproxy,
        cell2_hosts=options.cell2_hosts,
        conductor_lag=options.conductor_lag,
        release=options.release,
    )
    cloud.up(layout, settings, options.reuse, say)
    say(f"export OS_CLIENT_CONFIG_FILE={layout.clouds} OS_CLOUD=embedded")


def services(options: argparse.Namespace) -> Layout:
    """The paths of a cloud of the release that was asked for."""
    if options.release and options.release not in RELEASES:
        raise CloudError(f"EMBEDDED_CLOUD_RELEASE={options.release}: expected none or {', '.join(RELEASES)}.")
    return Layout(options.state, options.venv or default_venv(options.release))


def base_port(options: argparse.Namespace) -> int:
    """The port asked for, else the one the state's cloud had, else the default."""
    if options.port is not None:
        return options.port
    recorded = options.state / "settings.json"
    return Layout.recorded(options.state).settings.port if recorded.exists() else DEFAULT_PORT


def down(options: argparse.Namespace) -> None:
    cloud.down(options.state, say)


def install(options: argparse.Namespace) -> None:
    installation.install(services(options), options.release, say)


def status(options: argparse.Namespace) -> None:
    layout = Layout.recorded(options.state)
    say("\n".join(cloud.status(layout)))
    if not cloud.is_up(layout):
        raise CloudError(f"The cloud in {layout.state} is not up: clean it with `down`.")


def hypervisors(options: argparse.Namespace) -> None:
    layout = Layout.recorded(options.state)
    store = Hypervisors(layout.store)
    names = {process.name for process in processes.find(layout.state)}
    entries: list[dict[str, Any]] = [
        {
            "host": host.name,
            "compute": "up" if host.name in names else "down",
            "version": host.version,
            "installed": host.installed,
            "boot_id": host.boot_id,
            "images": store.images(host.name),
            "guests": [
                {"uuid": guest.uuid, "name": guest.name, "state": guest.state}
                for guest in (*store.guests(host.name), *store.arriving(host.name))
            ],
        }
        for host in store.hosts()
    ]
    if options.json:
        say(json.dumps(entries, indent=2))
        return
    for entry in entries:
        head = f"{entry['host']}  nova-compute {entry['compute']}, version {entry['version']}"
        say(f"{head}, {len(entry['guests'])} guests")
        for guest in entry["guests"]:
            say(f"    {guest['uuid']}  {guest['state']:8}  {guest['name']}")


def behave(options: argparse.Namespace) -> None:
    try:
        rules = json.loads(options.json)
    except ValueError as error:
        raise CloudError(f"The behaviour is no JSON ({error}): write it as in tests/cloud/README.md.") from error
    Hypervisors(Layout.recorded(options.state).store).behave(rules)


def kill_compute(options: argparse.Namespace) -> None:
    hosts.kill(Layout.recorded(options.state), options.host)


def start_compute(options: argparse.Namespace) -> None:
    hosts.start(Layout.recorded(options.state), options.host, options.vcpus)


def cell_down(options: argparse.Namespace) -> None:
    cells.take_down(Layout.recorded(options.state), options.cell)


def cell_up(options: argparse.Namespace) -> None:
    cells.bring_up(Layout.recorded(options.state), options.cell)


def start_haproxy(options: argparse.Namespace) -> None:
    haproxy.start(Layout.recorded(options.state))


def stop_haproxy(options: argparse.Namespace) -> None:
    haproxy.stop(Layout.recorded(options.state))


def withhold(options: argparse.Namespace) -> None:
    policies.withhold(Layout.recorded(options.state), options.policy)


def power_off_host(options: argparse.Namespace) -> None:
    hosts.power_off(Layout.recorded(options.state), options.host)


def boot(options: argparse.Namespace) -> None:
    session = Session.open(Layout.recorded(options.state).clouds)
    created = [
        servers.create(session, name, options.flavor, options.host, options.group, options.zone)
        for name in options.name
    ]
    for uuid in created:
        server = servers.put_into(session, uuid, options.server_state)
        say(f"{uuid}  {server['status']:9}  {server['OS-EXT-SRV-ATTR:host']}  {server['name']}")


def probe(options: argparse.Namespace) -> None:
    layout = Layout.recorded(options.state)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    watcher = Probe(Session.open(layout.clouds), Hypervisors(layout.store), options.out)
    say(f"probing {watcher.start()} guests")
    if not watcher.run(stop, options.seconds):
        raise CloudError(f"The probe saw an interruption, or nothing through the API: read {options.out}.")


def check(options: argparse.Namespace) -> None:
    selftest.run(Layout.recorded(options.state), say)


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="python3 tests/cloud", description="A real OpenStack compute control plane on this machine, for tests."
    )
    env = os.environ.get
    root.add_argument("--state", type=path, default=path(env("EMBEDDED_CLOUD_STATE", str(DEFAULT_STATE))))
    root.add_argument(
        "--release",
        choices=RELEASES,
        default=env("EMBEDDED_CLOUD_RELEASE") or "",
        help="of OpenStack; the current one unless told otherwise",
    )
    venv = env("EMBEDDED_CLOUD_VENV")
    root.add_argument("--venv", type=path, default=path(venv) if venv else None, help="one a release by default")
    root.add_argument("--port", type=int, default=int(env("EMBEDDED_CLOUD_PORT") or 0) or None, help="base of 97 ports")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(action: Any, text: str, name: str | None = None) -> argparse.ArgumentParser:
        added = commands.add_parser(name or action.__name__.replace("_", "-"), help=text, description=text)
        added.set_defaults(action=action)
        return added

    command(install, "Make the services' virtualenv, unless it is there.")
    sub = command(up, "Start a cloud and wait until it is ready.")
    sub.add_argument("--hosts", type=int, default=4)
    sub.add_argument("--vcpus", type=int, default=16, help="of each host")
    sub.add_argument("--memory-mb", type=int, default=65536, help="of each host")
    sub.add_argument("--migration-seconds", type=float, default=0, help="how long a live migration takes")
    sub.add_argument("--max-live-migrations", type=int, default=1, help="at a time from one host")
    sub.add_argument("--new-services-disabled", action="store_true", help="new hosts start out disabled")
    sub.add_argument("--api", choices=APIS, default=env("EMBEDDED_CLOUD_API") or APIS[0], help="what serves Nova's API")
    sub.add_argument(
        "--front",
        action="store_true",
        default=bool(env("EMBEDDED_CLOUD_FRONT")),
        help="put a load balancer before Nova's and Placement's APIs, which `behave` makes fail",
    )
    sub.add_argument(
        "--haproxy",
        action="store_true",
        default=bool(env("EMBEDDED_CLOUD_HAPROXY")),
        help="put HAProxy, which this machine must have, before Placement's API and two of Nova's",
    )
    sub.add_argument(
        "--cell2-hosts",
        type=int,
        default=int(env("EMBEDDED_CLOUD_CELL2_HOSTS") or 0),
        help="how many of the hosts, the last ones, lie in a second cell",
    )
    sub.add_argument(
        "--conductor-lag",
        type=int,
        default=int(env("EMBEDDED_CLOUD_CONDUCTOR_LAG") or 0),
        metavar="SECONDS",
        help="how far the clock of Nova's conductors is behind; they date the records",
    )
    sub.add_argument("--reuse", action="store_true", help="use the cloud that is up already")
    command(down, "End the cloud and remove its state.")
    command(status, "Show the processes and their memory.")
    sub = command(hypervisors, "Show what the hypervisors hold.")
    sub.add_argument("--json", action="store_true")
    command(behave, "Merge rules of behaviour, given as JSON.").add_argument("json")
    command(kill_compute, "Kill a host's nova-compute; its guests live on.").add_argument("host")
    sub = command(start_compute, "Start a host's nova-compute, or add a host.")
    sub.add_argument("host")
    sub.add_argument("--vcpus", type=int)
    command(power_off_host, "Cut a host's power: nova-compute and running guests die.").add_argument("host")
    command(start_haproxy, "Start HAProxy, or reload it: a new one takes over from one that runs.")
    command(stop_haproxy, "Kill HAProxy.")
    command(cell_down, "Take a cell's database away: Nova's API finds the cell down.").add_argument("cell")
    command(cell_up, "Give a cell's database back.").add_argument("cell")
    sub = command(
        withhold, "Take policies from the accounts of the jobs and give them all others; none named: give them all."
    )
    sub.add_argument("policy", nargs="*")
    sub = command(boot, "Boot servers and wait until they are in their state.")
    sub.add_argument("name", nargs="+")
    sub.add_argument("--flavor", default="tiny")
    sub.add_argument("--host")
    sub.add_argument("--group", metavar="NAME:POLICY")
    sub.add_argument("--zone")
    sub.add_argument("--state", dest="server_state", choices=("active", *servers.STATES), default="active")
    sub = command(probe, "Watch every server until it is stopped; fails when one was interrupted.")
    sub.add_argument("--out", type=path, required=True, help="the report, JSON")
    sub.add_argument("--seconds", type=float, help="stop by itself after that time")
    command(check, "Try what the cloud can do, on one of 4 hosts that is up.", "selftest")
    return root


def path(text: str) -> Path:
    return Path(text).expanduser().resolve()


def main() -> int:
    signal.signal(signal.SIGTERM, terminated)
    try:
        options = parser().parse_args()
        options.action(options)
    except CloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0
