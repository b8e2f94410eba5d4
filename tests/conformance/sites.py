# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a test can do with either of the clouds that have to answer alike: the fake one, and a running embedded one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import requests

PREFIX = "conformance-"  # of every name that these tests give
DEADLINE = 60.0  # seconds
SPAWN_SECONDS = 3.0  # of builds, unshelvings and evacuations that are watched


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
        body = {"auth": _credential(auth) if "application_credential_name" in auth else _password(auth)}
        reply = session.post(f"{auth['auth_url']}/auth/tokens", json=body, timeout=DEADLINE)
        reply.raise_for_status()
        self._token = reply.headers["X-Subject-Token"]
        catalog = reply.json()["token"]["catalog"]
        self._urls = {entry["type"]: entry["endpoints"][0]["url"] for entry in catalog}

    def nova(self, method: str, path: str, body: Any = None, version: str = "2.73") -> Answer:
        return self._request("compute", method, path, body, version)

    def placement(self, method: str, path: str, body: Any = None, version: str = "1.27") -> Answer:
        return self._request("placement", method, path, body, version)

    def newest(self) -> tuple[int, ...]:
        """The newest microversion of Nova, which tells its release."""
        return tuple(int(part) for part in self.nova("GET", "/").body["version"]["version"].split("."))

    def glance(self, path: str) -> Answer:
        return self._request("image", "GET", path, None, "2")

    def _request(self, service: str, method: str, path: str, body: Any, version: str) -> Answer:
        headers = {"X-Auth-Token": self._token, "OpenStack-API-Version": f"{service} {version}"}
        headers["Accept"] = "application/json"
        url = self._urls[service] + path
        return Answer(self._session.request(method, url, json=body, headers=headers, timeout=DEADLINE))


def _password(auth: dict[str, str]) -> dict[str, Any]:
    user = {"name": auth["username"], "password": auth["password"], "domain": {"id": auth["user_domain_id"]}}
    project = {"name": auth["project_name"], "domain": {"id": auth["project_domain_id"]}}
    return {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": project}}


def _credential(auth: dict[str, str]) -> dict[str, Any]:
    user = {"name": auth["username"], "domain": {"id": auth["user_domain_id"]}}
    credential = {"name": auth["application_credential_name"], "secret": auth["application_credential_secret"]}
    identity = {"methods": ["application_credential"], "application_credential": {**credential, "user": user}}
    return {"identity": identity}


class Site(Protocol):
    """One of the two clouds. ``hosts`` are three compute hosts, in service and empty."""

    api: Api
    plain: Api  # a user who is no administrator
    hosts: list[str]

    def boot(self, host: str, state: str = "active") -> str:
        """A server in that state (``active``, ``paused`` or ``shutoff``); returns its id."""

    def delete(self, server: str) -> None: ...

    def behave(self, server: str, **rule: Any) -> None:
        """Say how moves of a server go, with a rule as the embedded cloud's ``behave`` takes it."""

    def build(self, host: str) -> str:
        """Ask for a server on that host and return its id at once. It is being started until ``let_spawn``."""

    def let_spawn(self) -> None:
        """Let what is being started, by a build, an unshelving or an evacuation, go on to its end."""

    def rescheduled(self) -> str:
        """A server that its first host has claimed, and fails to start once ``let_fail``; then another takes it."""

    def let_fail(self, host: str) -> None:
        """Let what is being started on this host fail."""

    def shelved(self) -> str:
        """A server that is shelved and offloaded."""

    def unshelve(self, server: str, host: str) -> None: ...

    def resize(self, server: str) -> None:
        """Ask for a bigger flavor, which takes the server to another host."""

    def evacuate(self, server: str, host: str) -> None:
        """Evacuate a server from a host that is held."""

    def soft_delete(self, server: str) -> None:
        """Bring a server into SOFT_DELETED."""

    def leave(self, record: str, status: str) -> None:
        """Leave a migration record in a status for ever, as a killed service does; named by its uuid."""

    def nest(self, provider: str, capacity: dict[str, int], trait: str) -> str:
        """Put a resource provider with a trait into that of a host, and return its id."""

    def unnest(self, provider: str) -> None: ...

    def hold(self, host: str) -> None:
        """Stop the host's nova-compute; the scheduler goes on offering it for a moment, and orders are kept for it."""

    def release(self, host: str) -> None:
        """Start it again where it was stopped, and return when it is up."""

    def wait(self, what: str, done: Callable[[], Any]) -> Any:
        """Return what ``done`` returns as soon as that is true."""
