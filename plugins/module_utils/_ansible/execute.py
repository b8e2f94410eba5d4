# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Run the work of a module: the one place that knows check mode, diff, ``changed``, the result and how to fail.

Both doors stand on it: the module process (``_module``) and the worker of Ansible (``plugin_utils/_door``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .._errors import CloudConfigError, CloudError, Interrupted, Refused
from .._openstack.auth import HAS_KEYSTONEAUTH1
from .._openstack.cloud import Cloud
from .._openstack.clouds_yaml import HAS_YAML


class Work(Protocol):
    """What a module makes of its options after looking at the cloud. Making it touches nothing."""

    warnings: list[str]

    @property
    def changed(self) -> bool: ...

    @property
    def before(self) -> dict[str, Any]:
        """For the diff, with ``after``."""

    @property
    def after(self) -> dict[str, Any]: ...

    def predict(self) -> dict[str, Any]:
        """The result that carrying it out will have, in the same keys."""

    def apply(self) -> dict[str, Any]:
        """Do it and return the result. :raises Interrupted: with what was done."""


class Info:
    """The work of a module that only reads: its result was found while it was made."""

    changed = False
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, result: dict[str, Any]) -> None:
        self._result = result
        self.warnings: list[str] = []

    def predict(self) -> dict[str, Any]:
        return self._result

    def apply(self) -> dict[str, Any]:
        return self._result


Maker = Callable[[Cloud, Mapping[str, Any]], Work]


def missing_library() -> str | None:
    """The name of a package that this Python lacks, and without which no cloud can be reached."""
    if not HAS_KEYSTONEAUTH1:
        return "keystoneauth1"
    return None if HAS_YAML else "PyYAML"


def execute(
    make: Maker, connecting: Callable[[Mapping[str, Any]], Cloud], params: Mapping[str, Any], check_mode: bool
) -> tuple[bool, dict[str, Any], list[str]]:
    """Make the work, and carry it out unless nothing is to be done or only foretold.

    Returns whether it failed, the result, and warnings.
    """
    work: Work | None = None
    acting = False
    try:
        work = make(connecting(params), params)
        changed, before = work.changed, work.before
        acting = changed and not check_mode
        result = work.apply() if acting else work.predict()
        # Read only now: what was carried out may be less than what was foretold.
        diff = {"before": before, "after": work.after}
        return False, {"changed": changed, "diff": diff, **result}, work.warnings
    except (Refused, CloudConfigError) as error:
        facts: dict[str, Any] = {"changed": False}
        message = str(error)
    except CloudError as error:
        facts = {"changed": acting, "status": error.status, "request_id": error.request_id}
        message = str(error)
    except Interrupted as error:
        facts = {"changed": True, **error.facts}
        message = str(error)
    return True, {"msg": message, **facts}, work.warnings if work else []
