# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's cells: which host lies in which, and how a cell's database goes away and comes back.

A cell is down while a file named after its database exists: `inside/sqlite_tuning.py` then refuses that database to
every process, API, scheduler and the cell's own conductor alike, as a database server does that is not reachable.
"""

from __future__ import annotations

from pathlib import Path

from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout, Settings, listener_port

DATABASES = {"cell1": "nova", "cell2": "nova_cell2"}
CONDUCTOR2 = "conductor-cell2"
AWAY = ".away"


def names(settings: Settings) -> list[str]:
    return list(DATABASES) if settings.cell2_hosts else ["cell1"]


def of_host(settings: Settings, host: str) -> str:
    """The last hosts of `up` lie in the second cell, every other one in the first."""
    return "cell2" if host in settings.hosts[len(settings.hosts) - settings.cell2_hosts :] else "cell1"


def transport(settings: Settings, cell: str) -> str:
    """The address of a cell's message bus; a second one is a virtual host of the first, as in RabbitMQ."""
    return f"embedded://127.0.0.1:{listener_port(settings.port, 'bus')}/{'' if cell == 'cell1' else cell}"


def marker(layout: Layout, cell: str) -> Path:
    """The file whose existence means that the cell is down."""
    if cell not in names(layout.settings):
        raise CloudError(f"There is no cell {cell}: there is {' and '.join(names(layout.settings))}.")
    return layout.state / "db" / f"{DATABASES[cell]}.sqlite{AWAY}"


def take_down(layout: Layout, cell: str) -> None:
    marker(layout, cell).touch()


def bring_up(layout: Layout, cell: str) -> None:
    marker(layout, cell).unlink(missing_ok=True)
