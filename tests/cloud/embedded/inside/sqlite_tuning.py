# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Let several threads and processes share SQLite files through oslo.db.

* Connections are pooled. oslo.db opens one for each transaction, and each opening parses the whole schema again, which
  is 10 ms and more for Nova.
* WAL and a busy timeout: readers never wait, writers queue.
* A writer's transaction begins IMMEDIATE. Deferred ones that read first and write later fail at once with "database is
  locked" when another writer committed in between, and no timeout helps there.
* A database is not reachable while a file of its name and `.away` lies beside it, see cells.py.
* The wait for the write lock is ours, because SQLite's own backs off to 100 ms.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from typing import Any

import sqlalchemy
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade, engines
from sqlalchemy import event, orm, pool

from tests.cloud.embedded.cells import AWAY

BUSY_SECONDS = 60


def install() -> None:
    """Change oslo.db and SQLAlchemy in this process; call it before the first engine is made."""

    @engines._init_connection_args.dispatch_for("sqlite")
    def pooled(url: Any, engine_args: dict[str, Any], *_more: Any, **_options: Any) -> None:
        engine_args.update(poolclass=pool.QueuePool, pool_size=5, max_overflow=100, pool_pre_ping=False)
        engine_args["connect_args"]["check_same_thread"] = False

    @event.listens_for(sqlalchemy.engine.Engine, "connect")
    def tune(connection: Any, record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            record.info[AWAY] = connection.execute("PRAGMA database_list").fetchone()[2] + AWAY

    @event.listens_for(pool.Pool, "checkout")
    def refuse_while_away(connection: Any, record: Any, proxy: Any) -> None:
        if os.path.exists(record.info.get(AWAY, "")):
            raise db_exception.DBConnectionError(ConnectionRefusedError("embedded: the database is away"))

    create_session = enginefacade._TransactionFactory._create_session

    def create_marked_session(self: Any, mode: Any, bind: Any = None) -> orm.Session:
        session = create_session(self, mode, bind)
        session.info["writer"] = mode is enginefacade._WRITER
        return session

    enginefacade._TransactionFactory._create_session = create_marked_session

    @event.listens_for(orm.Session, "after_begin")
    def begin_immediate(session: orm.Session, transaction: Any, connection: sqlalchemy.Connection) -> None:
        if session.info.get("writer") and not transaction.nested and connection.dialect.name == "sqlite":
            take_write_lock(connection.connection.driver_connection)


def take_write_lock(connection: sqlite3.Connection) -> None:
    """Begin a writing transaction in place of the deferred one."""
    connection.execute("ROLLBACK")
    connection.execute("PRAGMA busy_timeout = 0")
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001 + 0.003 * random.random())
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
