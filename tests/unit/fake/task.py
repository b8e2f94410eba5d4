# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run a module of the collection on the fake cloud, as a module process or Ansible's worker would execute it."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task as AnsibleTask
from ansible.plugins.loader import action_loader, connection_loader
from ansible.template import Templar
from ansible.utils.display import Display
from ansible_collections.stackops.aggregates.plugins.module_utils._ansible import module as _module
from ansible_collections.stackops.aggregates.plugins.module_utils._ansible.execute import DIRECTORY
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.pace import Clock
from ansible_collections.stackops.aggregates.plugins.plugin_utils import _worker

from tests.unit.fake.cloud import FakeCloud

COLLECTION = "stackops.aggregates"
PINNED = MappingProxyType({"strategy": "ansible.builtin.host_pinned"})
MODULES = f"ansible_collections.{COLLECTION}.plugins.modules"


@dataclass(frozen=True)
class Task:
    """How a task ended. ``printed`` is everything that the module wrote, or that the worker returned."""

    result: dict[str, Any]
    failed: bool
    printed: str

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])

    @property
    def outcome(self) -> dict[str, Any]:
        """What a real run and check mode have to have in common."""
        return {key: value for key, value in self.result.items() if key != "invocation"}


def run_task(
    cloud: FakeCloud,
    module: str,
    /,
    process: str = "module",
    check: bool = False,
    user: str = "admin",
    **options: Any,
) -> Task:
    """Run a module with these options, and with the credentials of ``user`` unless they name a cloud.

    :param process: ``module`` for what a module process does, ``worker`` for direct execution in Ansible's worker.
    """
    if not {"auth", "cloud"} & set(options):
        options["auth"] = cloud.auth(user)
    implementation = importlib.import_module(f"{MODULES}.{module}")
    clock = Clock(cloud.clock.now, cloud.clock.sleep)
    with contextlib.ExitStack() as stack:
        for place in (_module, _worker):
            stack.enter_context(mock.patch.object(place, "connect", cloud.connect))
        for work in ("begin", "TryHost"):
            if hasattr(implementation, work):
                timed = functools.partial(getattr(implementation, work), clock=clock)
                stack.enter_context(mock.patch.object(implementation, work, timed))
        warned = stack.enter_context(mock.patch.object(Display, "warning"))
        task = _PROCESSES[process](module, options, check)
    # A process of its own would have put these into its result; in this process Ansible shows them at once.
    warnings = [call.kwargs["msg"] for call in warned.call_args_list]
    warnings += task.result.pop("warnings", [])
    return replace(task, result={**task.result, **({"warnings": warnings} if warnings else {})})


def _in_module_process(module: str, options: Mapping[str, Any], check: bool) -> Task:
    """The process begins elsewhere, and is told where Ansible was started, as by the action plugin."""
    output = io.StringIO()
    with (
        mock.patch.dict(os.environ, {DIRECTORY: os.getcwd()}),
        contextlib.chdir("/"),
        patch_module_args({**options, "_ansible_check_mode": check, "_ansible_diff": True}),
        contextlib.redirect_stdout(output),
        pytest.raises(SystemExit) as ended,
    ):
        importlib.import_module(f"{MODULES}.{module}").main()
    return Task(json.loads(output.getvalue()), ended.value.code != 0, output.getvalue())


def _in_worker(module: str, options: Mapping[str, Any], check: bool) -> Task:
    result = action(module, options, {"check_mode": check}).run(task_vars={})
    return Task(result, bool(result.get("failed")), json.dumps(result))


_PROCESSES = {"module": _in_module_process, "worker": _in_worker}
PROCESSES = tuple(_PROCESSES)


def action(
    module: str,
    options: Mapping[str, Any],
    keywords: Mapping[str, Any],
    connection: str = "local",
    play: Mapping[str, Any] = PINNED,
) -> Any:
    """The action plugin as Ansible's worker makes it for a task with these keywords.

    :param connection: name of the connection plugin. :param play: keywords of the task's play.
    """
    loader, context = DataLoader(), PlayContext()
    block = Block(play=Play.load({"hosts": "all", **play}))
    return action_loader.get(
        f"{COLLECTION}.{module}",
        task=AnsibleTask.load({f"{COLLECTION}.{module}": dict(options), "diff": True, **keywords}, block=block),
        connection=connection_loader.get(f"ansible.builtin.{connection}", context),
        play_context=context,
        loader=loader,
        templar=Templar(loader),
        shared_loader_obj=None,
    )
