# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Settings and fixtures of the plugins' tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Answer, Client
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests.accounts.table import find

# The same examples in every run, on a machine of any speed.
set_hypothesis_home_dir(Path(__file__).resolve().parents[3] / "build" / "cache" / "hypothesis")
settings.register_profile("unit", derandomize=True, deadline=None, database=None)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def calls_are_in_the_table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the collection asks of a cloud in any test is in the table of `tests/accounts`, or the test fails."""
    send = Client.request

    def checked(self: Client, service: str, method: str, path: str, **how: Any) -> Answer:
        below = f"/v2{path}" if path.startswith("/images") else path  # where the endpoint of Glance ends in /v2
        assert find(service, method, below, how.get("body")), f"not in the table of policies: {method} {service} {path}"
        return send(self, service, method, path, **how)

    if request.path.name not in ("test_client.py", "test_malformed.py"):  # which ask for anything
        monkeypatch.setattr(Client, "request", checked)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Do not wait between repetitions; the list holds the seconds that would have been waited."""
    pauses: list[float] = []
    monkeypatch.setattr("keystoneauth1.session.time.sleep", pauses.append)
    return pauses
