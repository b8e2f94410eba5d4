# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Owners are at work on a server one at a time, or it would be watched in the other one's hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.rest import COMPUTE_VERSION, Session
from tests.soak import tenants
from tests.soak.journal import Journal
from tests.soak.script import Act
from tests.soak.tenants import Tenants
from tests.soak.watcher import Watcher


class Nova(Session):
    """One server of one owner, who has just asked for something."""

    def __init__(self) -> None:
        self.status = "ACTIVE"
        self.asked: list[str] = []

    def compute(self, method: str, path: str, body: Any = None, version: str = COMPUTE_VERSION) -> Any:
        if method == "POST":
            self.asked += body
        return {"servers": [{"id": "a", "name": "web1", "status": self.status}]}


@pytest.fixture
def nova(monkeypatch: pytest.MonkeyPatch) -> Nova:
    made = Nova()
    monkeypatch.setattr(tenants, "settled", lambda *_asked: {"id": "a", "name": "web1", "status": made.status})
    return made


def test_a_shelved_server_is_unshelved_by_one_and_then_watched(tmp_path: Path, nova: Nova) -> None:
    watcher = Watcher(Hypervisors(tmp_path / "store.sqlite"))
    owners, journal = Tenants(nova, watcher), Journal(tmp_path / "storm.log")

    def act(what: str) -> None:
        owners.act(Act(0.0, what, 0.0, 0.0), journal)

    nova.status = "SHELVED_OFFLOADED"
    owners._shelved.add("a")
    watcher.take("a")

    def meanwhile(*_asked: Any) -> dict[str, str]:
        """Nova has it ACTIVE already, while who unshelves it still waits; another owner comes along."""
        nova.status = "ACTIVE"
        monkeyed.undo()
        act("pause")
        return {"id": "a", "name": "web1", "status": "ACTIVE"}

    with pytest.MonkeyPatch.context() as monkeyed:
        monkeyed.setattr(tenants, "settled", meanwhile)
        act("unshelve")
    assert nova.asked == ["unshelve"] and watcher.is_free("a")
    act("pause")
    assert nova.asked == ["unshelve", "pause"]
