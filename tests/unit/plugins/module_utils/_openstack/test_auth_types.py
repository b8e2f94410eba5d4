# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Each type of authentication that keystoneauth1 has and that needs no browser, against a stand-in on this machine."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudConfigError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud
from keystoneauth1 import loading

USER = {"username": "ops", "user_domain_name": "Default"}
PROJECT = {"project_name": "admin", "project_domain_name": "Default"}
IN_PROJECT = {"project": {"name": "admin", "domain": {"name": "Default"}}}
NAMED = {"name": "ops", "domain": {"name": "Default"}}
BY_PASSWORD = {"methods": ["password"], "password": {"user": {"password": "hunter2", **NAMED}}}
OIDC = {"identity_provider": "idp", "protocol": "openid", "access_token_endpoint": "{url}/idp", **PROJECT}


@dataclass
class StandIn:
    """An identity service that gives a token to whoever shows any credentials, and a compute service.

    :ivar shown: the credentials, as Keystone's API has them; the last of them with ``scope``.
    :ivar idp: what was asked of the identity provider.
    :ivar seen: the headers with which the compute service was asked.
    """

    url: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)
    idp: list[dict[str, str]] = field(default_factory=list)
    seen: Mapping[str, str] = field(default_factory=dict)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, str | None]:
        """Return status, JSON and the token of an answer."""
        path = path.rstrip("/")
        if path == "/v3/auth/tokens" and method == "POST":
            self.shown.append(json.loads(body)["auth"])
            return 201, {"token": self._token()}, "issued"
        if path == "/v3/auth/tokens":
            return 200, {"token": self._token()}, None
        if path == "/v2.0/tokens":
            self.shown.append(json.loads(body)["auth"])
            return 200, {"access": self._v2_token()}, None
        if path == "/idp":
            self.idp.append({key: values[0] for key, values in parse_qs(body.decode()).items()})
            self.idp[-1]["client"] = base64.b64decode(headers.get("Authorization", "")[6:]).decode()
            return 200, {"access_token": "from-idp"}, None
        if path == "/v3/OS-FEDERATION/identity_providers/idp/protocols/openid/auth":
            return 201, {"token": self._token()}, "of-" + headers.get("Authorization", "").removeprefix("Bearer ")
        if path.startswith("/compute"):
            self.seen = dict(headers)
            return 200, {"aggregates": []}, None
        versions = {"v3": ("v3.14", "/v3/"), "v2.0": ("v2.0", "/v2.0/")}
        documents = [self._version(*version) for version in versions.values()]
        if path == "/v3":
            return 200, {"version": documents[0]}, None
        return 300, {"versions": {"values": documents}}, None

    def _version(self, name: str, path: str) -> dict[str, Any]:
        links = [{"rel": "self", "href": self.url + path}]
        return {"id": name, "status": "stable", "updated": "2020-04-07T00:00:00Z", "links": links}

    def _token(self) -> dict[str, Any]:
        endpoint = {"interface": "public", "region": "A", "region_id": "A", "url": f"{self.url}/compute/v2.1"}
        return {
            "methods": ["password"],
            "user": {"id": "u", "name": "ops", "domain": {"id": "default", "name": "Default"}},
            "catalog": [{"type": "compute", "name": "nova", "endpoints": [endpoint]}],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2999-01-01T00:00:00.000000Z",
        }

    def _v2_token(self) -> dict[str, Any]:
        endpoint = {"region": "A", "publicURL": f"{self.url}/compute/v2.1"}
        return {
            "token": {"id": "issued", "expires": "2999-01-01T00:00:00Z", "tenant": {"id": "t", "name": "admin"}},
            "user": {"id": "u", "name": "ops", "username": "ops", "roles": []},
            "serviceCatalog": [{"type": "compute", "name": "nova", "endpoints": [endpoint]}],
        }


@pytest.fixture(scope="module")
def served() -> Iterator[StandIn]:
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content, token = stand_in.answer(self.command, self.path, dict(self.headers.items()), body)
            sent = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(sent)), "X-Subject-Token": token}.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the base class has named it
            """The stand-in keeps what it was asked."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield stand_in
    server.shutdown()
    server.server_close()


@pytest.fixture
def stand_in(served: StandIn) -> StandIn:
    served.shown, served.idp, served.seen = [], [], {}
    return served


@dataclass(frozen=True)
class Case:
    """How somebody authenticates. ``{url}`` stands for the stand-in.

    :param shown: what Keystone is shown in the end.
    :param idp: what the identity provider is asked.
    :param headers: with which the compute service is asked; by default the token of Keystone.
    """

    kind: str
    auth: dict[str, Any]
    shown: dict[str, Any] | None = None
    idp: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"X-Auth-Token": "issued"})
    beside: dict[str, Any] = field(default_factory=dict)


V3 = {"auth_url": "{url}/v3"}
PASSWORD = {**USER, "password": "hunter2"}
APPLICATION = {"application_credential_id": "app-1", "application_credential_secret": "s3cret"}
OAUTH2 = {"oauth2_endpoint": "{url}/idp", "oauth2_client_id": "app-1"}
RESCOPED = {"identity": {"methods": ["token"], "token": {"id": "of-from-idp"}}, "scope": IN_PROJECT}
CLIENT = {"client_id": "me", "client_secret": "s3cret"}
BY_TOTP = {"user": {"passcode": "424242", **NAMED}}
CASES = {
    "password": Case("password", {**V3, **PASSWORD, **PROJECT}, {"identity": BY_PASSWORD, "scope": IN_PROJECT}),
    "password, URL without version": Case(
        "password", {"auth_url": "{url}", **PASSWORD, **PROJECT}, {"identity": BY_PASSWORD, "scope": IN_PROJECT}
    ),
    "password, system scope": Case(
        "password",
        {**V3, **PASSWORD, "system_scope": "all"},
        {"identity": BY_PASSWORD, "scope": {"system": {"all": True}}},
    ),
    "password, domain scope": Case(
        "password",
        {**V3, **PASSWORD, "domain_name": "Default"},
        {"identity": BY_PASSWORD, "scope": {"domain": {"name": "Default"}}},
    ),
    "password, trust": Case(
        "password",
        {**V3, **PASSWORD, "trust_id": "t"},
        {"identity": BY_PASSWORD, "scope": {"OS-TRUST:trust": {"id": "t"}}},
    ),
    "password, default domain": Case(
        "password",
        {**V3, "username": "ops", "password": "hunter2", "project_name": "admin", "default_domain_name": "Default"},
        {"identity": BY_PASSWORD, "scope": IN_PROJECT},
    ),
    "password, tenant and one domain": Case(
        "password",
        {**V3, "username": "ops", "password": "hunter2", "tenant_name": "admin", "domain_name": "Default"},
        {"identity": BY_PASSWORD, "scope": IN_PROJECT},
    ),
    "v3password": Case("v3password", {**V3, **PASSWORD, **PROJECT}, {"identity": BY_PASSWORD, "scope": IN_PROJECT}),
    "token": Case(
        "token",
        {**V3, "token": "t0ken", **PROJECT},
        {"identity": {"methods": ["token"], "token": {"id": "t0ken"}}, "scope": IN_PROJECT},
    ),
    "v3token": Case(
        "v3token",
        {**V3, "token": "t0ken", "system_scope": "all"},
        {"identity": {"methods": ["token"], "token": {"id": "t0ken"}}, "scope": {"system": {"all": True}}},
    ),
    "v3applicationcredential": Case(
        "v3applicationcredential",
        {**V3, **APPLICATION},
        {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": "app-1", "secret": "s3cret"},
            }
        },
    ),
    "v3applicationcredential by name": Case(
        "v3applicationcredential",
        {**V3, **USER, "application_credential_name": "app", "application_credential_secret": "s3cret"},
        {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"name": "app", "user": NAMED, "secret": "s3cret"},
            }
        },
    ),
    "v3totp": Case(
        "v3totp",
        {**V3, **USER, "passcode": "424242", **PROJECT},
        {"identity": {"methods": ["totp"], "totp": BY_TOTP}, "scope": IN_PROJECT},
    ),
    "v3multifactor": Case(
        "v3multifactor",
        {**V3, **PASSWORD, "passcode": "424242", **PROJECT},
        {"identity": {**BY_PASSWORD, "methods": ["password", "totp"], "totp": BY_TOTP}, "scope": IN_PROJECT},
        beside={"auth_methods": ["v3password", "v3totp"]},
    ),
    "v3multifactor, methods as text in auth": Case(
        "v3multifactor",
        {**V3, **PASSWORD, "passcode": "424242", **PROJECT, "auth_methods": "v3password,v3totp"},
        {"identity": {**BY_PASSWORD, "methods": ["password", "totp"], "totp": BY_TOTP}, "scope": IN_PROJECT},
    ),
    "v2password": Case(
        "v2password",
        {"auth_url": "{url}/v2.0", "username": "ops", "password": "hunter2", "tenant_name": "admin"},
        {"passwordCredentials": {"username": "ops", "password": "hunter2"}, "tenantName": "admin"},
    ),
    "v2token": Case(
        "v2token",
        {"auth_url": "{url}/v2.0", "token": "t0ken", "tenant_name": "admin"},
        {"token": {"id": "t0ken"}, "tenantName": "admin"},
    ),
    "v3oidcpassword": Case(
        "v3oidcpassword",
        {**V3, **OIDC, **CLIENT, "username": "ops", "password": "hunter2"},
        RESCOPED,
        {"grant_type": "password", "username": "ops", "password": "hunter2", "client": "me:s3cret"},
    ),
    "v3oidcclientcredentials": Case(
        "v3oidcclientcredentials", {**V3, **OIDC, **CLIENT}, RESCOPED, {"grant_type": "client_credentials"}
    ),
    "v3oidcauthcode": Case(
        "v3oidcauthcode",
        {**V3, **OIDC, **CLIENT, "code": "c0de", "redirect_uri": "http://here"},
        RESCOPED,
        {"grant_type": "authorization_code", "code": "c0de"},
    ),
    "v3oidcaccesstoken": Case(
        "v3oidcaccesstoken",
        {**V3, "identity_provider": "idp", "protocol": "openid", "access_token": "from-idp", **PROJECT},
        RESCOPED,
    ),
    "v3oauth2clientcredential": Case(
        "v3oauth2clientcredential",
        {**V3, **OAUTH2, "oauth2_client_secret": "s3cret"},
        {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": "app-1", "secret": "s3cret"},
            }
        },
        {"grant_type": "client_credentials", "client": "app-1:s3cret"},
        {"X-Auth-Token": "issued", "Authorization": "Bearer from-idp"},
    ),
    "v3oauth2mtlsclientcredential": Case(
        "v3oauth2mtlsclientcredential",
        {**V3, **OAUTH2},
        None,
        {"grant_type": "client_credentials", "client_id": "app-1"},
        {"X-Auth-Token": "from-idp", "Authorization": "Bearer from-idp"},
    ),
    "v3tokenlessauth": Case(
        "v3tokenlessauth",
        {**V3, **PROJECT},
        headers={"X-Project-Name": "admin", "X-Project-Domain-Name": "Default"},
        beside={"compute_endpoint_override": "{url}/compute/v2.1"},
    ),
    "none": Case("none", {"endpoint": "{url}/compute/v2.1"}, headers={"X-Auth-Token": "notused"}),
    "admin_token": Case(
        "admin_token", {"endpoint": "{url}/compute/v2.1", "token": "t0ken"}, headers={"X-Auth-Token": "t0ken"}
    ),
    "token_endpoint": Case(
        "token_endpoint", {"endpoint": "{url}/compute/v2.1", "token": "t0ken"}, headers={"X-Auth-Token": "t0ken"}
    ),
    "http_basic": Case(
        "http_basic",
        {"endpoint": "{url}/compute/v2.1", "username": "ops", "password": "hunter2"},
        headers={"Authorization": "Basic " + base64.b64encode(b"ops:hunter2").decode()},
    ),
}
# Types that are not tried, and why.
LEFT_OUT = {
    "v3websso": "needs a browser",
    "v3oidcdeviceauthz": "needs a browser",
}


def filled(value: Any, url: str) -> Any:
    return json.loads(json.dumps(value).replace("{url}", url))


AVAILABLE = {*loading.get_available_plugin_names(), "token_endpoint"}  # the oldest keystoneauth1 has fewer of them


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_authenticates(case: Case, stand_in: StandIn) -> None:
    if case.kind not in AVAILABLE:
        pytest.skip("this keystoneauth1 does not have it")
    cloud = {"auth_type": case.kind, "auth": filled(case.auth, stand_in.url), **filled(case.beside, stand_in.url)}
    client = Client(resolve({"cloud": cloud}, {}))
    assert Cloud(client).nova.aggregates() == []
    assert stand_in.shown == ([case.shown] if case.shown else [])
    assert case.idp.items() <= (stand_in.idp[-1] if stand_in.idp else {}).items()
    assert case.headers.items() <= stand_in.seen.items()


def test_no_type_is_forgotten() -> None:
    """Others need packages that keystoneauth1 does not bring along, and count as not available."""
    tried = {case.kind for case in CASES.values()} - {"token_endpoint"}
    assert tried | LEFT_OUT.keys() >= AVAILABLE - {"token_endpoint"}


@pytest.mark.parametrize("kind", sorted(AVAILABLE & {case.kind for case in CASES.values()} - {"none"}))
def test_without_credentials_it_is_one_sentence(kind: str) -> None:
    with pytest.raises(CloudConfigError, match=r"^The credentials (lack|are not complete).*\.$"):
        Client(resolve({"cloud": {"auth_type": kind, "auth": {}}}, {}))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_without_one_of_its_options_it_is_one_sentence_or_still_enough(case: Case) -> None:
    for name in case.auth:
        auth = {key: value for key, value in filled(case.auth, "http://k.test").items() if key != name}
        with contextlib.suppress(CloudConfigError):
            Client(resolve({"cloud": {"auth_type": case.kind, "auth": auth, **case.beside}}, {}))
