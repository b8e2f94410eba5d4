# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Authentication: the plugin of keystoneauth1 that fits the settings of a cloud."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Any

with contextlib.suppress(ImportError):  # where it is missing, HAS_KEYSTONEAUTH1 of auth_types.py is False
    from keystoneauth1 import exceptions as refusals
    from keystoneauth1 import loading

from .._errors import CloudConfigError
from .auth_types import loader_of, options_of
from .cloud_settings import CloudSettings

# The secrets without which a type that has them authenticates nobody; keystoneauth1 does not call them required.
_NEEDED = frozenset({"password", "passcode", "token"})


def authentication(settings: CloudSettings) -> Any:
    """Return the authentication plugin of keystoneauth1 for these settings; nothing is sent.

    :raises CloudConfigError: if the credentials lack what it needs.
    """
    kind, auth = settings.auth_type, settings.auth
    options = options_of(kind, auth.get("auth_methods") or ())
    lacking = [option.dest for option in options if _is_needed(option) and not auth.get(option.dest)]
    if lacking:
        raise _incomplete(", ".join(sorted(lacking)))
    # The generic types ask the identity service for its version. An URL that names it saves that request.
    is_v3 = kind in ("password", "token") and str(auth["auth_url"]).rstrip("/").endswith("/v3")
    if is_v3:
        _check_domains(auth)
    try:
        plugin = loader_of(kind).load_from_options(**auth)
    except refusals.OptionError as error:
        raise CloudConfigError(f"The credentials are not complete: {str(error).rstrip('.')}.") from None
    except TypeError as error:  # of a plugin that needs more than its loader says
        lacking = re.findall(r"argument.*'(\w+)'", str(error))
        raise _incomplete(", ".join(lacking) or f"something ({error})") from None
    return plugin.create_plugin(None, (3, 0), auth["auth_url"]) if is_v3 else plugin


def _is_needed(option: loading.Opt) -> bool:
    return option.required or option.secret and option.name in _NEEDED


def _check_domains(auth: Mapping[str, Any]) -> None:
    """:raises CloudConfigError: if a name, which is unique only within a domain, is given without its domain."""
    for name, domain in (("username", "user_domain"), ("project_name", "project_domain")):
        places = (f"{place}_{by}" for place in (domain, "default_domain") for by in ("id", "name"))
        if auth.get(name) and not any(auth.get(place) for place in places):
            raise _incomplete(f"{domain}_id or {domain}_name, in which {name} is")


def _incomplete(what: str) -> CloudConfigError:
    return CloudConfigError(f"The credentials lack {what}: give it in 'auth', in clouds.yaml or in OS_* variables.")
