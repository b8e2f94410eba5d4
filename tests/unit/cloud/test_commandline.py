# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What makes a cloud hostile comes from the command line or the environment, and is checked before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud.embedded import commandline
from tests.cloud.embedded.errors import CloudError

HOSTILE = {"API": "uwsgi", "FRONT": "1", "HAPROXY": "1", "CELL2_HOSTS": "2", "CONDUCTOR_LAG": "20"}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMBEDDED_CLOUD_STATE", str(tmp_path / "state"))
    for name in HOSTILE:
        monkeypatch.delenv(f"EMBEDDED_CLOUD_{name}", raising=False)
    return tmp_path / "state"


def hostility(*arguments: str) -> tuple[str, bool, bool, int, int]:
    options = commandline.parser().parse_args(["up", *arguments])
    return options.api, options.front, options.haproxy, options.cell2_hosts, options.conductor_lag


def test_a_cloud_is_calm_without_options() -> None:
    assert hostility() == ("waitress", False, False, 0, 0)


def test_options_and_environment_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    options = hostility("--api", "uwsgi", "--front", "--haproxy", "--cell2-hosts", "2", "--conductor-lag", "20")
    for name, value in HOSTILE.items():
        monkeypatch.setenv(f"EMBEDDED_CLOUD_{name}", value)
    assert hostility() == options == ("uwsgi", True, True, 2, 20)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("API", "apache", "EMBEDDED_CLOUD_API=apache: expected waitress or uwsgi"),
        ("CELL2_HOSTS", "4", "expected 0 to 3"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, state: Path, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"EMBEDDED_CLOUD_{variable}", value)
    with pytest.raises(CloudError, match=message):
        commandline.up(commandline.parser().parse_args(["up"]))
    assert not state.exists()


def test_two_load_balancers_for_one_place_are_refused(state: Path) -> None:
    with pytest.raises(CloudError, match="choose one"):
        commandline.up(commandline.parser().parse_args(["up", "--front", "--haproxy"]))
    assert not state.exists()


def test_a_release_has_services_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMBEDDED_CLOUD_VENV", raising=False)
    chosen = commandline.services(commandline.parser().parse_args(["--release", "2025.1", "up"]))
    monkeypatch.setenv("EMBEDDED_CLOUD_RELEASE", "2025.1")
    assert commandline.services(commandline.parser().parse_args(["up"])) == chosen
    assert chosen.venv.name == "venv-2025.1"


def test_a_release_that_is_not_here_is_refused(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    monkeypatch.setenv("EMBEDDED_CLOUD_RELEASE", "2019.2")
    with pytest.raises(CloudError, match="EMBEDDED_CLOUD_RELEASE=2019.2: expected none or 2026.1, 2025.1"):
        commandline.up(commandline.parser().parse_args(["up"]))
    assert not state.exists()
