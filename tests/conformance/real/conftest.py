# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What only a real Nova can show. Every test here runs on the embedded cloud that ``EMBEDDED_CLOUD_STATE`` names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from real_site import RealSite

STATE = os.environ.get("EMBEDDED_CLOUD_STATE")


@pytest.fixture(scope="session")
def site() -> RealSite:
    if not STATE:
        pytest.skip("needs an embedded cloud: start one with `tests/cloud up` and name it in EMBEDDED_CLOUD_STATE")
    return RealSite(Path(STATE))


@pytest.fixture(scope="session")
def ground(site: RealSite) -> Ground:
    return Ground(Path(str(STATE)))


@pytest.fixture
def rule(ground: Ground) -> Iterator[Callable[..., None]]:
    """Plants rules of behaviour: ``rule("spawn", "*", seconds=2)``; each is taken away after the test."""
    planted: list[tuple[str, str]] = []

    def plant(kind: str, key: str, **rule: Any) -> None:
        planted.append((kind, key))
        ground.behave(**{kind: {key: rule}})

    yield plant
    for kind, key in planted:
        ground.behave(**{kind: {key: None}})
