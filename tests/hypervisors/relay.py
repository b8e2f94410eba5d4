# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A host's way to the control plane: ``python -m tests.hypervisors.relay PID PORT...``.

Listens on 127.0.0.1 in the network namespace of that process, and connects to the same ports in its own one.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import sys
from functools import partial

CLONE_NEWNET = 0x40000000


def enter(network: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(network, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def listen(pid: int, ports: list[int]) -> list[socket.socket]:
    """A socket stays in the namespace that it was made in."""
    own, theirs = (os.open(f"/proc/{process}/ns/net", os.O_RDONLY) for process in ("self", pid))
    enter(theirs)
    sockets = [socket.create_server(("127.0.0.1", port), backlog=64) for port in ports]
    enter(own)
    return sockets


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))


async def main(sockets: list[socket.socket]) -> None:
    for listener in sockets:
        await asyncio.start_server(partial(serve, listener.getsockname()[1]), sock=listener)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(listen(int(sys.argv[1]), [int(port) for port in sys.argv[2:]])))
