# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Faults that a test plants: what goes wrong with the n-th request that matches."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

import requests
from fake.clock import FakeClock
from fake.wire import Answer, Reply, Request


class Killed(BaseException):
    """The controller dies here; no handler of ordinary exceptions may see it."""


NO_TIMEOUT = 60.0  # seconds that a caller waits without a timeout
Act = Callable[[Request], Reply | None]


@dataclass
class Fault:
    """``act`` answers in the place of the service, raises, or returns None to let the request pass."""

    method: str
    path: re.Pattern[str]
    first: int
    last: int
    after: bool
    act: Act
    seen: int = 0

    def strikes(self, request: Request) -> bool:
        if request.service == "identity" and "auth" not in self.path.pattern:
            return False
        if self.method not in ("", request.method) or not self.path.search(request.path):
            return False
        self.seen += 1
        return self.first <= self.seen <= self.last


@dataclass(frozen=True)
class Span:
    """A time in which every request to some services goes wrong, be it that of an authentication."""

    begin: float
    end: float
    services: tuple[str, ...]
    act: Act

    def strikes(self, request: Request, now: float) -> bool:
        return self.begin <= now < self.end and (not self.services or request.service in self.services)


class Faults:
    """The planted faults. Without a path they count every request but those of the authentication."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._planted: list[Fault] = []
        self._spans: list[Span] = []
        self._counting = threading.Lock()

    def plant(
        self, act: Act, path: str = "", method: str = "", at: int = 1, times: int = 1, after: bool = False
    ) -> Fault:
        """Let ``times`` matching requests go wrong, from the ``at``-th on.

        :param after: the service does its work first, and only its answer is lost.
        """
        fault = Fault(method, re.compile(path), at, at + times - 1, after, act)
        self._planted.append(fault)
        return fault

    def during(self, begin: float, seconds: float, act: Act, *services: str) -> None:
        """Let every request go wrong for a time of the cloud's clock.

        :param begin: seconds from now.
        :param services: service types of the catalog; all of them where none is named.
        """
        begin += self._clock.now()
        self._spans.append(Span(begin, begin + seconds, services, act))

    def clear(self) -> None:
        self._planted.clear()
        self._spans.clear()

    def around(self, request: Request, answer: Answer) -> Reply:
        with self._counting:
            striking = [fault for fault in self._planted if fault.strikes(request)]
        for span in self._spans:
            if span.strikes(request, self._clock.now()) and (reply := span.act(request)) is not None:
                return reply
        for fault in striking:
            reply = None if fault.after else fault.act(request)
            if reply is not None:
                return reply
        reply = answer(request)
        for fault in striking:
            reply = (fault.act(request) if fault.after else None) or reply
        return reply


def status(code: int, body: object = None, **headers: str) -> Act:
    return lambda _request: Reply(code, body, {name.replace("_", "-"): value for name, value in headers.items()})


def garbage(_request: Request) -> Reply:
    """Answer with the page of a proxy, and the status of a success."""
    return Reply(200, "<html>Welcome</html>", {"Content-Type": "text/html"})


def drop(_request: Request) -> Reply:
    raise requests.exceptions.ConnectionError("('Connection aborted.', ConnectionResetError(104, 'reset by peer'))")


def refuse_connection(_request: Request) -> Reply:
    """Refuse the connection, as where nothing listens."""
    raise requests.exceptions.ConnectionError("[Errno 111] Connection refused")


def unavailable(_request: Request) -> Reply:
    """Answer with the page of a load balancer that has no server to ask."""
    page = (
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>"
    )
    return Reply(503, page, {"Content-Type": "text/html", "Cache-Control": "no-cache"})


def throttle(retry_after: int) -> Act:
    """Answer that there are too many requests. :param retry_after: seconds."""
    return status(429, {"overLimit": {"code": 429, "message": "Slow down."}}, Retry_After=str(retry_after))


def hang(clock: FakeClock) -> Act:
    """Take the request and never answer it: the caller waits until its own timeout."""

    def wait(request: Request) -> Reply:
        timeout = request.timeout[-1] if isinstance(request.timeout, tuple) else request.timeout
        clock.sleep(timeout or NO_TIMEOUT)
        raise requests.exceptions.ReadTimeout(f"Read timed out. (read timeout={timeout})")

    return wait


def kill(request: Request) -> Reply:
    raise Killed(str(request))
