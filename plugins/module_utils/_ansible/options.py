# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The options that say which cloud, and which of their values are secrets. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
# Options of authentication plugins that are no secrets. If they were masked too, a user named 'nova' would mask every
# 'nova-compute' in a result. Every option that is not listed counts as a secret.
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


def secrets(params: Mapping[str, Any]) -> set[str]:
    """Return the texts in these options that must be in no result, message or log.

    :param params: the options, before or after Ansible checked them.
    """
    return set(_secrets(params))


def _secrets(params: Mapping[str, Any]) -> Iterator[str]:
    cloud = params.get("cloud")
    for auth in (params.get("auth"), cloud.get("auth") if isinstance(cloud, Mapping) else None):
        if isinstance(auth, Mapping):
            for key, value in auth.items():
                yield from _password_of_url(value) if key in _PUBLIC else _texts(value)
        else:
            yield from _texts(auth)
    yield from _texts(params.get("client_key"))


def _password_of_url(value: Any) -> Iterator[str]:
    """Yield the password in a URL, if there is one."""
    user = str(value).partition("://")[2].partition("/")[0].rpartition("@")[0]
    if password := user.partition(":")[2]:
        yield password


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value not in (None, "", True, False):
        yield str(value)
