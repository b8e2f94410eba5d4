# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Settings of all unit tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_cloud_of_the_developer() -> Iterator[None]:
    """Keep the developer's own cloud out of reach: hide ``OS_*``, so that no unit test can talk to it by accident."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OS_")]:
            patch.delenv(name)
        yield
