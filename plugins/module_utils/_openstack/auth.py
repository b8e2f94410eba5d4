# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How a cloud is entered: the authentication plugin of keystoneauth1 for some settings."""

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

# The common ways in, found in keystoneauth1's own list of plugins. Asking every installed package for one, as for
# the others, takes as long as all the rest of authentication.
_COMMON = frozenset({"password", "token", "v3password", "v3token", "v3applicationcredential"})


def warm_up() -> None:
    """Load what authentication by password needs, before Ansible forks: its workers then need not, each again."""
    if HAS_KEYSTONEAUTH1:
        _loader("v3password")


def _loader(kind: str) -> loading.BaseLoader[Any]:
    """:raises NoMatchingPlugin: no installed package has such a plugin."""
    if kind in _COMMON:
        for one in metadata.distribution("keystoneauth1").entry_points:
            if (one.group, one.name) == (loading.PLUGIN_NAMESPACE, kind):
                loader: loading.BaseLoader[Any] = one.load()()
                return loader
    return loading.get_plugin_loader(kind)


def authentication(settings: CloudSettings) -> Any:
    """The authentication plugin of keystoneauth1 for these settings."""
    kind = settings.auth_type
    # With the version in the URL the generic plugins need not ask for it: one request less.
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
        for name in (option.dest, *(old.dest for old in option.deprecated))
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
