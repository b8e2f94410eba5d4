# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The types of authentication that keystoneauth1 and installed packages know, and the options that each of them has."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

try:
    from keystoneauth1 import exceptions as refusals
    from keystoneauth1 import loading
except ImportError:
    HAS_KEYSTONEAUTH1 = False
else:
    HAS_KEYSTONEAUTH1 = True

from .._errors import CloudConfigError

# The common types, which are read from keystoneauth1's own list. For any other every installed package is asked, which
# takes as long as all the rest of authentication.
_COMMON = frozenset({"password", "token", "v3password", "v3token", "v3applicationcredential"})
# Names that people have for types, and what keystoneauth1 calls them; openstacksdk knows the same ones.
_OTHER_NAMES = {"": "none", "None": "none", "token_endpoint": "admin_token"}


def warm_up() -> None:
    """Load what authentication by password needs, before Ansible forks, so that not every worker has to load it."""
    if HAS_KEYSTONEAUTH1:
        loader_of("password")


def official_name(kind: str) -> str:
    """Return keystoneauth1's own name of a type."""
    return _OTHER_NAMES.get(kind, kind)


def loader_of(kind: str) -> loading.BaseLoader[Any]:
    """Return what makes a plugin of this type.

    :raises CloudConfigError: if no installed package has such a type.
    """
    try:
        loader = _loader_class(kind)()
    except refusals.NoMatchingPlugin:
        known = ", ".join(sorted(loading.get_available_plugin_names()))
        raise CloudConfigError(f"There is no auth_type {kind!r}: use one of {known}.") from None
    if not loader.available:
        raise CloudConfigError(f"The auth_type {kind!r} needs a Python package that is not installed: install it.")
    return loader


@functools.cache
def _loader_class(kind: str) -> type[loading.BaseLoader[Any]]:
    """:raises NoMatchingPlugin: if no installed package has such a type."""
    if kind in _COMMON:
        for entry in metadata.distribution("keystoneauth1").entry_points:
            if (entry.group, entry.name) == (loading.PLUGIN_NAMESPACE, kind):
                loader: type[loading.BaseLoader[Any]] = entry.load()
                return loader
    return type(loading.get_plugin_loader(kind))


def options_of(kind: str, methods: Sequence[str] = ()) -> list[loading.Opt]:
    """Return the options of a type.

    :param methods: the types that ``v3multifactor`` joins, whose options are its own too.
    :raises CloudConfigError: if no installed package has such a type, or one of these methods.
    """
    kinds = [kind, *methods] if kind == "v3multifactor" else [kind]
    by_name = {option.name: option for name in kinds for option in loader_of(name).get_options()}
    return list(by_name.values())


def pick(options: Sequence[loading.Opt], auth: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of these options by the names that the plugin has for them, as openstacksdk picks them.

    An option is looked for under its own name and its former ones, in ``auth`` and then beside it. What is empty
    counts as not given. What is in ``auth`` and is no option is kept, for the caller to refuse.
    """
    picked = dict(auth)
    for option in options:
        names = [one.name.replace("-", "_") for one in (option, *option.deprecated)]
        candidates = (place[name] for place in (auth, beside) for name in names if place.get(name))
        for name in names:
            picked.pop(name, None)
        if value := next(candidates, None):
            picked[option.dest] = value
    return picked
