# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A client that hands its requests to the fake cloud directly, past keystoneauth1 and ``requests``, which are slow.

For tests of what is asked. Tests of how it is asked, such as repeated requests, use ``FakeCloud.client``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud_settings import CloudSettings

from tests.unit.fake.wire import Reply, Request, response

Answer = Callable[[Request], Reply]

# What the catalog's endpoint puts before the path.
_PREFIXES = {"compute": "/v2.1"}


class DirectClient(Client):
    """:param answer: answers every request but that for the token."""

    def __init__(self, settings: CloudSettings, http: requests.Session, answer: Answer) -> None:
        super().__init__(settings, http=http)
        self._answer = answer

    def endpoint(self, service: str) -> str:
        return f"http://{service}.test"

    def _adapter(self, service: str) -> Any:
        return _Adapter(service, self._answer, self._session.get_token() or "")


class _Adapter:
    """What the client needs of an adapter of keystoneauth1."""

    def __init__(self, service: str, answer: Answer, token: str) -> None:
        self._service, self._answer, self._token = service, answer, token

    def request(
        self,
        path: str,
        method: str,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        microversion: str | None = None,
        **_how: Any,
    ) -> requests.Response:
        major, minor = (microversion or "0.0").split(".")
        sent = Request(
            method=method,
            service=self._service,
            path=_PREFIXES.get(self._service, "") + path,
            query=dict(params or {}),
            body=json,
            headers={"X-Auth-Token": self._token},
            microversion=(int(major), int(minor)),
        )
        return response(sent.path, self._answer(sent))

    def get(self, path: str, **_how: Any) -> requests.Response:
        return self.request(path, "GET")
