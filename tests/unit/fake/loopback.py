# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The fake cloud on a port of this machine, for what runs in another process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from tests.unit.fake.cloud import URLS, FakeCloud


@contextmanager
def served(*hosts: str, delay: float = 0.0) -> Iterator[FakeCloud]:
    """Serve a cloud with these hosts until the block ends; ``auth()`` says where.

    :param delay: seconds before each answer, as a cloud takes that has more to do.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and content are two packets, and must not wait for each other

        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = requests.Request(self.command, base + self.path, dict(self.headers), data=content).prepare()
            time.sleep(delay)
            reply = session.send(asked)
            self.send_response_only(reply.status_code)  # without a Date of this machine's
            for name, value in {**reply.headers, "Content-Length": str(len(reply.content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.content)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the base class has named it
            """The cloud keeps its own list of requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_port}"
    cloud = FakeCloud(*hosts, urls={service: f"{base}/{service}" for service in URLS})
    session = cloud.session()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
