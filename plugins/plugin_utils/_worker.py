# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The door into Ansible's worker: do a module's work right there where that is the same as starting a process for it.

Starting that process costs several times what the work does, and nothing can be seen of it before it ends. The options
are checked by the same spec, and the result is put together, masked and sent through the same encoding as the module's,
so nobody who reads it can tell which door was taken.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping
from typing import Any, Protocol

from ansible import constants
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action.normal import ActionModule as Normal
from ansible.utils.display import Display

from ..module_utils._ansible.execute import Work, execute, missing_library
from ..module_utils._ansible.options import CLOUD_OPTIONS, secrets
from ..module_utils._errors import Interrupted
from ..module_utils._openstack.auth import warm_up
from ..module_utils._openstack.cloud import Cloud, connect
from ..module_utils._text import printable

display = Display()

# Ansible's main process loads this file, once; its workers have what it made, but no stderr any more.
STDERR = os.dup(2)
warm_up()


class Implementation(Protocol):
    """What a file of ``plugins/modules`` holds."""

    @property
    def SPEC(self) -> Mapping[str, Any]: ...

    @property
    def CONSTRAINTS(self) -> Mapping[str, Any]: ...

    def make(self, cloud: Cloud, params: Mapping[str, Any], /) -> Work: ...


class WorkerAction(Normal):
    """An action plugin; what it does not do itself goes the ordinary way."""

    implementation: Implementation

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        if not self._is_same_here(variables):
            return super().run(tmp, task_vars)
        display.vvv(f"Running {self._task.action} in Ansible's worker")
        return self._run_here(variables)

    def _is_same_here(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether the process would run on this machine, now, by this user, in this environment, with this Python."""
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        return (
            self._connection.transport == "local"
            and not self._connection.become
            and not self._task.async_val
            and not environment
            and self._is_same_python(task_vars)
            and not missing_library()
        )

    def _is_same_python(self, task_vars: Mapping[str, Any]) -> bool:
        """Also where nobody chose one and Ansible would look for any."""
        delegate = self._task.delegate_to
        variables = task_vars["ansible_delegated_vars"][delegate] if delegate else task_vars
        configured = constants.config.get_config_value("INTERPRETER_PYTHON", variables=variables)
        wanted = self._templar.template(configured)
        # Not only the file that a link leads to: a virtualenv links to the Python that it is made from.
        return (
            not wanted
            or wanted.startswith("auto")
            or os.path.dirname(wanted) == os.path.dirname(sys.executable)
            and os.path.realpath(wanted) == os.path.realpath(sys.executable)
        )

    def _run_here(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        spec = {**CLOUD_OPTIONS, **self.implementation.SPEC}
        given = _sent(self._task.args, Direction.CONTROLLER_TO_MODULE)
        checked = ModuleArgumentSpecValidator(spec, **self.implementation.CONSTRAINTS).validate(given)
        params = checked.validated_parameters
        hidden = secrets(params)
        if checked.error_messages:
            # Of what is wrong nobody knows what it means, so more is hidden: every value in ``auth``.
            hidden |= checked._no_log_values
            result = {"failed": True, "msg": self._fault(checked.errors)}
        else:
            result = self._work(params, hidden)
        if _with_invocation(task_vars):
            result["invocation"] = {"module_args": params}
        return _sent(_masked(result, hidden), Direction.MODULE_TO_CONTROLLER)

    def _fault(self, errors: Any) -> str:
        """AnsibleModule's sentence for options that do not fit the spec."""
        if isinstance(errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {errors.msg}"
        return str(errors.msg)

    def _work(self, params: Mapping[str, Any], hidden: set[str]) -> dict[str, Any]:
        main = MainProcess()

        def show_progress(line: str) -> None:
            if not self._task.no_log:
                show(printable(remove_values(line, hidden)), main)

        connecting = functools.partial(connect, show_progress=show_progress, before_write=main.allow_write)
        # What libraries print, a warning about an unverified certificate for one, is not shown of a module either.
        with contextlib.redirect_stderr(io.StringIO()):
            failed, result, warnings = execute(
                self.implementation.make, connecting, params, check_mode=bool(self._task.check_mode)
            )
        if failed:
            result["failed"] = True
        if warnings:
            result["warnings"] = warnings
        return result


class MainProcess:
    """Ansible's own process, which began the task in this worker and waits for its result."""

    def __init__(self) -> None:
        began = multiprocessing.parent_process()
        self._pid = began.pid if began else os.getppid()
        self._writes = 0

    @property
    def lives(self) -> bool:
        return os.getppid() == self._pid

    def allow_write(self) -> None:
        """:raises Interrupted: Ansible was killed, and somebody may have begun the same again already."""
        if not self.lives:
            raise Interrupted(
                f"Ansible's main process (pid {self._pid}) is gone, so its worker stopped before the next change: run "
                "the same again, which goes on from here.",
                changed=self._writes > 0,
            )
        self._writes += 1


def show(line: str, main: MainProcess) -> None:
    """Show a line at once, on stderr so that it stays out of a callback's output, and put it into Ansible's log.

    Not by way of Ansible's display: the main process waits for ever for its workers when its stderr is read no more.
    """
    with contextlib.suppress(OSError):
        if main.lives:  # else nobody empties the pipe to it
            display.display(line, log_only=True)
        os.write(STDERR, f"{line}\n".encode(errors="replace"))


def _with_invocation(task_vars: Mapping[str, Any]) -> bool:
    """Whether a result holds the options: always before ansible-core 2.21, since then where its user wants it."""
    if constants.config.get_configuration_definition("INJECT_INVOCATION") is None:
        return True
    return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))


def _sent(value: Any, direction: Direction) -> Any:
    """What arrives when Ansible sends this to a module, or the module its result: plain data, none of it a template."""
    encoder, decoder = get_module_encoder("legacy", direction), get_module_decoder("legacy", direction)
    return json.loads(json.dumps(value, cls=encoder), cls=decoder)


def _masked(result: Mapping[str, Any], hidden: set[str]) -> dict[str, Any]:
    """The way AnsibleModule masks, which leaves what is true, false or nothing at the top."""
    kept = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
    return {**remove_values(result, hidden), **kept}
