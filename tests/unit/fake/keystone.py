# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The identity service: version documents, and tokens for a password, an application credential or a token."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.accounts.files import access_rules
from tests.accounts.table import JOBS, role
from tests.unit.fake.clock import FakeClock
from tests.unit.fake.wire import Refusal, Reply, Request, Routes, date


@dataclass(frozen=True)
class User:
    name: str
    password: str
    roles: tuple[str, ...]
    access_rules: tuple[dict[str, str], ...] = ()  # of its application credential; none restrict nothing

    @property
    def project(self) -> str:
        """The id of the project to which its tokens are scoped."""
        return f"project-of-{self.name}"


class Keystone:
    """Issues tokens and knows whom they belong to.

    :ivar dated: whether its answers say when they were given.
    """

    def __init__(self, clock: FakeClock, urls: dict[str, str]) -> None:
        self._clock, self._urls = clock, urls
        self.dated = True
        self._tokens: dict[str, User] = {}
        self._of_the_system: set[str] = set()  # tokens that belong to no project
        self.users = {
            "admin": User("admin", "admins-secret", ("admin", "member")),
            "nova": User("nova", "novas-secret", ("admin",)),
            "demo": User("demo", "demos-secret", ("member", "reader")),
            **{job: User(job, f"secret-of-{job}", (role(job), "reader")) for job in JOBS},
        }
        self.application_credentials = {"app-1": ("apps-secret", self.users["admin"])}
        for job in JOBS:
            restricted = replace(self.users[job], access_rules=tuple(json.loads(access_rules(job))))
            self.application_credentials[f"app-{job}"] = ("apps-secret", restricted)
        self.issued = 0
        self.lifetime = timedelta(hours=1)  # keystoneauth1 compares it with this machine's clock
        self._routes = Routes()
        self._routes.add("GET", "/?", self._versions)
        self._routes.add("GET", "/v3/?", self._version)
        self._routes.add("POST", "/v3/auth/tokens", self._issue)

    def revoke_all(self) -> None:
        """Let no token be valid any more, as after a restart of a service with forgotten keys."""
        self._tokens.clear()

    def user(self, token: str | None) -> User | None:
        return self._tokens.get(token or "")

    def beyond_rules(self, request: Request) -> bool:
        """Whether the access rules of a token forbid a request, as keystonemiddleware judges that before a service."""
        user = self.user(request.headers.get("X-Auth-Token"))
        rules = user.access_rules if user else ()
        return bool(rules) and not any(
            (rule["service"], rule["method"]) == (request.service, request.method)
            and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", rule["path"]), request.path)
            for rule in rules
        )

    def of_the_system(self, token: str | None) -> bool:
        """Whether a token belongs to the system instead of a project."""
        return token in self._of_the_system

    def answer(self, request: Request) -> Reply:
        try:
            reply = self._routes.dispatch(request)
        except Refusal as refusal:
            body = {"error": {"code": refusal.status, "message": refusal.message, "title": "Refused"}}
            reply = Reply(refusal.status, body)
        return date(reply, self._clock.utc()) if self.dated else reply

    def _document(self) -> dict[str, Any]:
        links = [{"rel": "self", "href": f"{self._urls['identity']}/v3/"}]
        return {"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z", "links": links}

    def _versions(self, _request: Request) -> Reply:
        return Reply(300, {"versions": {"values": [self._document()]}})

    def _version(self, _request: Request) -> Reply:
        return Reply(200, {"version": self._document()})

    def _issue(self, request: Request) -> Reply:
        user = self._authenticated(request.body["auth"]["identity"])
        if user is None:
            raise Refusal(401, "The request you have made requires authentication.")
        self.issued += 1
        token = f"token-{self.issued}"
        self._tokens[token] = user
        system = "system" in request.body["auth"].get("scope", {})
        self._of_the_system |= {token} if system else set()
        now = datetime.now(UTC)
        times = {"issued_at": f"{now:%Y-%m-%dT%H:%M:%S}.000000Z"}
        times["expires_at"] = f"{now + self.lifetime:%Y-%m-%dT%H:%M:%S}.000000Z"
        domain = {"id": "default", "name": "Default"}
        project = {"id": user.project, "name": user.name, "domain": domain}
        body = {
            "methods": request.body["auth"]["identity"]["methods"],
            "user": {"id": f"id-of-{user.name}", "name": user.name, "domain": domain},
            **({"system": {"all": True}} if system else {"project": project}),
            "roles": [{"id": role, "name": role} for role in user.roles],
            "catalog": self._catalog(),
            "is_domain": False,
            "audit_ids": [],
            **({"application_credential": _restricted(user)} if user.access_rules else {}),
            **times,
        }
        return Reply(201, {"token": body}, {"X-Subject-Token": token})

    def _authenticated(self, identity: dict[str, Any]) -> User | None:
        (method,) = identity["methods"]
        given = identity[method]
        if method == "password":
            user = self.users.get(given["user"].get("name"))
            return user if user and user.password == given["user"]["password"] else None
        if method == "application_credential":
            secret, user = self.application_credentials.get(given["id"], ("", None))
            return user if secret == given["secret"] else None
        return self._tokens.get(given["id"])

    def _catalog(self) -> list[dict[str, Any]]:
        """The public endpoints are in two regions, the internal ones in the first alone."""
        catalog = []
        for kind, url in self._urls.items():
            path = {"identity": "/v3", "compute": "/v2.1", "placement": "", "image": "", "network": ""}[kind]
            endpoints = [
                {"interface": interface, "region": region, "region_id": region, "id": kind, "url": url + path}
                for interface, region in (("public", "RegionOne"), ("public", "RegionTwo"), ("internal", "RegionOne"))
            ]
            catalog.append({"type": kind, "name": kind, "id": kind, "endpoints": endpoints})
        return catalog


def _restricted(user: User) -> dict[str, Any]:
    return {"id": "app", "name": "app", "restricted": True, "access_rules": list(user.access_rules)}
