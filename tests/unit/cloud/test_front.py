# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The load balancer passes requests on, and fails as its rule says, no longer than that."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.cloud.embedded.front import OBSERVE_SECONDS, RESET, Front, length_of, with_close, without_connection
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.waiting import wait_for


class Api(BaseHTTPRequestHandler):
    """Answers with what it was sent, and counts."""

    protocol_version = "HTTP/1.1"
    seen: list[str]
    patience: threading.Event  # a slow request waits for it

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(body.decode())
        if body == b"slow":
            self.patience.wait(10)
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Host", self.headers["Host"])
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self) -> None:
        self.send_response_only(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the base class has named it
        """Requests are no news in a test."""


@pytest.fixture
def api() -> Iterator[ThreadingHTTPServer]:
    Api.seen, Api.patience = [], threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        Api.patience.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def port(api: ThreadingHTTPServer, store: Hypervisors) -> Iterator[int]:
    """The port of a front before that API; rules come from the store."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    ready, over = threading.Event(), threading.Event()

    async def run() -> None:
        front = Front(store, "compute", number, api.server_port)
        while not over.is_set():
            await front.observe()
            ready.set()
            await asyncio.sleep(OBSERVE_SECONDS)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield number
    over.set()
    thread.join()


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def post(connection: http.client.HTTPConnection, body: str) -> http.client.HTTPResponse:
    connection.request("POST", "/", body)
    return connection.getresponse()


def fail(store: Hypervisors, port: int, expected: str, **rule: Any) -> None:
    """Plant a rule and wait until the front obeys it: until a request ends as expected."""
    store.behave({"front": {"compute": rule}})
    wait_for(f"the front answers {expected}", lambda: answer(port) == expected, 10)


def answer(port: int) -> str:
    """How a new request ends: a status, or the name of the error."""
    connection = connect(port)
    connection.timeout = 1
    try:
        return str(post(connection, "asked").status)
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()


def test_requests_are_passed_on_and_connections_stay(port: int) -> None:
    connection = connect(port)
    first = post(connection, "one")
    assert (first.status, first.read(), first.headers["X-Host"]) == (200, b"one", f"127.0.0.1:{port}")
    assert first.headers["Date"] is None and first.headers["Connection"] is None
    mine = connection.sock.getsockname()
    connection.request("DELETE", "/")
    deleted = connection.getresponse()
    assert (deleted.status, deleted.read()) == (204, b"")
    assert post(connection, "two").read() == b"two"
    assert connection.sock.getsockname() == mine


def test_away_resets_what_there_is_and_refuses_what_comes(port: int, store: Hypervisors) -> None:
    connection = connect(port)
    post(connection, "before").read()
    fail(store, port, "ConnectionRefusedError", fail="away")
    with pytest.raises(ConnectionResetError):
        post(connection, "on the old connection")
    assert answer(port) == "ConnectionRefusedError"
    store.behave({"front": {"compute": None}})
    wait_for("the front is back", lambda: answer(port) == "200", 10)


def test_away_outlives_a_client_that_was_killed_while_it_waited(port: int, store: Hypervisors) -> None:
    connection = connect(port)
    connection.request("POST", "/", "slow")
    wait_for("the request is at the API", lambda: "slow" in Api.seen, 10)
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()
    fail(store, port, "ConnectionRefusedError", fail="away")
    store.behave({"front": {"compute": None}})
    wait_for("the front is back", lambda: answer(port) == "200", 10)


def test_busy_says_when_to_come_again(port: int, store: Hypervisors) -> None:
    fail(store, port, "429", fail="busy", seconds=30)
    reply = post(connect(port), "too much")
    assert reply.status == 429
    assert 25 <= int(reply.headers["Retry-After"]) <= 30
    assert "too much" not in Api.seen


def test_unavailable_is_a_page_and_no_json(port: int, store: Hypervisors) -> None:
    fail(store, port, "503", fail="unavailable")
    reply = post(connect(port), "{}")
    assert (reply.status, reply.headers["Content-Type"]) == (503, "text/html")
    assert reply.read().startswith(b"<html>")


def test_a_lost_answer_belongs_to_a_request_that_was_carried_out(port: int, store: Hypervisors) -> None:
    fail(store, port, "ConnectionResetError", fail="lose")
    with pytest.raises(ConnectionResetError):
        post(connect(port), "done all the same")
    assert "done all the same" in Api.seen


def test_a_hanging_request_ends_with_its_rule(port: int, store: Hypervisors) -> None:
    fail(store, port, "TimeoutError", fail="hang")
    connection = connect(port)
    connection.request("POST", "/", "unheard")
    connection.sock.settimeout(1)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.sock.settimeout(10)
    store.behave({"front": {"compute": None}})
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    assert "unheard" not in Api.seen


def test_a_rule_ends_after_its_seconds_and_is_gone(port: int, store: Hypervisors) -> None:
    fail(store, port, "ConnectionRefusedError", fail="away", seconds=3)
    wait_for("the front is back", lambda: answer(port) == "200", 10)
    assert store.rule("front", "compute") == {}


def test_an_api_that_is_gone_is_unavailable(port: int, api: ThreadingHTTPServer) -> None:
    api.socket.close()
    assert answer(port) == "503"


def test_heads_are_read_and_rewritten() -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nconnection: keep-alive\r\ncontent-LENGTH: 12\r\n\r\n"
    assert length_of(head) == 12
    assert length_of(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") is None
    assert with_close(head) == b"GET / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 12\r\nConnection: close\r\n\r\n"
    assert without_connection(head) == b"GET / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 12\r\n\r\n"
