# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The session: it logs in by itself, again when the token has run out, and says what went wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.rest import HttpError, Session


class Api(BaseHTTPRequestHandler):
    """Keystone and Nova in one: a token is good for one request."""

    tokens: list[str]
    used: list[str]
    server: ThreadingHTTPServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        token = f"token-{len(self.tokens)}"
        self.tokens.append(token)
        base = f"http://127.0.0.1:{self.server.server_port}"
        paths = {"public": "compute", "internal": "inside"}
        endpoints = [{"interface": interface, "url": f"{base}/{path}"} for interface, path in paths.items()]
        self.answer(201, {"token": {"catalog": [{"type": "compute", "endpoints": endpoints}]}}, token)

    def do_GET(self) -> None:
        if self.path == "/compute/missing":
            self.answer(404, {"itemNotFound": {"message": "no such thing"}})
        elif self.path.startswith("/inside"):
            self.answer(200, {"inside": True})
        elif self.headers["X-Auth-Token"] in self.used:
            self.answer(401, {})
        else:
            self.used.append(self.headers["X-Auth-Token"])
            self.answer(200, {"version": self.headers["OpenStack-API-Version"]})

    def answer(self, status: int, body: object, token: str = "") -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Subject-Token", token)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def auth() -> Iterator[dict[str, str]]:
    handler = type("Handler", (Api,), {"tokens": [], "used": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        auth_url = f"http://127.0.0.1:{server.server_port}/v3"
        yield {"auth_url": auth_url, "username": "admin", "password": "secret", "project_name": "admin"}
        server.shutdown()


@pytest.fixture
def session(auth: dict[str, str]) -> Session:
    return Session(auth)


def test_it_logs_in_again_when_the_token_has_run_out(session: Session) -> None:
    assert session.compute("GET", "/servers", version="2.42") == {"version": "compute 2.42"}
    assert session.compute("GET", "/servers", version="2.42") == {"version": "compute 2.42"}


def test_it_asks_at_the_interface_that_was_chosen(auth: dict[str, str]) -> None:
    assert Session(auth, "internal").compute("GET", "/servers") == {"inside": True}


def test_a_refusal_is_told_with_its_status_and_reason(session: Session) -> None:
    with pytest.raises(HttpError, match="answered 404.*no such thing") as caught:
        session.compute("GET", "/missing")
    assert caught.value.status == 404
    assert "secret" not in str(caught.value)


def test_no_answer_is_told() -> None:
    session = Session({"auth_url": "http://127.0.0.1:9/v3", "username": "a", "password": "b", "project_name": "c"})
    with pytest.raises(CloudError, match="got no answer"):
        session.compute("GET", "/servers")
