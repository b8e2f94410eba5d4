# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A tiny message bus: `python -m tests.cloud.embedded.bus PORT`. Standard library only.

It gives separate Nova processes what a broker gives them and nothing more: named queues, one consumer for each message
(in turn), messages kept for a queue whose consumer is gone, fan-out to living consumers, direct replies.

A frame is 8 bytes (length of header, length of body, big-endian), a JSON header, and a body that the bus never reads.
"""

from __future__ import annotations

import asyncio
import collections
import itertools
import json
import struct
import sys
from typing import Any

from tests.cloud.embedded import processes

LENGTHS = struct.Struct(">II")
KEPT = 10000  # messages a queue without a consumer keeps; then the oldest go

Header = dict[str, Any]


def pack(header: Header, body: bytes = b"") -> bytes:
    head = json.dumps(header, separators=(",", ":")).encode()
    return LENGTHS.pack(len(head), len(body)) + head + body


async def read_frame(reader: asyncio.StreamReader) -> tuple[Header, bytes]:
    """The next frame; IncompleteReadError when the peer is gone."""
    head, body = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
    return json.loads(await reader.readexactly(head)), await reader.readexactly(body)


class Queue:
    def __init__(self) -> None:
        self.kept: collections.deque[tuple[Header, bytes]] = collections.deque(maxlen=KEPT)
        self.consumers: collections.deque[asyncio.StreamWriter] = collections.deque()


class Bus:
    def __init__(self) -> None:
        self.queues: dict[str, Queue] = collections.defaultdict(Queue)
        self.groups: dict[str, set[str]] = collections.defaultdict(set)  # topic -> its servers' queues
        self.clients: dict[int, asyncio.StreamWriter] = {}
        self.numbers = itertools.count(1)

    def publish(self, name: str, header: Header, body: bytes, keep: bool = True) -> None:
        queue = self.queues[name]
        header = {**header, "op": "message", "queue": name}
        if queue.consumers:
            queue.consumers.rotate(-1)
            queue.consumers[0].write(pack(header, body))
        elif keep:
            queue.kept.append((header, body))

    def subscribe(self, writer: asyncio.StreamWriter, name: str, group: str | None) -> None:
        queue = self.queues[name]
        if writer not in queue.consumers:
            queue.consumers.append(writer)
        if group:
            self.groups[group].add(name)
        while queue.kept:
            writer.write(pack(*queue.kept.popleft()))

    def unsubscribe(self, writer: asyncio.StreamWriter, name: str) -> None:
        if writer in self.queues[name].consumers:
            self.queues[name].consumers.remove(writer)

    def handle(self, writer: asyncio.StreamWriter, header: Header, body: bytes) -> None:
        match header["op"]:
            case "publish":
                self.publish(header["queue"], header, body)
            case "reply":
                if caller := self.clients.get(header["to"]):
                    caller.write(pack(header, body))
            case "fanout":
                for name in sorted(self.groups[header["topic"]]):
                    self.publish(name, header, body, keep=False)
            case "subscribe":
                self.subscribe(writer, header["queue"], header.get("group"))
            case "unsubscribe":
                self.unsubscribe(writer, header["queue"])
            case other:
                raise ValueError(f"A client of the bus asked for {other!r}, which is no operation of it.")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self.numbers)
        self.clients[number] = writer
        writer.write(pack({"op": "welcome", "client": number}))
        try:
            while True:
                self.handle(writer, *await read_frame(reader))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client's process ended, which is how a client leaves
        finally:
            del self.clients[number]
            for name in self.queues:
                self.unsubscribe(writer, name)
            writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(Bus().serve, "127.0.0.1", port)
    processes.report_ready()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    processes.introduce("bus")
    asyncio.run(main(int(sys.argv[1])))
