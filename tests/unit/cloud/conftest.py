# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The embedded cloud is no part of the collection: its package is found where `python3 tests/cloud` finds it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CLOUD = Path(__file__).resolve().parents[2] / "cloud"
sys.path.insert(0, str(CLOUD))

from embedded.hypervisors import Hypervisors  # noqa: E402
from embedded.layout import Layout, Settings  # noqa: E402


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return the layout of a cloud that does not run: two hosts, base port 20000."""
    made = Layout(state=tmp_path / "state", venv=tmp_path / "venv")
    made.etc.mkdir(parents=True)
    made.record(
        Settings.draw(
            made.venv,
            20000,
            ("cmp01", "cmp02"),
            vcpus=16,
            memory_mb=4096,
            migration_seconds=1.5,
            max_live_migrations=2,
            new_services_disabled=True,
        )
    )
    return made


@pytest.fixture
def store(tmp_path: Path) -> Hypervisors:
    """A store of three hosts, empty."""
    made = Hypervisors(tmp_path / "hypervisors.sqlite")
    for name in ("cmp01", "cmp02", "cmp03"):
        made.add_host(name)
    return made
