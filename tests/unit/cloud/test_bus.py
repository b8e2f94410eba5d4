# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The bus: frames, and which client gets which message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from embedded.bus import Bus, Header, pack, read_frame

SECONDS = 10


class Client:
    """One connection to a bus under test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.number = 0  # the bus gives it

    def send(self, body: bytes = b"", **header: Any) -> None:
        self.writer.write(pack(header, body))

    async def receive(self) -> tuple[Header, bytes]:
        return await asyncio.wait_for(read_frame(self.reader), SECONDS)

    async def handled(self) -> None:
        """Return when the bus has handled everything this client sent before."""
        self.send(op="subscribe", queue=f"own-{id(self)}")
        self.send(op="publish", queue=f"own-{id(self)}", body=b"")
        while (await self.receive())[0]["queue"] != f"own-{id(self)}":
            pass


def with_clients(count: int, talk: Callable[..., Awaitable[None]]) -> None:
    """Run a bus on a port of the system's choice and `talk` to it through so many clients."""

    async def run() -> None:
        server = await asyncio.start_server(Bus().serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        clients = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _round in range(count)]
        for client in clients:
            header, _body = await client.receive()
            assert header["op"] == "welcome"
            client.number = header["client"]
        await talk(*clients)
        for client in clients:
            client.writer.close()
        server.close()

    asyncio.run(run())


@pytest.mark.parametrize("body", [b"", b"x", bytes(range(256)) * 1000])
def test_a_frame_comes_back_as_it_was(body: bytes) -> None:
    async def round_trip() -> tuple[Header, bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(pack({"op": "publish", "queue": "größe"}, body))
        return await read_frame(reader)

    assert asyncio.run(round_trip()) == ({"op": "publish", "queue": "größe"}, body)


def test_a_cut_frame_is_no_frame() -> None:
    async def cut() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(pack({"op": "publish"}, b"body")[:-1])
        reader.feed_eof()
        await read_frame(reader)

    with pytest.raises(asyncio.IncompleteReadError):
        asyncio.run(cut())


def test_messages_wait_for_a_consumer_in_their_order() -> None:
    async def talk(sender: Client, consumer: Client) -> None:
        for body in (b"1", b"2"):
            sender.send(body, op="publish", queue="compute/cmp01")
        await sender.handled()
        consumer.send(op="subscribe", queue="compute/cmp01")
        assert [(await consumer.receive())[1] for _round in range(2)] == [b"1", b"2"]

    with_clients(2, talk)


def test_consumers_of_one_queue_get_messages_in_rotation() -> None:
    async def talk(first: Client, second: Client, sender: Client) -> None:
        for consumer in (first, second):
            consumer.send(op="subscribe", queue="conductor")
            await consumer.handled()
        for _round in range(4):
            sender.send(b"job", op="publish", queue="conductor")
        for consumer in (first, second):
            assert [(await consumer.receive())[1] for _round in range(2)] == [b"job", b"job"]

    with_clients(3, talk)


def test_a_fanout_reaches_every_living_member_and_waits_for_none() -> None:
    async def talk(member: Client, gone: Client, sender: Client) -> None:
        member.send(op="subscribe", queue="compute/member", group="compute")
        gone.send(op="subscribe", queue="compute/gone", group="compute")
        await member.handled()
        await gone.handled()
        gone.send(op="unsubscribe", queue="compute/gone")
        await gone.handled()
        sender.send(b"all", op="fanout", topic="compute")
        assert (await member.receive())[1] == b"all"
        gone.send(op="subscribe", queue="compute/gone", group="compute")
        await gone.handled()  # what it receives on the way would be the fan-out
        sender.send(b"again", op="fanout", topic="compute")
        assert (await gone.receive())[1] == b"again"

    with_clients(3, talk)


def test_a_reply_goes_to_the_caller_alone() -> None:
    async def talk(caller: Client, server: Client) -> None:
        server.send(op="subscribe", queue="conductor")
        await server.handled()
        caller.send(b"question", op="publish", queue="conductor", to=caller.number, id="7")
        header, body = await server.receive()
        assert body == b"question"
        server.send(b"answer", op="reply", to=header["to"], id=header["id"])
        header, body = await caller.receive()
        assert (header["op"], header["id"], body) == ("reply", "7", b"answer")

    with_clients(2, talk)
