# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which values of the options that say which cloud are secrets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Options of authentication plugins that are no secrets. If they were masked too, a user named 'nova' would mask the
# word 'nova' in a result. Every option that is not listed counts as a secret.
_PUBLIC = frozenset(
    {
        "access_token_endpoint",
        "application_credential_id",
        "application_credential_name",
        "auth_methods",
        "auth_url",
        "default_domain_id",
        "default_domain_name",
        "discovery_endpoint",
        "domain_id",
        "domain_name",
        "endpoint",
        "identity_provider",
        "oauth2_endpoint",
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
        "user_name",
        "username",
    }
)
# The keys of a cloud beside ``auth`` that are no secrets either; each service may have some of its own.
_PUBLIC_BESIDE = re.compile(
    "auth_type|profile|cloud|verify|validate_certs|insecure|ca_?cert|(client_)?cert"
    "|(.*_)?(region_name|interface|endpoint_type|endpoint_override|endpoint|service_type|service_name|api_version"
    "|default_microversion|timeout)"
)


def is_name(text: str) -> bool:
    """Return whether a text may be the name of a cloud; any other may hold credentials and must not be shown."""
    return not set("{}[]\"'=:\n").intersection(text)


def secrets(params: Mapping[str, Any]) -> set[str]:
    """Return the texts in the options of a module that must be in no result, message or log.

    :param params: the options, before or after Ansible checked them.
    """
    cloud = params.get("cloud")
    found = {*_in_auth(params.get("auth")), *_texts(params.get("client_key"))}
    if isinstance(cloud, Mapping):
        found.update(_in_cloud(cloud))
    elif not is_name(str(cloud)):
        found.update(_texts(cloud))
    return found


def _in_auth(auth: Any) -> Iterator[str]:
    if isinstance(auth, Mapping):
        for key, value in auth.items():
            yield from _password_of_url(value) if _plain(key) in _PUBLIC else _texts(value)
    else:
        yield from _texts(auth)


def _in_cloud(cloud: Mapping[Any, Any]) -> Iterator[str]:
    for key, value in cloud.items():
        name = _plain(key)
        if name == "auth":
            yield from _in_auth(value)
        elif name == "regions" and isinstance(value, list):
            for region in value:
                values = region.get("values") if isinstance(region, Mapping) else None
                yield from _in_cloud(values) if isinstance(values, Mapping) else _texts(values)
        elif name in _PUBLIC or _PUBLIC_BESIDE.fullmatch(name):
            yield from _password_of_url(value)
        else:
            yield from _texts(value)


def _plain(key: Any) -> str:
    return str(key).replace("-", "_")


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
