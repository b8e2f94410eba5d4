# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A load balancer before Nova's and Placement's APIs that fails on request: `python -m tests.cloud.embedded.front`.

Rules of the kind `front` (tests/cloud/README.md) say how it fails; the hypervisors' store holds them with the others.
Only what the catalog names goes through here: Nova's services know each other's addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import time
from pathlib import Path
from typing import Any

from tests.cloud.embedded import processes
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.layout import FRONTS, Layout, listener_port

OBSERVE_SECONDS = 0.05
HEAD_LIMIT = 1024 * 1024
RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: closing sends RST
END = b"\r\n\r\n"
PAGE = b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"

Rule = dict[str, Any]


def length_of(head: bytes) -> int | None:
    """What the head of a message says of the length of its body."""
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


def with_close(head: bytes) -> bytes:
    """The head with `Connection: close` for its only word on the connection."""
    lines = [line for line in head.removesuffix(END).split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + END


def without_connection(head: bytes) -> bytes:
    """The head with no word on the connection, which then stays."""
    return with_close(head).replace(b"\r\nConnection: close" + END, END)


def refusal(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + END + body


class Front:
    """One API's listener: passes requests on, or does what the rule in force says."""

    def __init__(self, store: Hypervisors, service: str, port: int, behind: int) -> None:
        self.store, self.service, self.port, self.behind = store, service, port, behind
        self.rule: Rule = {}
        self.began = 0.0  # when the rule came into force
        self.listener: asyncio.Server | None = None
        self.clients: set[asyncio.StreamWriter] = set()

    # Rules

    @property
    def left(self) -> float | None:
        """The seconds for which the rule is still in force; None when only its removal ends it."""
        seconds = self.rule.get("seconds")
        return None if seconds is None else max(0.0, self.began + seconds - time.monotonic())

    async def observe(self) -> None:
        """Read the rule in force, end a rule whose time is over, and listen or not."""
        rule = self.store.rule("front", self.service)
        if rule != self.rule:
            self.rule, self.began = rule, time.monotonic()
        if self.left == 0:
            self.store.behave({"front": {self.service: None}})
            self.rule = {}
        if self.rule.get("fail") == "away":
            await self.leave()
        elif self.listener is None:
            self.listener = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=HEAD_LIMIT)

    async def leave(self) -> None:
        """Refuse connections and reset those that there are."""
        if self.listener:
            self.listener.close()
            self.listener = None
        for client in list(self.clients):
            reset(client)

    # Requests

    async def serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.clients.add(client)
        try:
            while await self.answer(reader, client):
                await client.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # either side has closed, which is how a connection ends
        finally:
            self.clients.discard(client)
            client.close()

    async def answer(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection ends with it."""
        head = await reader.readuntil(END)
        body = await reader.readexactly(length_of(head) or 0)
        match self.rule.get("fail"):
            case "busy":
                seconds = int((self.left or 0) + 1)
                client.write(refusal("429 Too Many Requests", b"", f"Retry-After: {seconds}"))
            case "unavailable":
                client.write(refusal("503 Service Unavailable", PAGE, "Content-Type: text/html"))
            case "hang":
                await self.hang()
                reset(client)
            case "lose":
                await self.ask(head, body)
                reset(client)
            case _:
                return await self.pass_on(head, body, client)
        return False

    async def hang(self) -> None:
        while self.rule.get("fail") == "hang":
            await asyncio.sleep(OBSERVE_SECONDS)

    async def pass_on(self, head: bytes, body: bytes, client: asyncio.StreamWriter) -> bool:
        """Give the API's answer as it is; the connection stays when the end of the answer is known."""
        try:
            answered, _end, content = (await self.ask(head, body)).partition(END)
        except ConnectionError:
            client.write(refusal("503 Service Unavailable", PAGE, "Content-Type: text/html"))
            return False
        stays = length_of(answered) is not None or answered.split()[1] == b"204"
        client.write((without_connection if stays else with_close)(answered + END) + content)
        return stays

    async def ask(self, head: bytes, body: bytes) -> bytes:
        """The whole answer of the API behind, on a connection of its own."""
        reader, api = await asyncio.open_connection("127.0.0.1", self.behind)
        with contextlib.closing(api):
            api.write(with_close(head) + body)
            return await reader.read()


def reset(client: asyncio.StreamWriter) -> None:
    """End a connection as a machine does that has lost its address: with RST. One that its client has reset is over."""
    if client.is_closing():
        return
    client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.transport.abort()


async def main(layout: Layout) -> None:
    store, base = Hypervisors(layout.store), layout.settings.port
    fronts = [
        Front(store, service, listener_port(base, front), listener_port(base, behind))
        for service, (front, behind) in FRONTS.items()
    ]
    for front in fronts:
        await front.observe()
    processes.report_ready()
    while True:
        await asyncio.sleep(OBSERVE_SECONDS)
        for front in fronts:
            await front.observe()


if __name__ == "__main__":
    processes.introduce("front")
    asyncio.run(main(Layout.recorded(Path(os.environ[processes.MARKER]))))
