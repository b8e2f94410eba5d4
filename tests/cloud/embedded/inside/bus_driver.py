# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""oslo.messaging's side of the bus in embedded/bus.py: `transport_url = embedded://host:port/`."""

from __future__ import annotations

import collections
import json
import os
import queue
import socket
import threading
import time
import uuid
from typing import Any, NoReturn

import oslo_messaging
from oslo_messaging._drivers import base
from oslo_messaging._drivers import common as rpc_common
from oslo_serialization import jsonutils

from tests.cloud.embedded.bus import LENGTHS, Header, pack
from tests.cloud.embedded.inside import compat

CONNECT_SECONDS = 30
RECONNECT_SECONDS = 0.2

Inbox = queue.Queue  # of (header, body), and None when its listener stops


class Connection:
    """The one socket of a process, opened on first use and so never before a fork; it reconnects by itself."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.lock = threading.Lock()
        self.waiters: dict[str, queue.Queue[bytes]] = {}
        self.subscriptions: dict[str, tuple[str | None, collections.deque[Inbox]]] = {}
        self.client: int | None = None
        self.socket: socket.socket | None = None
        self.ready = threading.Event()
        threading.Thread(target=self._run, daemon=True, name="embedded-bus").start()

    def _run(self) -> None:
        while True:
            try:
                with socket.create_connection(self.address) as peer:
                    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    stream = peer.makefile("rb")
                    while len(lengths := stream.read(LENGTHS.size)) == LENGTHS.size:
                        head, body = LENGTHS.unpack(lengths)
                        self._dispatch(peer, json.loads(stream.read(head)), stream.read(body))
            except OSError:
                pass  # the bus is not there (yet); senders wait for `ready` and say so when it takes too long
            self.ready.clear()
            time.sleep(RECONNECT_SECONDS)

    def _dispatch(self, peer: socket.socket, header: Header, body: bytes) -> None:
        match header["op"]:
            case "welcome":
                with self.lock:
                    self.client, self.socket = header["client"], peer
                    for name, (group, _inboxes) in self.subscriptions.items():
                        peer.sendall(pack({"op": "subscribe", "queue": name, "group": group}))
                self.ready.set()
            case "reply":
                if waiter := self.waiters.get(header["id"]):
                    waiter.put(body)
            case "message":
                _group, inboxes = self.subscriptions.get(header["queue"], (None, ()))
                if inboxes:
                    inboxes.rotate(-1)
                    inboxes[0].put((header, body))

    def send(self, header: Header, body: bytes = b"") -> None:
        if not self.ready.wait(CONNECT_SECONDS) or self.socket is None:
            raise oslo_messaging.MessageDeliveryFailure(f"The bus at {self.address} is not reachable.")
        with self.lock:
            self.socket.sendall(pack(header, body))

    def subscribe(self, name: str, group: str | None, inbox: Inbox) -> None:
        with self.lock:
            self.subscriptions.setdefault(name, (group, collections.deque()))[1].append(inbox)
        self.send({"op": "subscribe", "queue": name, "group": group})

    def unsubscribe(self, name: str, inbox: Inbox) -> None:
        with self.lock:
            inboxes = self.subscriptions[name][1]
            inboxes.remove(inbox)
            if not inboxes:
                del self.subscriptions[name]
        if not inboxes:
            self.send({"op": "unsubscribe", "queue": name})


class Message(base.RpcIncomingMessage):
    def __init__(self, connection: Connection, header: Header, body: bytes) -> None:
        payload = json.loads(body)
        compat.call_known(super().__init__, payload["context"], payload["message"], header.get("id"))
        self.connection, self.header, self.body = connection, header, body
        self.client_timeout = header.get("monitor")

    def _reply(self, data: dict[str, Any]) -> None:
        if self.header.get("to"):
            header = {"op": "reply", "to": self.header["to"], "id": self.header["id"]}
            self.connection.send(header, jsonutils.dumps(data).encode())

    def reply(self, reply: Any = None, failure: Any = None) -> None:
        if failure:
            self._reply({"failure": rpc_common.serialize_remote_exception(failure)})
        else:
            self._reply({"reply": reply})

    def heartbeat(self) -> None:
        self._reply({"heartbeat": True})

    def requeue(self) -> None:
        self.connection.send({**self.header, "op": "publish"}, self.body)


class Listener(base.PollStyleListener):
    def __init__(self, connection: Connection, subscriptions: list[tuple[str, str | None]]) -> None:
        super().__init__()
        self.connection = connection
        self.names = [name for name, _group in subscriptions]
        self.inbox: Inbox = queue.Queue()
        self.stopped = False
        for name, group in subscriptions:
            connection.subscribe(name, group, self.inbox)

    @base.batch_poll_helper
    def poll(self, timeout: float | None = None) -> Message | None:
        try:
            item = self.inbox.get(block=not self.stopped, timeout=timeout)
        except queue.Empty:
            return None
        return Message(self.connection, *item) if item else None

    def stop(self) -> None:
        self.stopped = True
        for name in self.names:
            self.connection.unsubscribe(name, self.inbox)
        self.inbox.put(None)


class BusDriver(base.BaseDriver):
    """Named by the entry point in tests/cloud/embedded_cloud.dist-info."""

    _connections: dict[tuple[int, str, int], Connection] = {}
    _lock = threading.Lock()

    def require_features(self, requeue: bool = True) -> None:
        """The bus can requeue."""

    @property
    def connection(self) -> Connection:
        address = self._url.hosts[0]
        key = (os.getpid(), address.hostname, address.port)
        with self._lock:
            if key not in self._connections:
                self._connections[key] = Connection(address.hostname, address.port)
            return self._connections[key]

    def _queue(self, target: oslo_messaging.Target, server: str | None = None) -> str:
        name = f"{self._url.virtual_host or ''}/{target.exchange or self._default_exchange}/{target.topic}"
        return f"{name}/{server}" if server else name

    def send(
        self,
        target: oslo_messaging.Target,
        ctxt: dict[str, Any],
        message: dict[str, Any],
        wait_for_reply: bool | None = None,
        timeout: float | None = None,
        call_monitor_timeout: float | None = None,
        retry: int | None = None,
        transport_options: Any = None,
    ) -> Any:
        body = jsonutils.dumps({"context": ctxt, "message": message}).encode()
        if target.fanout:
            self.connection.send({"op": "fanout", "topic": self._queue(target)}, body)
            return None
        header = {"op": "publish", "queue": self._queue(target, target.server)}
        if not wait_for_reply:
            self.connection.send(header, body)
            return None
        return self._call(header, body, timeout, call_monitor_timeout)

    def _call(self, header: Header, body: bytes, timeout: float | None, monitor: float | None) -> Any:
        """Publish and wait for the reply; with `monitor`, a callee that sends no heartbeat that long is lost."""
        connection, number = self.connection, uuid.uuid4().hex
        waiter: queue.Queue[bytes] = queue.Queue()
        if not connection.ready.wait(CONNECT_SECONDS):
            raise oslo_messaging.MessageDeliveryFailure(f"The bus at {connection.address} is not reachable.")
        header.update(id=number, to=connection.client, monitor=monitor)
        connection.waiters[number] = waiter
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            connection.send(header, body)
            while True:
                limits = [monitor] if monitor else []
                if deadline is not None:
                    limits.append(max(0.01, deadline - time.monotonic()))
                try:
                    answer = json.loads(waiter.get(timeout=min(limits, default=None)))
                except queue.Empty:
                    raise oslo_messaging.MessagingTimeout(f"No reply from {header['queue']} to {number}.") from None
                if answer.get("heartbeat"):
                    continue
                if "failure" in answer:
                    raise rpc_common.deserialize_remote_exception(answer["failure"], self._allowed_remote_exmods)
                return answer["reply"]
        finally:
            del connection.waiters[number]

    def send_notification(self, *_arguments: Any, **_options: Any) -> None:
        """Drop notifications: nothing listens to them here, and a broker would drop them too."""

    def listen(
        self, target: oslo_messaging.Target, batch_size: int, batch_timeout: float
    ) -> base.PollStyleListenerAdapter:
        subscriptions: list[tuple[str, str | None]] = [(self._queue(target), None)]
        if target.server:
            subscriptions.append((self._queue(target, target.server), self._queue(target)))
        listener = Listener(self.connection, subscriptions)
        return base.PollStyleListenerAdapter(listener, batch_size, batch_timeout)

    def listen_for_notifications(self, *_arguments: Any) -> NoReturn:
        raise NotImplementedError("The embedded bus carries no notifications.")

    def cleanup(self) -> None:
        """The socket ends with the process."""
