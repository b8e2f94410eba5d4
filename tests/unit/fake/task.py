# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run a module of the collection in this process, on the fake cloud, the way an Ansible task does."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stackops.aggregates.plugins.module_utils import _module
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance import Clock
from fake.cloud import FakeCloud

MODULES = "ansible_collections.stackops.aggregates.plugins.modules"
WARNINGS = "ansible.module_utils.common.warnings._global_warnings"


@dataclass(frozen=True)
class Task:
    """How a task ended. ``printed`` is everything that the module wrote."""

    result: dict[str, Any]
    status: int
    printed: str

    @property
    def failed(self) -> bool:
        return self.status != 0

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])

    @property
    def outcome(self) -> dict[str, Any]:
        """What a real run and check mode have to have in common."""
        return {key: value for key, value in self.result.items() if key != "invocation"}


def run_task(cloud: FakeCloud, module: str, /, check: bool = False, user: str = "admin", **options: Any) -> Task:
    """Run a module with these options, and with the credentials of ``user`` unless they name a cloud."""
    if not {"auth", "cloud"} & set(options):
        options["auth"] = cloud.auth(user)
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True}
    implementation = importlib.import_module(f"{MODULES}.{module}")
    clock = Clock(cloud.clock.now, cloud.clock.sleep)
    output = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(_module, "connect", cloud.connect))
        stack.enter_context(mock.patch.dict(WARNINGS, clear=True))
        for work in ("Start", "Stop"):
            if hasattr(implementation, work):
                timed = functools.partial(getattr(implementation, work), clock=clock)
                stack.enter_context(mock.patch.object(implementation, work, timed))
        stack.enter_context(patch_module_args(arguments))
        stack.enter_context(contextlib.redirect_stdout(output))
        ended = stack.enter_context(pytest.raises(SystemExit))
        implementation.main()
    return Task(json.loads(output.getvalue()), int(ended.value.code or 0), output.getvalue())
