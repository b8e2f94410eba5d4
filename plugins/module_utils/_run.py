# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Run the work of a module: the one place that knows check mode, diff, ``changed``, the result and how to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.stackops.aggregates.plugins.module_utils._client import MISSING_LIBRARY, CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._cloud import Cloud, connect
from ansible_collections.stackops.aggregates.plugins.module_utils._clouds import HAS_YAML, CloudConfigError
from ansible_collections.stackops.aggregates.plugins.module_utils._mark import MarkError
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Interrupted, Refused

CLOUD_OPTIONS: dict[str, dict[str, Any]] = {
    "cloud": {"type": "raw"},
    "auth": {"type": "dict", "no_log": True},
    "auth_type": {"type": "str"},
    "region_name": {"type": "str"},
    "interface": {"type": "str", "choices": ["public", "internal", "admin"], "aliases": ["endpoint_type"]},
    "validate_certs": {"type": "bool", "aliases": ["verify"]},
    "ca_cert": {"type": "str", "aliases": ["cacert"]},
    "client_cert": {"type": "str", "aliases": ["cert"]},
    "client_key": {"type": "str", "no_log": True, "aliases": ["key"]},
    "api_timeout": {"type": "int"},
}

# Options of authentication plugins that are no secrets. Were they masked like one, a user named 'nova' would
# blacken every 'nova-compute' in a result. Whatever is not listed counts as a secret.
_PUBLIC = frozenset(
    {
        "application_credential_id",
        "application_credential_name",
        "auth_url",
        "default_domain_id",
        "default_domain_name",
        "domain_id",
        "domain_name",
        "endpoint",
        "identity_provider",
        "project_domain_id",
        "project_domain_name",
        "project_id",
        "project_name",
        "protocol",
        "system_scope",
        "tenant_id",
        "tenant_name",
        "trust_id",
        "user_domain_id",
        "user_domain_name",
        "user_id",
        "username",
    }
)


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

    def foretold(self) -> dict[str, Any]:
        """The result that carrying it out will have, in the same keys."""

    def carry_out(self) -> dict[str, Any]:
        """Do it and return the result. :raises Interrupted: with what was done."""


class Info:
    """The work of a module that only reads: its result was found while it was made."""

    changed = False
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, result: dict[str, Any]) -> None:
        self._result = result
        self.warnings: list[str] = []

    def foretold(self) -> dict[str, Any]:
        return self._result

    def carry_out(self) -> dict[str, Any]:
        return self._result


Maker = Callable[[Cloud, Mapping[str, Any]], Work]


def run(make: Maker, spec: Mapping[str, Any], **constraints: Any) -> None:
    """The body of every module's ``main``.

    :param constraints: ``required_if`` and its like, for AnsibleModule.
    """
    module = AnsibleModule(argument_spec={**CLOUD_OPTIONS, **spec}, supports_check_mode=True, **constraints)
    module.no_log_values = set(_secrets(module.params))
    if MISSING_LIBRARY:
        module.fail_json(msg=missing_required_lib("keystoneauth1"), exception=MISSING_LIBRARY)
    if not HAS_YAML:
        module.fail_json(msg=missing_required_lib("PyYAML"))
    failed, result, warnings = execute(make, connect, module.params, module.check_mode)
    for warning in warnings:
        module.warn(warning)
    if failed:
        module.fail_json(**result)
    module.exit_json(**result)


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
        result = work.carry_out() if acting else work.foretold()
        # Read only now: what was carried out may be less than what was foretold.
        diff = {"before": before, "after": work.after}
        return False, {"changed": changed, "diff": diff, **result}, work.warnings
    except (Refused, CloudConfigError, MarkError) as error:
        facts: dict[str, Any] = {"changed": False}
        message = str(error)
    except CloudError as error:
        facts = {"changed": acting, "status": error.status, "request_id": error.request_id}
        message = str(error)
    except Interrupted as error:
        facts = {"changed": True, **error.facts}
        message = str(error)
    return True, {"msg": message, **facts}, work.warnings if work else []


def _secrets(params: Mapping[str, Any]) -> Iterator[str]:
    cloud = params.get("cloud")
    for place in (params.get("auth"), cloud.get("auth") if isinstance(cloud, Mapping) else None):
        for key, value in (place or {}).items():
            if key not in _PUBLIC:
                yield from _texts(value)
    if params.get("client_key"):
        yield params["client_key"]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value not in (None, "", True, False):
        yield str(value)
