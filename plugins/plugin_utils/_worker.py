# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Direct execution: do the work of a module in Ansible's worker, where a module process would do the same.

Starting a module process takes several times as long as the work, and Ansible shows nothing of it before it ends. Here
the options are checked with the same spec, and the result is made, masked and encoded as that of the module. So it does
not depend on where a task was executed.
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

from ..module_utils._ansible.execute import DIRECTORY, Work, execute, missing_library
from ..module_utils._ansible.masking import Mask
from ..module_utils._ansible.options import CLOUD_OPTIONS
from ..module_utils._errors import Interrupted
from ..module_utils._openstack.auth_types import warm_up
from ..module_utils._openstack.cloud import Cloud, connect
from ..module_utils._openstack.secret_values import secrets

display = Display()

# Ansible's main process imports this file once and then forks its workers, which have no stderr of their own any more.
STDERR = os.dup(2)
warm_up()


class Implementation(Protocol):
    """What a file of ``plugins/modules`` defines."""

    @property
    def SPEC(self) -> Mapping[str, Any]: ...

    @property
    def CONSTRAINTS(self) -> Mapping[str, Any]: ...

    def make(self, cloud: Cloud, params: Mapping[str, Any], /) -> Work: ...


class WorkerAction(Normal):
    """The action plugin of a module. It executes a task directly or else starts a module process."""

    implementation: Implementation

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        if not self._can_run_directly(variables):
            if self._connection.transport == "local":
                # The process begins elsewhere, and relative paths have to be the same there.
                self._task.environment = [*(self._task.environment or ()), {DIRECTORY: os.getcwd()}]
            return super().run(tmp, task_vars)
        display.vvv(f"Running {self._task.action} in Ansible's worker")
        return self._run_directly(variables)

    def _can_run_directly(self, task_vars: Mapping[str, Any]) -> bool:
        """Return whether a process would run on this machine, now, with this user, environment and Python."""
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
        """Return whether a process would use this Python: it is the chosen one, or Ansible would search for any."""
        delegate = self._task.delegate_to
        variables = task_vars["ansible_delegated_vars"][delegate] if delegate else task_vars
        configured = constants.config.get_config_value("INTERPRETER_PYTHON", variables=variables)
        wanted = self._templar.template(configured)
        # The folder counts too, for the Python of every virtualenv is a link to the one that it was made from.
        return (
            not wanted
            or wanted.startswith("auto")
            or os.path.dirname(wanted) == os.path.dirname(sys.executable)
            and os.path.realpath(wanted) == os.path.realpath(sys.executable)
        )

    def _run_directly(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        spec = {**CLOUD_OPTIONS, **self.implementation.SPEC}
        given = _sent(self._task.args, Direction.CONTROLLER_TO_MODULE)
        checked = ModuleArgumentSpecValidator(spec, **self.implementation.CONSTRAINTS).validate(given)
        params = checked.validated_parameters
        if checked.error_messages:
            # Options that do not fit the spec may hold secrets anywhere, so every value in ``auth`` is hidden too.
            hidden = secrets(params) | checked._no_log_values
            result = {"failed": True, **remove_values({"msg": self._misfit(checked.errors)}, hidden)}
            given_options = remove_values(params, hidden)
        else:
            result = self._work(params)
            given_options = Mask(secrets(params)).data(params)
        if _with_invocation(task_vars):
            result["invocation"] = {"module_args": given_options}
        return _sent(result, Direction.MODULE_TO_CONTROLLER)

    def _misfit(self, errors: Any) -> str:
        """Return AnsibleModule's sentence for options that do not fit the spec."""
        if isinstance(errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {errors.msg}"
        return str(errors.msg)

    def _work(self, params: Mapping[str, Any]) -> dict[str, Any]:
        main = MainProcess()

        def show_progress(line: str) -> None:
            if not self._task.no_log:
                show(line, main)

        connecting = functools.partial(connect, show_progress=show_progress, before_write=main.allow_write)
        # Ansible does not show what libraries print in a module process, such as a warning about a certificate.
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
    """Ansible's main process, which forked this worker and waits for the result of its task."""

    def __init__(self) -> None:
        parent = multiprocessing.parent_process()
        self._pid = parent.pid if parent else os.getppid()
        self._writes = 0

    @property
    def lives(self) -> bool:
        return os.getppid() == self._pid

    def allow_write(self) -> None:
        """Count a write.

        :raises Interrupted: if Ansible was killed: an operator may have started the same again already.
        """
        if not self.lives:
            raise Interrupted(
                f"Ansible's main process (pid {self._pid}) is gone, so its worker stopped before the next change: run "
                "the same again, which goes on from here.",
                changed=self._writes > 0,
            )
        self._writes += 1


def show(line: str, main: MainProcess) -> None:
    """Show a line of progress at once on stderr, apart from the output of callbacks, and write it into Ansible's log.

    Ansible's display is not used for stderr: with it the main process would wait for ever if nobody read its stderr.
    """
    with contextlib.suppress(OSError):
        if main.lives:  # else no process reads the pipe to it
            display.display(line, log_only=True)
        os.write(STDERR, f"{line}\n".encode(errors="replace"))


def _with_invocation(task_vars: Mapping[str, Any]) -> bool:
    """Return whether a result holds the options: always before ansible-core 2.21, since then if a setting says so."""
    if constants.config.get_configuration_definition("INJECT_INVOCATION") is None:
        return True
    return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))


def _sent(value: Any, direction: Direction) -> Any:
    """Encode and decode a value as on its way to or from a module process: plain data, none of it a template."""
    encoder, decoder = get_module_encoder("legacy", direction), get_module_decoder("legacy", direction)
    return json.loads(json.dumps(value, cls=encoder), cls=decoder)
