# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""HTTP without a network: a ``requests`` transport that hands every request to the fake services and keeps a list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter


@dataclass(frozen=True)
class Request:
    """A request as a service sees it, with how it was sent (``timeout``, ``verify``, ``cert``) for the tests."""

    method: str
    service: str
    path: str
    query: dict[str, str]
    body: Any
    headers: Mapping[str, str]
    microversion: tuple[int, int]
    timeout: Any = None
    verify: Any = None
    cert: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.service} {self.path}"

    @property
    def writes(self) -> bool:
        return self.method != "GET" and self.service != "identity"


@dataclass
class Reply:
    """What a service answers; a body that is no text becomes JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def date(reply: Reply, time: datetime) -> Reply:
    """Return the reply with the time of the service that gives it."""
    reply.headers.setdefault("Date", f"{time:%a, %d %b %Y %H:%M:%S} GMT")
    return reply


class Refusal(Exception):
    """A service's refusal of a request; each service wraps it as its own kind of error body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Routes:
    """Handlers by method and path; the groups of the path's pattern are the handler's arguments."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = []

    def add(self, method: str, pattern: str, handler: Callable[..., Reply]) -> None:
        self._routes.append((method, re.compile(pattern), handler))

    def dispatch(self, request: Request) -> Reply:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return handler(request, *match.groups())
        raise Refusal(404, "The resource could not be found.")


Answer = Callable[[Request], Reply]


class Transport(BaseAdapter):
    """Mounted on a ``requests.Session`` for every URL.

    :param hosts: base URL of each service, by service type; the longest that matches takes the request.
    """

    def __init__(self, hosts: Mapping[str, str], answer: Answer) -> None:
        super().__init__()
        self._hosts, self._answer = hosts, answer

    def send(  # the signature is that of requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        url = str(request.url)
        fitting = [service for service, base in self._hosts.items() if url.startswith(base)]
        if not fitting:
            raise requests.exceptions.ConnectionError(f"[Errno 111] Connection refused ({urlsplit(url).netloc})")
        service = max(fitting, key=lambda service: len(self._hosts[service]))
        parts = urlsplit(url[len(self._hosts[service]) :])
        sent = Request(
            method=str(request.method),
            service=service,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            body=json.loads(request.body) if request.body else None,
            headers=request.headers,
            microversion=_microversion(request.headers),
            timeout=timeout,
            verify=verify,
            cert=cert,
        )
        answer = response(url, self._answer(sent))
        answer.request = request
        return answer

    def close(self) -> None:
        """Nothing is open."""


def _microversion(headers: Mapping[str, str]) -> tuple[int, int]:
    """Return the microversion that the request asks for; (0, 0) where it asks for none."""
    match = re.fullmatch(r"\S+ (\d+)\.(\d+)", headers.get("OpenStack-API-Version", ""))
    return (int(match[1]), int(match[2])) if match else (0, 0)


def response(url: str, reply: Reply) -> requests.Response:
    """Return a reply as the client's library does."""
    made = requests.Response()
    made.status_code, made.url = reply.status, url
    made.reason = requests.status_codes._codes.get(reply.status, ("",))[0].replace("_", " ")  # type: ignore[attr-defined]
    content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
    made._content = b"" if reply.body is None else content.encode()
    made.headers.update({"Content-Type": "application/json", **reply.headers})
    return made
