# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Types of authentication against the embedded cloud's own Keystone; the fake one has a stand-in in the unit tests."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tests.conformance.sites import DEADLINE, PREFIX

STATE = os.environ.get("EMBEDDED_CLOUD_STATE")
pytestmark = pytest.mark.skipif(not STATE, reason="needs the embedded cloud's Keystone")
NAME, PASSWORD, SEED = f"{PREFIX}ops", "s3cret", b"twenty-byte-long-key"


class Keystone:
    """Requests to Keystone as one user.

    :param auth: ``identity`` and ``scope`` of Keystone's API.
    """

    def __init__(self, url: str, auth: dict[str, Any]) -> None:
        self.url, self._session = url, requests.Session()
        self._session.trust_env = False  # no proxy before loopback
        answer = self._session.post(f"{url}/auth/tokens", json={"auth": auth}, timeout=DEADLINE)
        answer.raise_for_status()
        self.token = answer.headers["X-Subject-Token"]
        self.user, self.project = answer.json()["token"]["user"]["id"], answer.json()["token"]["project"]["id"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"X-Auth-Token": self.token}
        answer = self._session.request(method, self.url + path, json=body, headers=headers, timeout=DEADLINE)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


@dataclass(frozen=True)
class Operator:
    """A user with every kind of credentials, an administrator of project, domain and system."""

    url: str
    id: str
    token: str
    project: str
    application_credential: str
    trust: str

    def client(self, kind: str, auth: dict[str, Any], **beside: Any) -> Client:
        cloud = {"auth_type": kind, "auth": {"auth_url": self.url, **auth}, "region_name": "RegionOne", **beside}
        return Client(resolve({"cloud": cloud}, {}))


def identity(user: str, password: str) -> dict[str, Any]:
    named = {"name": user, "password": password, "domain": {"id": "default"}}
    return {"methods": ["password"], "password": {"user": named}}


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    auth = json.loads((Path(str(STATE)) / "clouds.yaml").read_text())["clouds"]["embedded"]["auth"]
    scope = {"project": {"name": auth["project_name"], "domain": {"id": "default"}}}
    admin = Keystone(auth["auth_url"], {"identity": identity(auth["username"], auth["password"]), "scope": scope})
    (role,) = (role["id"] for role in admin.ask("GET", "/roles")["roles"] if role["name"] == "admin")
    made = admin.ask("POST", "/users", {"user": {"name": NAME, "password": PASSWORD, "domain_id": "default"}})
    key = made["user"]["id"]
    try:
        for place in (f"/projects/{admin.project}", "/domains/default", "/system"):
            admin.ask("PUT", f"{place}/users/{key}/roles/{role}")
        blob = base64.b32encode(SEED).decode()
        admin.ask("POST", "/credentials", {"credential": {"type": "totp", "blob": blob, "user_id": key}})
        own = Keystone(auth["auth_url"], {"identity": identity(NAME, PASSWORD), "scope": scope})
        application = {"name": "app", "secret": PASSWORD}
        application = own.ask("POST", f"/users/{key}/application_credentials", {"application_credential": application})[
            "application_credential"
        ]
        trust = {"trustor_user_id": admin.user, "trustee_user_id": key, "project_id": admin.project}
        trust |= {"impersonation": False, "roles": [{"id": role}]}
        trusted = admin.ask("POST", "/OS-TRUST/trusts", {"trust": trust})["trust"]["id"]
        yield Operator(auth["auth_url"], key, own.token, admin.project, application["id"], trusted)
        admin.ask("DELETE", f"/OS-TRUST/trusts/{trusted}")
    finally:
        admin.ask("DELETE", f"/users/{key}")


def passcode() -> str:
    return TOTP(SEED, 6, hashes.SHA1(), 30).generate(int(time.time())).decode()  # as Keystone has it


USER = {"username": NAME, "user_domain_id": "default"}
BY_PASSWORD = {**USER, "password": PASSWORD}
IN_PROJECT = {"project_name": "admin", "project_domain_id": "default"}


@pytest.mark.parametrize("kind", ["password", "v3password"])
@pytest.mark.parametrize(
    ("scope", "lists"),
    [
        (IN_PROJECT, True),
        ({"domain_id": "default"}, False),
        ({"system_scope": "all"}, False),
    ],
    ids=["project", "domain", "system"],
)
def test_password(operator: Operator, kind: str, scope: dict[str, str], lists: bool) -> None:
    client = operator.client(kind, {**BY_PASSWORD, **scope})
    assert client.user() == operator.id
    if lists:
        list_aggregates(client)


def list_aggregates(client: Client) -> None:
    assert Cloud(client).nova.aggregates() is not None


@pytest.mark.parametrize(
    "names",
    [
        {"default_domain_id": "default", "project_name": "admin"},
        {"domain_id": "default", "tenant_name": "admin"},
        {"domain_name": "Default", "project_name": "admin"},
    ],
    ids=repr,
)
def test_shorthands_of_domains_and_projects(operator: Operator, names: dict[str, str]) -> None:
    client = operator.client("password", {"username": NAME, "password": PASSWORD, **names})
    assert client.user() == operator.id
    list_aggregates(client)


def test_a_url_without_version(operator: Operator) -> None:
    auth = {**BY_PASSWORD, **IN_PROJECT, "auth_url": operator.url.removesuffix("/v3")}
    list_aggregates(operator.client("password", auth))


@pytest.mark.parametrize("kind", ["token", "v3token"])
def test_token(operator: Operator, kind: str) -> None:
    client = operator.client(kind, {"token": operator.token, "project_id": operator.project})
    assert client.user() == operator.id
    list_aggregates(client)


@pytest.mark.parametrize("by", ["id", "name"])
def test_application_credential(operator: Operator, by: str) -> None:
    names = {"id": {"application_credential_id": operator.application_credential}}
    names["name"] = {"application_credential_name": "app", **USER}
    auth = {"application_credential_secret": PASSWORD, **names[by]}
    list_aggregates(operator.client("v3applicationcredential", auth))


def test_trust(operator: Operator) -> None:
    list_aggregates(operator.client("password", {**BY_PASSWORD, "trust_id": operator.trust}))


def test_one_time_password(operator: Operator) -> None:
    list_aggregates(operator.client("v3totp", {**USER, **IN_PROJECT, "passcode": passcode()}))


def test_several_factors(operator: Operator) -> None:
    auth = {**BY_PASSWORD, **IN_PROJECT, "passcode": passcode()}
    list_aggregates(operator.client("v3multifactor", auth, auth_methods=["v3password", "v3totp"]))
