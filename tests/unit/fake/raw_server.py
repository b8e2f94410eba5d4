# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A port of this machine where a test itself writes every byte of an answer, right or wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Write = Callable[[bytes], None]
DEADLINE = 60.0  # seconds that a client may be silent


@contextmanager
def answering(answer: Callable[[Write], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Let ``answer`` write what follows each request; yield the URL of the port, and all requests so far.

    A connection is kept open after an answer, unless writing fails because the client closed it.
    """
    requests: list[bytes] = []
    connections: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):  # the port is closed when the block ends
            while True:
                connection, _peer = listening.accept()
                connections.append(connection)
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        connection.settimeout(DEADLINE)
        with connection, contextlib.suppress(OSError):
            while request := _request(connection):
                requests.append(request)
                answer(connection.sendall)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", requests
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.close()


def _request(connection: socket.socket) -> bytes:
    """Read one request without content, up to the empty line."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (byte := connection.recv(1)):
            return b""
        head += byte
    return head
