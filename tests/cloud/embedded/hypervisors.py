# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the hypervisors hold: one SQLite file for all hosts of a cloud, outliving every nova-compute.

It is one file so that a live migration's hand-over is one transaction, and so that one SELECT sees all hosts at the
same instant. The virt driver writes it; the command line, `hostctl` and the probe read and write it from outside.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import uuid as uuids
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNNING, PAUSED, SHUTDOWN, INCOMING = "running", "paused", "shutdown", "incoming"
DEAD = "dead"  # its processors stand still, and its hypervisor calls it running
FIRST_VERSION = 8000000
BUSY_SECONDS = 30

SCHEMA = """
CREATE TABLE IF NOT EXISTS hosts (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,    -- in effect, what Nova gets
    installed INTEGER NOT NULL,  -- in effect after the next boot
    boot_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS guests (
    host TEXT NOT NULL REFERENCES hosts (name),
    uuid TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'shutdown', 'incoming', 'dead')),
    source TEXT,                 -- where an incoming guest still runs
    PRIMARY KEY (host, uuid),
    CHECK ((state = 'incoming') = (source IS NOT NULL))
);
CREATE TABLE IF NOT EXISTS images (
    host TEXT NOT NULL REFERENCES hosts (name),
    image TEXT NOT NULL,
    PRIMARY KEY (host, image)
);
CREATE TABLE IF NOT EXISTS behaviours (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    rule TEXT NOT NULL,          -- JSON
    PRIMARY KEY (kind, key)
);
"""


class NotThere(Exception):
    """A guest or host is not where the caller believes it."""


@dataclass(frozen=True)
class Host:
    name: str
    version: int
    installed: int
    boot_id: str


@dataclass(frozen=True)
class Guest:
    host: str
    uuid: str
    name: str
    state: str


class Hypervisors:
    """The store. Each thread gets a connection of its own; one object serves a whole process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        with self._write() as db:
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # a test's state need not survive a power cut
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return self._local.connection

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its beginning, so that what it reads stays true."""
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    # Hosts

    def add_host(self, name: str) -> None:
        """Make a host known; one that is known already stays as it is."""
        with self._write() as db:
            db.execute(
                "INSERT OR IGNORE INTO hosts VALUES (?, ?, ?, ?)",
                (name, FIRST_VERSION, FIRST_VERSION, str(uuids.uuid4())),
            )

    def hosts(self) -> list[Host]:
        return [Host(*row) for row in self._connection().execute("SELECT * FROM hosts ORDER BY name")]

    def host(self, name: str) -> Host:
        row = self._connection().execute("SELECT * FROM hosts WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise NotThere(f"There is no host {name}.")
        return Host(*row)

    def install(self, host: str, version: int) -> None:
        """Put a new hypervisor version on the host's disk; the running one is not touched."""
        with self._write() as db:
            if not db.execute("UPDATE hosts SET installed = ? WHERE name = ?", (version, host)).rowcount:
                raise NotThere(f"There is no host {host}.")

    def power_off(self, host: str) -> None:
        """The host loses power: what ran there runs no more, what was arriving does not arrive."""
        with self._write() as db:
            db.execute("DELETE FROM guests WHERE host = ? AND state = ?", (host, INCOMING))
            db.execute("UPDATE guests SET state = ? WHERE host = ?", (SHUTDOWN, host))

    def power_on(self, host: str) -> None:
        """The host boots: a new boot id, and the installed version takes effect."""
        with self._write() as db:
            db.execute("UPDATE hosts SET boot_id = ?, version = installed WHERE name = ?", (str(uuids.uuid4()), host))

    # Guests

    def guests(self, host: str | None = None) -> list[Guest]:
        """All guests, or those of one host, in one consistent sample; arriving ones are not yet guests."""
        return [
            Guest(*row)
            for row in self._connection().execute(
                "SELECT host, uuid, name, state FROM guests WHERE state <> 'incoming' AND host = coalesce(?, host)"
                " ORDER BY host, name, uuid",
                (host,),
            )
        ]

    def arriving(self, host: str) -> list[Guest]:
        """The incoming halves of live migrations to one host."""
        return [
            Guest(*row)
            for row in self._connection().execute(
                "SELECT host, uuid, name, state FROM guests WHERE state = 'incoming' AND host = ? ORDER BY name",
                (host,),
            )
        ]

    def define(self, host: str, uuid: str, name: str, state: str) -> None:
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO guests VALUES (?, ?, ?, ?, NULL)", (host, uuid, name, state))

    def set_state(self, host: str, uuid: str, state: str) -> None:
        with self._write() as db:
            changed = db.execute(
                "UPDATE guests SET state = ? WHERE host = ? AND uuid = ? AND state <> 'incoming'", (state, host, uuid)
            ).rowcount
            if not changed:
                raise NotThere(f"Guest {uuid} is not on host {host}.")

    def undefine(self, host: str, uuid: str) -> bool:
        with self._write() as db:
            return bool(
                db.execute(
                    "DELETE FROM guests WHERE host = ? AND uuid = ? AND state <> 'incoming'", (host, uuid)
                ).rowcount
            )

    # Live migration

    def expect(self, uuid: str, name: str, source: str, destination: str) -> None:
        """The destination makes ready for a guest that still runs at the source."""
        with self._write() as db:
            db.execute(
                "INSERT OR REPLACE INTO guests VALUES (?, ?, ?, 'incoming', ?)", (destination, uuid, name, source)
            )

    def forget_incoming(self, uuid: str) -> None:
        """A live migration came to nothing: the destination drops its half."""
        with self._write() as db:
            db.execute("DELETE FROM guests WHERE uuid = ? AND state = 'incoming'", (uuid,))

    def forget_outgoing(self, source: str) -> None:
        """Keep on a host what was leaving it, because the nova-compute that moved it is gone."""
        with self._write() as db:
            db.execute("DELETE FROM guests WHERE source = ? AND state = 'incoming'", (source,))

    def hand_over(self, uuid: str, source: str, destination: str, dies: bool = False) -> None:
        """The instant of a live migration: in one transaction the guest is at the destination and no more here.

        :param dies: whether the guest does not survive it, which nobody says.
        """
        with self._write() as db:
            row = db.execute(
                "SELECT state FROM guests WHERE host = ? AND uuid = ? AND state IN ('running', 'paused', 'dead')",
                (source, uuid),
            ).fetchone()
            if row is None:
                raise NotThere(f"Guest {uuid} runs no more on host {source}.")
            arrived = db.execute(
                "UPDATE guests SET state = ?, source = NULL WHERE host = ? AND uuid = ? AND state = 'incoming'",
                (DEAD if dies else row[0], destination, uuid),
            ).rowcount
            if not arrived:
                raise NotThere(f"Host {destination} does not expect guest {uuid} any more.")
            db.execute("DELETE FROM guests WHERE host = ? AND uuid = ?", (source, uuid))

    # Images and behaviours

    def images(self, host: str) -> list[str]:
        return [row[0] for row in self._connection().execute("SELECT image FROM images WHERE host = ?", (host,))]

    def cache_image(self, host: str, image: str) -> bool:
        """False when the host has the image already."""
        with self._write() as db:
            return bool(db.execute("INSERT OR IGNORE INTO images VALUES (?, ?)", (host, image)).rowcount)

    def behave(self, rules: dict[str, dict[str, dict[str, Any] | None]]) -> None:
        """Merge rules in, all or none: {kind: {key: rule}}; a rule of None takes that key's rule away."""
        with self._write() as db:
            for kind, entries in rules.items():
                for key, rule in entries.items():
                    if rule is None:
                        db.execute("DELETE FROM behaviours WHERE kind = ? AND key = ?", (kind, key))
                    else:
                        db.execute("INSERT OR REPLACE INTO behaviours VALUES (?, ?, ?)", (kind, key, json.dumps(rule)))

    def clear_behaviour(self) -> None:
        with self._write() as db:
            db.execute("DELETE FROM behaviours")

    def rule(self, kind: str, *keys: str) -> dict[str, Any]:
        """The rule in force: that of the first key which has one, else an empty one."""
        rules = dict(self._connection().execute("SELECT key, rule FROM behaviours WHERE kind = ?", (kind,)))
        return next((json.loads(rules[key]) for key in keys if key in rules), {})
