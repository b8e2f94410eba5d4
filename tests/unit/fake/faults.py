# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Faults: what goes wrong with a request, planted by a test for the n-th one that fits."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

import requests
from fake.wire import Answer, Reply, Request


class Killed(BaseException):
    """The controller dies here; no handler of ordinary exceptions may see it."""


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


class Faults:
    """The planted faults. Without a path they count every request but those of the authentication."""

    def __init__(self) -> None:
        self._planted: list[Fault] = []
        self._counting = threading.Lock()

    def plant(
        self, act: Act, path: str = "", method: str = "", at: int = 1, times: int = 1, after: bool = False
    ) -> Fault:
        """Let ``times`` matching requests go wrong, from the one numbered ``at``.

        :param after: the service does its work first, and only its answer is lost.
        """
        fault = Fault(method, re.compile(path), at, at + times - 1, after, act)
        self._planted.append(fault)
        return fault

    def clear(self) -> None:
        self._planted.clear()

    def around(self, request: Request, answer: Answer) -> Reply:
        with self._counting:
            striking = [fault for fault in self._planted if fault.strikes(request)]
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
    """The page of a proxy, with the status of a success."""
    return Reply(200, "<html>Welcome</html>", {"Content-Type": "text/html"})


def drop(_request: Request) -> Reply:
    raise requests.exceptions.ConnectionError("('Connection aborted.', ConnectionResetError(104, 'reset by peer'))")


def kill(request: Request) -> Reply:
    raise Killed(str(request))
