# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll through twelve hosts of a real cloud, beside the bare moves that it made, and beside doing it by hand."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench import peers
from tests.bench.figures import Figure, compared
from tests.bench.plays import HERE, Player
from tests.bench.processes import BenchError, measured
from tests.bench.replay import HostMoves, Move, newest, replay, turns
from tests.cloud.embedded import servers
from tests.cloud.embedded.rest import Session

CLOUD = HERE.parent / "cloud"
PORT = os.environ.get("EMBEDDED_CLOUD_PORT") or "15400"
HOSTS, SERVERS = 12, 4
AT_ONCE = 3  # hosts
MOVES_AT_ONCE = 2  # of one host
MOVE_SECONDS = 2
BY_HAND = 1  # hosts that are done by hand; the others take as long


def figures(folder: Path, rounds: int) -> list[Figure]:
    """Roll and replay in turn, by hand once: on a real cloud each takes minutes."""
    with embedded_cloud(folder / "cloud") as state:
        session = Session.open(state / "clouds.yaml")
        furnish(session, [f"cmp{number % HOSTS + 1:02}" for number in range(HOSTS * SERVERS)])
        first_hosts = hosts_of_servers(session)
        environment = environment_of(folder, state)
        # As the guide has it for rolls: the tasks share a token. The replay has one from the start.
        cached = folder / "clouds.yaml"
        cached.write_text(json.dumps({**json.loads((state / "clouds.yaml").read_text()), "cache": {"auth": True}}))
        environment_of_rolls = environment | {"OS_CLIENT_CONFIG_FILE": str(cached)}
        rolled, replayed = [], []
        for _round in range(rounds):
            # As the guide has it too: a plan comes first. So no roll waits for files that a replay has loaded.
            roll(folder, state, environment_of_rolls, "--check")
            before = newest(session)
            rolled.append(roll(folder, state, environment_of_rolls))
            made = turns(session, first_hosts, before)
            moves = sum(len(host.out) + len(host.back) for host in made.values())
            if hosts_of_servers(session) != first_hosts or moves != 2 * HOSTS * SERVERS:
                raise BenchError(f"The roll made {moves} moves, and not every server away and back.")
            replayed.append(replay(session, made, AT_ONCE, MOVES_AT_ONCE))
        by_hand = do_by_hand(folder, environment, made) * HOSTS / BY_HAND
        if hosts_of_servers(session) != first_hosts:
            raise BenchError("Not every server is back.")
    what = f"roll of {HOSTS} hosts, {SERVERS} servers each, {AT_ONCE} at once: time"
    return [
        compared(what, "s", 1.15, rolled, replayed, "replay of its moves"),
        compared(
            what,
            "s",
            1 / 3,
            rolled,
            [by_hand] * rounds,
            f"a CLI call per server ({BY_HAND} host x {HOSTS // BY_HAND})",
        ),
    ]


@contextlib.contextmanager
def embedded_cloud(state: Path) -> Iterator[Path]:
    """A real Nova with the hosts; its folder of state."""
    command = [sys.executable, str(CLOUD), "--state", str(state), "--port", PORT]
    size = [
        "--hosts",
        str(HOSTS),
        "--migration-seconds",
        str(MOVE_SECONDS),
        "--max-live-migrations",
        str(MOVES_AT_ONCE),
    ]
    try:
        if subprocess.run([*command, "up", *size], stdout=subprocess.DEVNULL, check=False).returncode:
            raise BenchError("The embedded cloud did not start: see its error above.")
        yield state
    finally:
        subprocess.run([*command, "down"], stdout=subprocess.DEVNULL, check=False)


def furnish(session: Session, hosts: Sequence[str]) -> None:
    """One aggregate of all hosts, and a server on each of these, which may be named several times."""
    pool = session.compute("POST", "/os-aggregates", {"aggregate": {"name": "pool"}})["aggregate"]["id"]
    for host in sorted(set(hosts)):
        session.compute("POST", f"/os-aggregates/{pool}/action", {"add_host": {"host": host}})
    created = [servers.create(session, f"{host}-{number}", host=host) for number, host in enumerate(hosts)]
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda uuid: servers.put_into(session, uuid, servers.ACTIVE), created))


def hosts_of_servers(session: Session) -> dict[str, str]:
    """The host of each server."""
    listed = session.compute("GET", "/servers/detail?all_tenants=1")["servers"]
    return {server["id"]: server["OS-EXT-SRV-ATTR:host"] for server in listed}


def environment_of(folder: Path, state: Path) -> dict[str, str]:
    environment = Player(folder).environment
    del environment["ANSIBLE_STDOUT_CALLBACK"]
    return environment | {
        "OS_CLIENT_CONFIG_FILE": str(state / "clouds.yaml"),
        "OS_CLOUD": "embedded",
        "ANSIBLE_CONNECTION_PLUGINS": str(CLOUD / "connection_plugins"),
    }


def roll(
    folder: Path,
    state: Path,
    environment: Mapping[str, str],
    *options: str,
    tasks: Path = HERE / "tasks" / "upgrade.yml",
) -> float:
    """Seconds from the command to its end."""
    options_of_roll = {
        "rolling_upgrade_aggregate": "pool",
        "rolling_upgrade_tasks": tasks,
        "rolling_upgrade_max_unavailable": AT_ONCE,
        "rolling_upgrade_max_concurrent": MOVES_AT_ONCE,
    }
    variables = [part for name, value in options_of_roll.items() for part in ("-e", f"{name}={value}")]
    playbook = ["-i", str(state / "inventory.yml"), "stackops.aggregates.rolling_upgrade", *options]
    return measured([str(peers.VENV / "bin" / "ansible-playbook"), *playbook, *variables], environment, folder)[0].wall


def do_by_hand(folder: Path, environment: Mapping[str, str], made: Mapping[str, HostMoves]) -> float:
    """Upgrade some of the hosts as an operator's shell script does, a host at a time and with a call per server."""
    openstack = str(peers.VENV / "bin" / "openstack")

    def call(*arguments: str) -> None:
        measured([openstack, *arguments], environment, folder)

    def migrate(move: Move) -> None:
        version = ("--os-compute-api-version", "2.68")
        call(*version, "server", "migrate", "--live-migration", "--host", move.target, "--wait", move.server)

    hosts = list(made.items())[:BY_HAND]
    began = time.monotonic()
    for host, moves in hosts:
        call("compute", "service", "set", "--disable", host, "nova-compute")
        for move in moves.out:
            migrate(move)
        call("compute", "service", "set", "--enable", host, "nova-compute")
        for move in moves.back:
            migrate(move)
    return time.monotonic() - began
