# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Authentication: the plugin of keystoneauth1 that fits the settings of a cloud."""

from __future__ import annotations

from importlib import metadata
from typing import Any

try:
    from keystoneauth1 import exceptions as refusals
    from keystoneauth1 import loading
except ImportError:
    HAS_KEYSTONEAUTH1 = False
else:
    HAS_KEYSTONEAUTH1 = True

from .._errors import CloudError
from .clouds_yaml import CloudSettings

# The common plugins, which are read from keystoneauth1's own list. For any other every installed package is asked,
# which takes as long as all the rest of authentication.
_COMMON = frozenset({"password", "token", "v3password", "v3token", "v3applicationcredential"})


def warm_up() -> None:
    """Load what authentication by password needs, before Ansible forks, so that not every worker has to load it."""
    if HAS_KEYSTONEAUTH1:
        _loader("v3password")


def _loader(kind: str) -> loading.BaseLoader[Any]:
    """Return the loader of a type of authentication.

    :raises NoMatchingPlugin: if no installed package has such a plugin.
    """
    if kind in _COMMON:
        for entry in metadata.distribution("keystoneauth1").entry_points:
            if (entry.group, entry.name) == (loading.PLUGIN_NAMESPACE, kind):
                loader: loading.BaseLoader[Any] = entry.load()()
                return loader
    return loading.get_plugin_loader(kind)


def authentication(settings: CloudSettings) -> Any:
    """Return the authentication plugin of keystoneauth1 for these settings.

    :raises CloudError: if there is no such plugin, or the credentials lack what it needs.
    """
    kind = settings.auth_type
    # A generic plugin asks the identity service for its version; the URL names it already: one request less.
    if kind in ("password", "token") and str(settings.auth.get("auth_url") or "").rstrip("/").endswith("/v3"):
        kind = "v3" + kind
    try:
        loader = _loader(kind)
    except refusals.NoMatchingPlugin:
        known = ", ".join(sorted(loading.get_available_plugin_names()))
        raise CloudError(f"There is no auth_type {settings.auth_type!r}: use one of {known}.") from None
    names = {
        name.replace("-", "_")
        for option in loader.get_options()
        for name in (option.dest, *(former.dest for former in option.deprecated))
    }
    options = {key: value for key, value in settings.auth.items() if key in names}
    try:
        return loader.load_from_options(**options)
    except refusals.MissingRequiredOptions as error:
        missing = ", ".join(option.dest for option in error.options)
        raise CloudError(
            f"The credentials lack {missing}: give them in 'auth', in clouds.yaml or in OS_* variables."
        ) from None
    except refusals.OptionError as error:
        raise CloudError(f"The credentials are not complete: {str(error).rstrip('.')}.") from None
