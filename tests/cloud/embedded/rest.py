# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""OpenStack's APIs with the standard library: a session for one entry of the cloud's clouds.yaml."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.cloud.embedded.errors import CloudError

TIMEOUT_SECONDS = 60
COMPUTE_VERSION = "2.95"  # the newest of 2023.1
PLACEMENT_VERSION = "1.39"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is reached without a proxy


class HttpError(CloudError):
    """An API answered with 4xx or 5xx."""

    def __init__(self, method: str, url: str, status: int, text: str) -> None:
        super().__init__(f"{method} {url} answered {status}: {text[:500]}")
        self.status = status


def send(method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """One request: bytes go as they are, anything else as JSON. Returns the parsed answer (or None) and its headers."""
    if body is not None and not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, {"Accept": "application/json", **headers}, method=method)
    try:
        with DIRECT.open(request, timeout=TIMEOUT_SECONDS) as reply:
            text = reply.read()
            return json.loads(text) if text[:1] in (b"{", b"[") else None, dict(reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            raise HttpError(method, url, error.code, error.read().decode(errors="replace")) from error
    except OSError as error:
        raise CloudError(
            f"{method} {url} got no answer ({error}): see whether the cloud is up with `status`."
        ) from error


class Session:
    """Logs in on first use, and again when the token has run out.

    :param interface: which endpoints of the catalog to use; `internal` ones go round the front.
    """

    def __init__(self, auth: dict[str, str], interface: str = "public") -> None:
        self._auth, self._interface = auth, interface
        self._token: str | None = None
        self._endpoints: dict[str, str] = {}

    @classmethod
    def open(cls, clouds: Path, cloud: str = "embedded", interface: str = "public") -> Session:
        """`clouds` is the cloud's clouds.yaml, which is JSON as well."""
        if not clouds.exists():
            raise CloudError(f"There is no {clouds}: start the cloud with `up`, or name its --state.")
        return cls(json.loads(clouds.read_text(encoding="utf-8"))["clouds"][cloud]["auth"], interface)

    def _log_in(self) -> str:
        user = {"name": self._auth["username"], "password": self._auth["password"], "domain": {"id": "default"}}
        answer, headers = send(
            "POST",
            f"{self._auth['auth_url']}/auth/tokens",
            {
                "auth": {
                    "identity": {"methods": ["password"], "password": {"user": user}},
                    "scope": {"project": {"name": self._auth["project_name"], "domain": {"id": "default"}}},
                }
            },
            {},
        )
        for service in answer["token"]["catalog"]:
            for endpoint in service["endpoints"]:
                if endpoint["interface"] == self._interface:
                    self._endpoints[service["type"]] = endpoint["url"]
        return headers["X-Subject-Token"]

    def _call(self, service: str, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        for fresh in (False, True):
            if fresh or self._token is None:
                self._token = self._log_in()
            url = self._endpoints[service] + path
            try:
                return send(method, url, body, {**headers, "X-Auth-Token": self._token})[0]
            except HttpError as error:
                if error.status != 401 or fresh:
                    raise
        raise AssertionError("unreachable: the second round returns or raises")

    def identity(self, method: str, path: str, body: Any = None) -> Any:
        return self._call("identity", method, path, body, {})

    def compute(self, method: str, path: str, body: Any = None, version: str = COMPUTE_VERSION) -> Any:
        return self._call("compute", method, path, body, {"OpenStack-API-Version": f"compute {version}"})

    def placement(self, method: str, path: str, body: Any = None) -> Any:
        return self._call("placement", method, path, body, {"OpenStack-API-Version": f"placement {PLACEMENT_VERSION}"})

    def image(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/octet-stream"} if isinstance(body, bytes) else {}
        return self._call("image", method, path, body, headers)
