# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The proving ground: the embedded cloud's own commands, for tests that make a real Nova misbehave."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cloud.embedded import policies
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.layout import Layout
from tests.conformance.real_site import EMBEDDED
from tests.conformance.sites import Api


class Ground:
    """The embedded cloud's own commands, and the settings of its ``up``."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.layout = Layout.recorded(state)
        self.settings: dict[str, Any] = json.loads((state / "settings.json").read_text())

    def run(self, *arguments: str) -> str:
        command = [sys.executable, str(EMBEDDED), "--state", str(self._state), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def behave(self, **rules: Any) -> None:
        self.run("behave", json.dumps(rules))

    def forget_guest(self, host: str, server: str) -> None:
        """Take from a host's disk what Nova has forgotten there."""
        assert Hypervisors(self._state / "hypervisors.sqlite").undefine(host, server)

    def needs(self, option: str) -> None:
        """Skip the test on a cloud whose ``up`` was not given that option."""
        if not self.settings[option.replace("-", "_")]:
            pytest.skip(f"needs a cloud that was started with --{option}")

    def withhold(self, *names: str) -> None:
        """Take policies from the jobs, and give them all others. Skip the test where Nova is too old to have one."""
        lacking = [name for name in names if name.startswith("os_compute_api:") and not self._has_policy(name)]
        if lacking:
            pytest.skip(f"OpenStack {self.settings['release']} has no policy {', '.join(lacking)} yet")
        policies.withhold(self.layout, list(names))

    def _has_policy(self, name: str) -> bool:
        return f'"{name}"' in policies.nova_file(self.layout).read_text()

    def api(self, cloud: str) -> Api:
        """As the account of that name in clouds.yaml."""
        session = requests.Session()
        session.trust_env = False
        return Api(session, json.loads((self._state / "clouds.yaml").read_text())["clouds"][cloud]["auth"])
