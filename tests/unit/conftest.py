# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Settings of all unit tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader

# From the start the collection comes through Ansible's own loader, as it does in a play. Begun in the middle, by the
# first test that needs it, it would not know the modules that Python had already imported without it.
init_plugin_loader([str(Path(__file__).resolve().parents[2] / "build" / "collections")])


@pytest.fixture(scope="session", autouse=True)
def no_cloud_of_the_developer() -> Iterator[None]:
    """Keep the developer's own cloud out of reach: hide ``OS_*``, so that no unit test can talk to it by accident."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OS_")]:
            patch.delenv(name)
        yield
