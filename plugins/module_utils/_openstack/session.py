# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How every request goes out and every answer comes in, those of the authentication too.

Which requests are sent again, how long and how large an answer may be, and where a redirect may lead. keystoneauth1
sends what its plugins need (tokens, version documents) through the same session as our own requests, so the rules stand
here once.
"""

from __future__ import annotations

import io
import re
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

try:
    import requests
    from keystoneauth1.session import Session as KeystoneSession
    from keystoneauth1.session import TCPKeepAliveAdapter
except ImportError:  # HAS_KEYSTONEAUTH1 of auth.py is False, and nothing here is used
    KeystoneSession = TCPKeepAliveAdapter = object  # type: ignore[assignment,misc]

if TYPE_CHECKING:
    import socket

from .._errors import UnusableAnswer
from .cloud_settings import CloudSettings

# A connection that is not up after this many seconds will not come.
CONNECT_TIMEOUT = 10.0
# How often a request is sent again; keystoneauth1 waits 0.5, 1, 2, 4 ... seconds before each time.
RETRIES = 4
# The HTTP statuses after which a request is sent again; a lost connection counts like one of them.
RETRIED_STATUSES = (429, 500, 502, 503, 504)
# The longest that a service may let us wait with its Retry-After, in seconds.
LONGEST_PAUSE = 60
# Bytes of an answer with its headers. Placement's about ten thousand hosts has some 25 million.
LARGEST_ANSWER = 128 * 1024 * 1024
# How many redirects of one request are followed.
REDIRECTS = 5
_REDIRECTING = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}


class Session(KeystoneSession):
    """The session of keystoneauth1, more patient and less trusting.

    :param auth: the authentication plugin. :param http: sends the requests; tests mount their fake cloud on it.
    """

    def __init__(self, settings: CloudSettings, auth: Any, http: requests.Session | None = None) -> None:
        http = http or _http()
        http.hooks["response"].append(_shorten_pause)
        super().__init__(
            auth=auth, session=http, verify=settings.verify, cert=settings.cert, app_name="stackops.aggregates"
        )
        self._defaults = {
            "connect_retries": RETRIES,
            "status_code_retries": RETRIES,
            "retriable_status_codes": RETRIED_STATUSES,
            "timeout": (CONNECT_TIMEOUT, settings.timeout),
        }

    # keystoneauth1 names thirty parameters here, which all pass through.
    def request(self, url: str, method: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send a request, which is repeated unless ``connect_retries`` and ``status_code_retries`` say otherwise.

        :raises UnusableAnswer: if it is redirected to another server, which would get the token or the password.
        """
        follow = kwargs.pop("redirect", None) is not False
        asked = {**self._defaults, **kwargs}
        answer = super().request(url, method, redirect=False, **asked)
        for _hop in range(REDIRECTS if follow else 0):
            location = answer.headers.get("Location")
            if answer.status_code not in _REDIRECTING or not location:
                break
            target = urljoin(answer.url, location)
            if _origin(target) != _origin(answer.url):
                raise UnusableAnswer(
                    f"{_shown(answer.url)} redirects to {_shown(target)}, which would get the credentials: if that is "
                    "the right address, write it into auth_url or the catalog",
                    answer.status_code,
                )
            answer = super().request(target, method, redirect=False, **{**asked, "params": {}})
        return answer


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _shown(url: str) -> str:
    """The server that a URL names, without what may be secret in it."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def _shorten_pause(answer: requests.Response, **_how: Any) -> None:
    """Keep only a Retry-After that makes sense: keystoneauth1 sleeps for whatever number stands there."""
    pause = answer.headers.pop("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", pause):
        answer.headers["Retry-After"] = str(min(int(pause), LONGEST_PAUSE))


# -- how long and how large an answer may be


def _http() -> requests.Session:
    http = requests.Session()
    # What is compressed a thousandfold is small on the wire and fills the memory, so nothing compressed is taken.
    http.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        http.mount(scheme, _BoundedAdapter())
    return http


class _BoundedAdapter(TCPKeepAliveAdapter):
    """Has every connection, also one through a proxy, read its answers as ``_BoundedResponse`` does.

    One that breaks in the middle of an answer counts like one that breaks before: the request may be sent again.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().send(request, *args, **kwargs)
        try:
            answer.content  # noqa: B018 - to ask for it reads it
        except requests.exceptions.ChunkedEncodingError as error:
            raise requests.exceptions.ConnectionError(error, request=request) from None
        except requests.exceptions.ConnectionError as error:  # of a timeout; requests names it otherwise in the content
            raise requests.exceptions.ReadTimeout(error, request=request) from None
        _refuse_cut(answer, request)
        return answer

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not known:
            _bound(manager)
        return manager


def _refuse_cut(answer: requests.Response, request: requests.PreparedRequest) -> None:
    """:raises ConnectionError: if an answer is shorter than it said, which urllib3 before 2 takes for a whole one."""
    told = answer.headers.get("Content-Length", "")
    empty = request.method == "HEAD" or answer.status_code in (204, 304)
    if told.isdecimal() and not empty and len(answer.content) < int(told):
        raise requests.exceptions.ConnectionError(f"{len(answer.content)} of {told} bytes came", request=request)


def _bound(manager: Any) -> None:
    """Let a pool manager of urllib3 make connections with answers of ours."""
    manager.pool_classes_by_scheme = {
        scheme: type(pool.__name__, (pool,), {"ConnectionCls": _bounded(pool.ConnectionCls)})
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _bounded(connection: type) -> type:
    return type(connection.__name__, (connection,), {"response_class": _BoundedResponse})


class _BoundedResponse(HTTPResponse):
    """An answer that has to be whole, headers and all, when the timeout of its socket has passed once."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_BoundedBytes(sock))

    def begin(self) -> None:
        super().begin()
        if self.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise UnusableAnswer("the answer is compressed, which was not asked for: check proxies in between")


class _BoundedBytes(io.RawIOBase):
    """The bytes that come from a socket.

    :raises TimeoutError: by reading, if the time is over.
    :raises UnusableAnswer: by reading, if there are too many.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._raw = sock, sock.makefile("rb", buffering=0)
        self._timeout = sock.gettimeout() or CONNECT_TIMEOUT
        self._ends = time.monotonic() + self._timeout
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        try:
            count = self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._timeout)
        self._count += count or 0
        if self._count > LARGEST_ANSWER:
            raise UnusableAnswer(f"the answer is larger than {LARGEST_ANSWER} bytes: check proxies in between")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
