# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a host went through is recorded, unless the record would not be true."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record_event import RecordEvent

from tests.unit.plugins.module_utils._roll.runs import Runs

AWAY = [{"id": "1", "name": "web", "running": True, "reason": "it is full"}]


def drained(runs: Runs) -> RecordEvent:
    event: dict[str, Any] = {"host": "a", "event": "drained", "left": [], "brought_back": []}
    return RecordEvent(runs.cloud, runs.store, runs.roll["session"], event)


def test_a_host_on_which_servers_run_is_not_drained(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    left = [{"name": "off", "running": False}, {"name": "web", "running": True}, {"name": "odd", "running": None}]
    with pytest.raises(Refused, match="'a' still holds running servers, so it is not upgraded: odd, web"):
        runs.record("a", "drained", left=left)
    runs.record("a", "drained", left=left[:1])
    line = r"nvme roll: a is drained after .+ \[0 of 3 hosts done, 0 servers moved; will be over at .+\]"
    assert re.fullmatch(line, runs.lines[-1])


def test_a_return_of_which_no_server_came_back_is_none(runs: Runs) -> None:
    """An upgrade after which hosts take no server any more must not go through the whole pool."""
    runs.open()
    runs.take("a")
    runs.record("a", "drained", "upgraded", "verified")
    with pytest.raises(Refused, match="No server came back to 'a': web stayed where they are"):
        runs.record("a", "returned", left=AWAY)
    assert runs.now().under_way == ["a", "b"]
    runs.record("a", "returned", left=AWAY, brought_back=[{"id": "2"}])
    assert [server["id"] for server in runs.now().progress["a"].away] == ["1"]


def test_servers_that_came_back_in_an_earlier_run_count(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest may be full up elsewhere for good; what matters is that the host takes servers."""
    back: list[str] = []
    servers = [Server(key, key, "a", "ACTIVE", "active", None) for key in ("id-a", "of somebody else")]
    monkeypatch.setattr(type(runs.cloud.nova), "servers", lambda _nova, _host: [s for s in servers if s.id in back])
    runs.open()
    runs.take("a")
    runs.record("a", "drained", "upgraded", "verified")
    runs.open()
    runs.take("a")
    for back[:] in ([], ["of somebody else"]):
        with pytest.raises(Refused, match="No server came back to 'a': web stayed where they are"):
            runs.record("a", "returned", left=AWAY)
    back.append("id-a")
    runs.record("a", "returned", left=AWAY)
    assert runs.now().done == ["a"]


def test_where_servers_are_not_to_come_back_all_stay_away(runs: Runs) -> None:
    runs.open(bring_back=False)
    runs.take("a")
    runs.record("a", "drained", "upgraded", "verified")
    runs.record("a", "returned", left=AWAY)
    assert runs.now().done == ["a"]


def test_a_run_that_was_succeeded_records_nothing(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    event = drained(runs)
    runs.open()
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        event.apply()


def test_a_host_whose_turn_has_not_come_or_is_over_has_no_events(runs: Runs) -> None:
    runs.open()
    with pytest.raises(Refused, match="The turn of 'a' in the roll in .* has not come, or is over"):
        runs.record("a", "drained")
    runs.take("a")
    runs.record("a", "failed", reason="no boot")
    with pytest.raises(Refused, match="The turn of 'a' in the roll in .* has not come, or is over"):
        runs.record("a", "drained")


def test_a_host_that_failed_meanwhile_is_not_recorded_as_done(runs: Runs) -> None:
    """Whoever waits for a turn takes a host for lost at any moment, also while its own task is about to record."""
    runs.open()
    runs.take("a")
    event = drained(runs)
    runs.record("a", "failed", reason="Ansible lost the host")
    with pytest.raises(Refused, match="The turn of 'a' in the roll in .* has not come, or is over"):
        event.apply()
    assert runs.now().failed == {"a": "Ansible lost the host"}


def test_a_record_that_was_discarded_meanwhile_takes_no_events(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    event = drained(runs)
    runs.store.discard()
    with pytest.raises(Refused, match="was discarded meanwhile, so this run ends"):
        event.apply()
