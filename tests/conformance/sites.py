# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The two clouds that have to answer alike: the fake one, and a running embedded one; and how a test speaks to both."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import requests
from fake.cloud import FakeCloud

EMBEDDED = Path(__file__).resolve().parents[1] / "cloud"
PREFIX = "conformance-"  # of every name that these tests give
DEADLINE = 60.0  # seconds


class Answer:
    """What a service answered: status, parsed body, headers."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.body: Any = response.json() if response.content else None

    @property
    def kind(self) -> str:
        """The name of the error, such as ``conflictingRequest``."""
        return str(next(iter(self.body)))


class Api:
    """Requests to the services of one cloud, as one user, with nothing in between that could mend an answer."""

    def __init__(self, session: requests.Session, auth: dict[str, str]) -> None:
        self._session = session
        user = {"name": auth["username"], "password": auth["password"], "domain": {"id": auth["user_domain_id"]}}
        project = {"name": auth["project_name"], "domain": {"id": auth["project_domain_id"]}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": project}}}
        reply = session.post(f"{auth['auth_url']}/auth/tokens", json=body, timeout=DEADLINE)
        reply.raise_for_status()
        self._token = reply.headers["X-Subject-Token"]
        catalog = reply.json()["token"]["catalog"]
        self._urls = {entry["type"]: entry["endpoints"][0]["url"] for entry in catalog}

    def nova(self, method: str, path: str, body: Any = None, version: str = "2.73") -> Answer:
        return self._request("compute", method, path, body, version)

    def placement(self, method: str, path: str, body: Any = None, version: str = "1.27") -> Answer:
        return self._request("placement", method, path, body, version)

    def _request(self, service: str, method: str, path: str, body: Any, version: str) -> Answer:
        headers = {"X-Auth-Token": self._token, "OpenStack-API-Version": f"{service} {version}"}
        headers["Accept"] = "application/json"
        url = self._urls[service] + path
        return Answer(self._session.request(method, url, json=body, headers=headers, timeout=DEADLINE))


class Site(Protocol):
    """One of the two clouds. ``hosts`` are three compute hosts, in service and empty."""

    api: Api
    plain: Api  # a user who is no administrator
    hosts: list[str]

    def boot(self, host: str, state: str = "active") -> str:
        """A server in that state (``active``, ``paused`` or ``shutoff``); returns its id."""

    def delete(self, server: str) -> None: ...

    def wait(self, what: str, done: Callable[[], Any]) -> Any:
        """Return what ``done`` returns as soon as that is true."""


class FakeSite:
    def __init__(self) -> None:
        self._cloud, self._booted = FakeCloud("cmp01", "cmp02", "cmp03"), 0
        self.api = Api(self._cloud.session(), self._cloud.auth())
        self.plain = Api(self._cloud.session(), self._cloud.auth("demo"))
        self.hosts = list(self._cloud.world.hosts)

    def boot(self, host: str, state: str = "active") -> str:
        self._booted += 1
        return self._cloud.boot(f"{PREFIX}{self._booted}", host, {"shutoff": "stopped"}.get(state, state)).id

    def delete(self, server: str) -> None:
        self._cloud.delete(self._cloud.world.guests[server])

    def wait(self, what: str, done: Callable[[], Any]) -> Any:
        deadline = self._cloud.clock.now() + DEADLINE
        while not (found := done()):
            assert self._cloud.clock.now() < deadline, f"not within {DEADLINE:g} seconds: {what}"
            self._cloud.clock.sleep(0.25)
        return found


class RealSite:
    """:param state: the folder of a running embedded cloud."""

    def __init__(self, state: Path) -> None:
        clouds = json.loads((state / "clouds.yaml").read_text())["clouds"]
        session = requests.Session()
        session.trust_env = False  # no proxy before loopback
        self._state, self._booted = state, 0
        self.api = Api(session, clouds["embedded"]["auth"])
        self.plain = Api(session, clouds["embedded-demo"]["auth"])
        services = self.api.nova("GET", "/os-services?binary=nova-compute").body["services"]
        self.hosts = sorted(one["host"] for one in services)[:3]

    def boot(self, host: str, state: str = "active") -> str:
        self._booted += 1
        arguments = ["boot", f"{PREFIX}{self._booted}", "--host", host, "--state", state]
        command = [sys.executable, str(EMBEDDED), "--state", str(self._state), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0]

    def delete(self, server: str) -> None:
        self.api.nova("DELETE", f"/servers/{server}")
        self.wait("the server is gone", lambda: self.api.nova("GET", f"/servers/{server}").status == 404)

    def wait(self, what: str, done: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + DEADLINE
        while not (found := done()):
            assert time.monotonic() < deadline, f"not within {DEADLINE:g} seconds: {what}"
            time.sleep(0.2)
        return found
