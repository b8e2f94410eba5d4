# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A running embedded cloud, for tests that run on both clouds."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.conformance.sites import DEADLINE, PREFIX, Api

EMBEDDED = Path(__file__).resolve().parents[1] / "cloud"


class RealSite:
    """:param state: the folder of a running embedded cloud."""

    def __init__(self, state: Path) -> None:
        clouds = json.loads((state / "clouds.yaml").read_text())["clouds"]
        session = requests.Session()
        session.trust_env = False  # no proxy before loopback
        self._state, self._booted = state, 0
        self._held: set[str] = set()
        self._spawning: set[str] = set()  # keys of the rules that hold what is being started, or let it fail
        self.api = Api(session, clouds["embedded"]["auth"])
        self.plain = Api(session, clouds["embedded-demo"]["auth"])
        services = self.api.nova("GET", "/os-services?binary=nova-compute").body["services"]
        self.hosts = sorted(service["host"] for service in services)[:3]

    def boot(self, host: str, state: str = "active") -> str:
        self._behave({"spawn": {"*": None}})
        return self._command("boot", self._name(), "--host", host, "--state", state).split()[0]

    def delete(self, server: str) -> None:
        """Whatever state it is in; SOFT_DELETED servers know no other way."""
        if self._spawning:
            self.let_spawn()
        self.api.nova("POST", f"/servers/{server}/action", {"forceDelete": None})
        self.wait("the server is gone", lambda: self.api.nova("GET", f"/servers/{server}").status == 404)

    def behave(self, server: str, **rule: Any) -> None:
        self._behave({"live_migration": {server: rule}, "cold_migration": {server: rule}})

    def _spawn(self, key: str, fail: bool | str) -> None:
        self._spawning.add(key)
        self._behave({"spawn": {key: {"fail": fail}}})

    def let_spawn(self) -> None:
        self._behave({"spawn": dict.fromkeys(self._spawning)})
        self._spawning.clear()

    def let_fail(self, host: str) -> None:
        self._spawn(host, fail=True)

    def build(self, host: str | None) -> str:
        self._spawn("*", fail="hang")
        wanted = {"name": self._name(), "flavorRef": self._flavor("tiny"), "networks": "none"}
        wanted["imageRef"] = self.api.glance("/v2/images?visibility=public").body["images"][0]["id"]
        made = self.api.nova("POST", "/servers", {"server": {**wanted, **({"host": host} if host else {})}}, "2.74")
        assert made.status == 202, made.body
        return str(made.body["server"]["id"])

    def rescheduled(self) -> str:
        server = self.build(None)
        self.wait("it is claimed", lambda: self._show(server)["OS-EXT-STS:task_state"] == "spawning")
        return server

    def shelved(self) -> str:
        server = self.boot(self.hosts[0])
        self._act(server, "shelve")
        # Nova writes the status a moment before it forgets the host.
        self.wait("it is offloaded", lambda: self._show(server)["OS-EXT-SRV-ATTR:host"] is None)
        return server

    def unshelve(self, server: str, host: str) -> None:
        self._spawn("*", fail="hang")
        self._act(server, "unshelve", {"host": host})

    def resize(self, server: str) -> None:
        self._act(server, "resize", {"flavorRef": self._flavor("small")})

    def evacuate(self, server: str, host: str) -> None:
        """From 2.95 on it is stopped at the end."""
        source = self._show(server)["OS-EXT-SRV-ATTR:host"]
        self.wait("its host is down", lambda: self._service(source)["state"] == "down")
        self._spawn("*", fail="hang")
        self._act(server, "evacuate", {"host": host})

    def soft_delete(self, server: str) -> None:
        """As Nova's database has it; its own way there is an option of the whole cloud, after which nothing is gone."""
        self._write("UPDATE instances SET vm_state = 'soft-delete' WHERE uuid = ?", server)

    def leave(self, record: str, status: str) -> None:
        self._write("UPDATE migrations SET status = ? WHERE uuid = ?", status, record)

    def nest(self, provider: str, capacity: dict[str, int], trait: str) -> str:
        body: dict[str, Any] = {"name": self._name(), "parent_provider_uuid": provider}
        made = self.api.placement("POST", "/resource_providers", body).body
        path, generation = f"/resource_providers/{made['uuid']}", made["generation"]
        inventories = {name: {"total": total} for name, total in capacity.items()}
        body = {"resource_provider_generation": generation, "inventories": inventories}
        assert self.api.placement("PUT", f"{path}/inventories", body).status == 200
        self.api.placement("PUT", f"/traits/{trait}")
        body = {"resource_provider_generation": generation + 1, "traits": [trait]}
        assert self.api.placement("PUT", f"{path}/traits", body).status == 200
        return str(made["uuid"])

    def unnest(self, provider: str) -> None:
        assert self.api.placement("DELETE", f"/resource_providers/{provider}").status == 204

    def hold(self, host: str) -> None:
        self._command("kill-compute", host)
        self._held.add(host)

    def release(self, host: str) -> None:
        if host in self._held:
            self._held.remove(host)
            self._command("start-compute", host)
        self.wait("it is up", lambda: self._service(host)["state"] == "up")

    def wait(self, what: str, done: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + DEADLINE
        while not (result := done()):
            assert time.monotonic() < deadline, f"not within {DEADLINE:g} seconds: {what}"
            time.sleep(0.2)
        return result

    def _act(self, server: str, action: str, arguments: Any = None) -> None:
        answer = self.api.nova("POST", f"/servers/{server}/action", {action: arguments}, "2.95")
        assert answer.status in (200, 202), answer.body

    def _show(self, server: str) -> dict[str, Any]:
        return dict(self.api.nova("GET", f"/servers/{server}").body["server"])

    def _service(self, host: str) -> dict[str, Any]:
        return dict(self.api.nova("GET", f"/os-services?binary=nova-compute&host={host}").body["services"][0])

    def _flavor(self, name: str) -> str:
        flavors = self.api.nova("GET", "/flavors").body["flavors"]
        return str(next(flavor["id"] for flavor in flavors if flavor["name"] == name))

    def _write(self, statement: str, *values: str) -> None:
        """Into the database of the cell, what no request can bring about."""
        with contextlib.closing(sqlite3.connect(self._state / "db" / "nova.sqlite", timeout=DEADLINE)) as db:
            db.execute(statement, values)
            db.commit()

    def _behave(self, rules: dict[str, Any]) -> None:
        self._command("behave", json.dumps(rules))

    def _command(self, *arguments: str) -> str:
        command = [sys.executable, str(EMBEDDED), "--state", str(self._state), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _name(self) -> str:
        self._booted += 1
        return f"{PREFIX}{self._booted}"
