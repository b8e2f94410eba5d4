# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The default owner of a maintenance: the same in each container and on each machine, or demanded in one sentence."""

from __future__ import annotations

import getpass
import socket
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.options import default_owner

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import run_task


def runs_as(monkeypatch: pytest.MonkeyPatch, name: str, machine: str = "bastion") -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: name)
    monkeypatch.setattr(socket, "gethostname", lambda: machine)


def nameless(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A container that runs under a number."""

    def raises() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", raises)


def test_it_is_the_user_here_and_the_user_of_the_cloud(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    runs_as(monkeypatch, "alice")
    assert default_owner(cloud.connect()) == "alice@admin"


def test_a_rerun_from_another_container_goes_on(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """An execution environment has another host name each time."""
    cloud.boot("web", "cmp01")
    for machine, state in (("runner-1f3a", "started"), ("runner-77b0", "started"), ("runner-c001", "stopped")):
        runs_as(monkeypatch, "runner", machine)
        assert not run_task(cloud, "os_host_maintenance", host="cmp01", state=state).failed
    assert cloud.names_on("cmp01") == ["web"] and cloud.returned("cmp01")


@pytest.mark.parametrize("name", ["domain:alice", "alice smith", "a\tb"])
def test_what_a_mark_cannot_hold_is_written_otherwise(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    runs_as(monkeypatch, name)
    assert run_task(cloud, "os_host_maintenance", host="cmp01", state="started").changed
    assert not run_task(cloud, "os_host_maintenance", host="cmp01", state="started").changed


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 1000680000"), OSError("No username set")])
def test_a_user_without_a_name_has_to_say_who_it_is(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Python 3.13 raises the one, older ones the other."""
    nameless(monkeypatch, error)
    with pytest.raises(Refused, match="has no name, so a mark could not say who keeps the host: set 'owner'"):
        default_owner(cloud.connect())
    task = run_task(cloud, "os_host_maintenance", host="cmp01", state="started")
    assert task.failed and "set 'owner'" in task.result["msg"] and cloud.writes == []
    assert run_task(cloud, "os_host_maintenance", host="cmp01", state="started", owner="ci").changed


@pytest.mark.parametrize("module", ["os_upgrade_plan", "os_host_maintenance"])
def test_every_module_that_has_an_owner_demands_one(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    nameless(monkeypatch, OSError())
    options: dict[str, Any] = (
        {"aggregate": "nvme"} if module == "os_upgrade_plan" else {"host": "cmp01", "state": "started"}
    )
    task = run_task(cloud, module, **options)
    assert task.failed and "set 'owner'" in task.result["msg"]
