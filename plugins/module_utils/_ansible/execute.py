# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Predict or apply the work of a module: the one place for check mode, diff, ``changed``, results and failures.

Both kinds of execution call it: the module process (``module.py``) and the direct execution in Ansible's worker
(``plugin_utils/_worker.py``). So does the inventory plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from .._errors import CloudConfigError, CloudError, Interrupted, Refused
from .._openstack.auth import HAS_KEYSTONEAUTH1
from .._openstack.cloud import Cloud
from .._openstack.clouds_yaml import HAS_YAML


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

    Return whether it failed, its result, and its warnings.

    :param make: makes the work from the cloud and the options; ``make`` of a module.
    :param connecting: makes the cloud from the options.
    :param params: the options of the module.
    """
    cloud: Cloud | None = None
    work: Work | None = None
    try:
        cloud = connecting(params)
        work = make(cloud, params)
        changed, before = work.changed, work.before
        result = work.apply() if changed and not check_mode else work.predict()
        # Read ``after`` only now: less may have been applied than was predicted.
        diff = {"before": before, "after": work.after}
        return False, {"changed": changed, "diff": diff, **result}, work.warnings
    except (Refused, CloudConfigError) as error:
        facts: dict[str, Any] = {"changed": False}
        message = str(error)
    except CloudError as error:
        facts = {"changed": bool(cloud and cloud.wrote), "status": error.status, "request_id": error.request_id}
        message = str(error)
    except Interrupted as error:
        facts = {"changed": bool(cloud and cloud.wrote), **error.facts}
        message = str(error)
    return True, {"msg": message, **facts}, work.warnings if work else []
