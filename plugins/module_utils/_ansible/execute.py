# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Predict or apply the work of a module: the one place for check mode, diff, ``changed``, results and failures.

It is also the one place through which text goes to Ansible, and so to terminals, logs and files. Much of that text was
chosen by tenants and other administrators.

Both kinds of execution call it: the module process (``module.py``) and the direct execution in Ansible's worker
(``plugin_utils/_worker.py``). So does the inventory plugin.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from .._errors import CloudError, Interrupted, Refused
from .._openstack.auth_types import HAS_KEYSTONEAUTH1
from .._openstack.cloud import Cloud
from .._openstack.config_files import HAS_YAML
from .._openstack.secret_values import secrets
from .._text import printable_data
from .masking import Mask

# The variable in which the action plugin names the directory that Ansible was started in, for a task on the controller.
DIRECTORY = "STACKOPS_AGGREGATES_DIRECTORY"
ISSUES = "https://github.com/stackops/aggregates/issues"


class Work(Protocol):
    """What a module has to do. To make it, the options are read and the cloud is observed; nothing is changed.

    ``predict`` says what ``apply`` would return; ``execute`` calls one of them.
    """

    warnings: list[str]

    @property
    def changed(self) -> bool: ...

    @property
    def before(self) -> dict[str, Any]:
        """What the diff shows as before, and ``after`` as after."""

    @property
    def after(self) -> dict[str, Any]: ...

    def predict(self) -> dict[str, Any]:
        """Return the result that ``apply`` would have, with the same keys; change nothing."""

    def apply(self) -> dict[str, Any]:
        """Change the cloud and return the result.

        :raises Interrupted: if it stopped half-way; with what was done.
        """


class Info:
    """The work of a module that only reads: its result is known once it is made."""

    changed = False
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, result: dict[str, Any], warnings: Iterable[str] = ()) -> None:
        self._result = result
        self.warnings = list(warnings)

    def predict(self) -> dict[str, Any]:
        return self._result

    def apply(self) -> dict[str, Any]:
        return self._result


Maker = Callable[[Cloud, Mapping[str, Any]], Work]


def missing_library() -> str | None:
    """Return the name of a package that this Python lacks and that every module needs; None if it has all."""
    if not HAS_KEYSTONEAUTH1:
        return "keystoneauth1"
    return None if HAS_YAML else "PyYAML"


def execute(
    make: Maker, connecting: Callable[[Mapping[str, Any]], Cloud], params: Mapping[str, Any], check_mode: bool
) -> tuple[bool, dict[str, Any], list[str]]:
    """Make the work and apply it, or only predict its result in check mode or if it changes nothing.

    Return whether it failed, its result, and its warnings. No text in them, nor in the progress shown meanwhile, holds
    a secret or does anything to a terminal.

    :param make: makes the work from the cloud and the options; ``make`` of a module.
    :param connecting: makes the cloud from the options.
    :param params: the options of the module.
    """
    execution = _Execution(make, params)
    try:
        return False, execution.shown(execution.run(connecting, check_mode)), execution.warnings
    except Refused as error:
        facts: dict[str, Any] = {"changed": False}
        sentences = error.problems  # each may be as long as one text, so that all of them are named
    except CloudError as error:
        facts = {"changed": execution.wrote, "status": error.status, "request_id": error.request_id}
        sentences = [str(error)]
    except Interrupted as error:
        facts = {"changed": execution.wrote, **error.facts}
        sentences = [str(error)]
    except Exception as error:  # whatever it is: Ansible's own traceback would not hide secrets
        facts = {"changed": execution.wrote}
        sentences = [_unforeseen(error)]
    return True, {"msg": " ".join(map(execution.sentence, sentences)), **execution.shown(facts)}, execution.warnings


class _Execution:
    """One execution: its cloud and its work as far as they are made, and how its texts are shown."""

    def __init__(self, make: Maker, params: Mapping[str, Any]) -> None:
        self._make, self._params = make, params
        self._mask = Mask(secrets(params))
        self._cloud: Cloud | None = None
        self._work: Work | None = None

    def run(self, connecting: Callable[[Mapping[str, Any]], Cloud], check_mode: bool) -> dict[str, Any]:
        """Do the work and return its result."""
        self._cloud = cloud = connecting(self._params)
        # Now the secrets are known too that stand in clouds.yaml or in the environment.
        self._mask = mask_of(cloud, self._params)
        show = cloud.show_progress
        cloud.show_progress = lambda line: show(self.sentence(line))
        self._work = work = self._make(cloud, self._params)
        changed, before = work.changed, work.before
        result = work.apply() if changed and not check_mode else work.predict()
        # Read ``after`` only now: less may have been applied than was predicted.
        return {"changed": changed, "diff": {"before": before, "after": work.after}, **result}

    @property
    def wrote(self) -> bool:
        """Whether anything in the cloud was changed, or may have been."""
        return bool(self._cloud and self._cloud.wrote)

    @property
    def warnings(self) -> list[str]:
        told = [*(self._work.warnings if self._work else ()), *(self._cloud.warnings if self._cloud else ())]
        return list(map(self.sentence, told))

    def sentence(self, text: str) -> str:
        return self._mask.sentence(text)

    def shown(self, result: Mapping[str, Any]) -> dict[str, Any]:
        return dict(printable_data(self._mask.data(result)))


def mask_of(cloud: Cloud, params: Mapping[str, Any]) -> Mask:
    """Return what hides the secrets in the options and those that the cloud's configuration holds."""
    return Mask(secrets(params) | secrets({"auth": cloud.credentials}))


def _unforeseen(error: Exception) -> str:
    """A sentence for an exception that nobody foresaw: what it was and where, and no value of a variable."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = ", ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in reversed(frames))
    return (
        f"This stopped at something that nobody foresaw, {type(error).__name__}: {error} ({places}). Mend that if it "
        f"is not the collection's own fault, else report it at {ISSUES}."
    )
