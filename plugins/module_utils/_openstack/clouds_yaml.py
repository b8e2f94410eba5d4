# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The keys of a cloud in ``clouds.yaml``, which are those of options and ``OS_*`` variables too, and what they mean.

A *layer* is what one source says, such as a cloud of ``clouds.yaml`` or the options of a task. Layers are read, one is
laid over the other, and the result is a ``CloudSettings``. The rules are those of openstacksdk, to which a test holds
them; it also names the few that are others on purpose.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .._errors import CloudConfigError
from .auth_types import official_name, options_of, pick
from .cloud_settings import DEFAULT_TIMEOUT, CloudSettings, Service

# Keys by their names in openstacksdk, with ``-`` and in ``auth`` as ``_``. None of the values is None.
Layer = Mapping[str, Any]

# The services that are asked. Each may have keys of its own, such as ``compute_endpoint_override``.
SERVICES = ("compute", "placement", "image", "network")
# The names that options of modules have for keys of clouds.yaml.
_ALIASES = {"ca_cert": "cacert", "client_cert": "cert", "client_key": "key", "validate_certs": "verify"}
_YES = frozenset({"1", "true", "yes", "on", "y", "t"})
_NO = frozenset({"0", "false", "no", "off", "n", "f"})
# Keys of each service, and those that hold a text or a list of texts.
_OF_SERVICE = ("region_name", "interface", "endpoint_override", "endpoint", "service_type", "service_name")
_LISTS = frozenset({"interface", "region_name", "auth_methods", *(f"{service}_interface" for service in SERVICES)})
_TEXTS = {"auth_type", "profile", "cloud", "cacert", "cert", "key"} | _LISTS
_TEXTS |= {f"{service}_{key}" for service in SERVICES for key in _OF_SERVICE}
# Each option of ``auth`` that has several names, the last of which goes before the others. Here also what is beside
# ``auth`` counts, and before what is in it.
_SHORTHANDS = {
    "domain_id": ("domain_id",),
    "domain_name": ("domain_name",),
    "user_domain_id": ("user_domain_id",),
    "user_domain_name": ("user_domain_name",),
    "project_domain_id": ("project_domain_id",),
    "project_domain_name": ("project_domain_name",),
    "token": ("auth_token", "token"),
    "passcode": ("passcode",),
    "project_id": ("tenant_id", "project_id"),
    "project_name": ("tenant_name", "project_name"),
}


def read_layer(raw: object, where: str) -> Layer:
    """Read what one source says.

    :param where: names the source for an error.
    :raises CloudConfigError: if something is not what it should be.
    """
    given = {_ALIASES.get(key, key): value for key, value in _plain(raw, where).items()}
    layer = {}
    for key, value in given.items():
        target = f"{key.removesuffix('endpoint_type')}interface" if key.endswith("endpoint_type") else key
        if value is not None:
            layer[target] = _checked(target, value, where)
    for key in {"verify", "insecure"} & set(given):
        layer[key] = _verification(given[key], f"{key!r} in {where}", is_path_allowed=key == "verify")
    if "insecure" in layer:
        # Of two that disagree, the safe one.
        insecure = layer.pop("insecure")
        layer.setdefault("verify", not insecure)
    return layer


def _plain(raw: object, where: str) -> dict[str, Any]:
    """Return a mapping with ``_`` instead of ``-`` in its keys; numbers are texts."""
    if raw is not None and not isinstance(raw, Mapping):
        raise CloudConfigError(
            f"There must be a mapping in {where}, and there is {_kind(raw)}: write keys with values."
        )
    return {str(key).replace("-", "_"): _text_of(value) for key, value in (raw or {}).items()}


def _text_of(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _checked(key: str, value: Any, where: str) -> Any:
    """:raises CloudConfigError: if the value of a key that is used is of the wrong kind; it is not quoted."""
    if key == "auth":
        within = f"'auth' in {where}"
        given = {name: one for name, one in _plain(value, within).items() if one is not None}
        return {name: _texts(name, one, within, is_list_allowed=name in _LISTS) for name, one in given.items()}
    if key == "regions":
        return _regions(value, where)
    if key == "api_timeout":
        return _seconds(value, where)
    if key in _TEXTS:
        return _texts(key, value, where, is_list_allowed=key in _LISTS)
    return value


def _texts(key: str, value: Any, where: str, is_list_allowed: bool) -> str | list[str]:
    if isinstance(value, str):
        return value.split(",") if key == "auth_methods" else value
    if is_list_allowed and isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return value
    raise CloudConfigError(f"{key!r} in {where} must be text, and is {_kind(value)}: put it in quotes.")


def _kind(value: object) -> str:
    """Name the kind of a value, which may hold a secret and so is not shown itself."""
    kinds = {bool: "true or false", str: "text", list: "a list", dict: "a mapping"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), type(value).__name__)


def _seconds(value: Any, where: str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if isinstance(value, bool) or not 0 < seconds < float("inf"):
        raise CloudConfigError(f"'api_timeout' in {where} must be a number of seconds above 0.")
    return seconds


def _regions(value: Any, where: str) -> dict[str, Layer]:
    """Return what the cloud says of each region, by its name, in their order."""
    if not isinstance(value, list):
        raise CloudConfigError(f"'regions' in {where} must be a list, and is {_kind(value)}: put each after a dash.")
    regions = {}
    for region in value:
        entry = region if isinstance(region, Mapping) else {"name": region}
        name = _text_of(entry.get("name"))
        if not isinstance(name, str) or not {"name", "values"}.issuperset(entry):
            raise CloudConfigError(
                f"Each of 'regions' in {where} must be a name, or a mapping of 'name' and 'values': correct it."
            )
        regions[name] = read_layer(entry.get("values"), f"'values' of the region {name} in {where}")
    return regions


def switch(value: Any, where: str) -> bool:
    """Read a yes or no. :raises CloudConfigError: if it is neither."""
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise CloudConfigError(f"{where} is {_shown(value)}: it must be true or false.")
    return word in _YES


def _verification(value: Any, where: str, is_path_allowed: bool) -> bool | str:
    """Read ``verify`` or ``insecure``: only a word that is known may end in a connection that is not verified."""
    if is_path_allowed and isinstance(value, str) and "/" in value:
        return value
    if str(value).strip().lower() not in _YES | _NO:
        paths = ", or the path of a CA file, with a '/' in it" if is_path_allowed else ""
        raise CloudConfigError(f"{where} is {_shown(value)}: it must be true or false{paths}.")
    return switch(value, where)


def _shown(value: Any) -> str:
    return "empty" if value in (None, "") else repr(str(value)[:40])


def merged(over: Layer, base: Layer) -> Layer:
    """Lay one layer over another; their ``auth`` are merged too."""
    layer = {**base, **over}
    if "auth" in base and "auth" in over:
        layer["auth"] = {**base["auth"], **over["auth"]}
    return layer


def region_names(layer: Layer) -> dict[str, Layer]:
    """Return the regions that a layer names, in their order, with what it says of each."""
    if "regions" in layer:
        regions: dict[str, Layer] = layer["regions"]
        return regions
    names = layer.get("region_name", [])
    return dict.fromkeys(names.split(",") if isinstance(names, str) else names, {})


def settings(layer: Layer, cache_auth: bool) -> CloudSettings:
    """Make the settings of all that the sources say, laid over each other.

    :raises CloudConfigError: if the type of authentication is not known, or an option in ``auth`` is not one of its, or
        a file is not there.
    """
    beside = {key: value for key, value in layer.items() if key != "auth"}
    kind = official_name(beside.get("auth_type", "password"))
    auth = _auth(kind, _shortened(kind, {**layer.get("auth", {})}, beside), beside)
    texts = {key: _expanded(key, value, {**beside, "auth": auth}) for key, value in beside.items() if key in _TEXTS}
    cert, key = (_existing(texts, name) for name in ("cert", "key"))
    interface = texts.get("interface", "public")
    return CloudSettings(
        auth_type=kind,
        auth=auth,
        region_name=texts.get("region_name"),
        interface=interface,
        verify=_authorities(beside.get("verify", True), texts),
        cert=(cert, key) if cert and key else cert,
        timeout=beside.get("api_timeout", DEFAULT_TIMEOUT),
        services={name: _service(name, texts, auth if kind == "none" else {}) for name in SERVICES},
        cache_auth=cache_auth,
    )


def _shortened(kind: str, auth: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """Give the options of ``auth`` one name each; a domain stands for that of user and project where there is one."""
    for target, names in _SHORTHANDS.items():
        values = [place.pop(name, None) for name in names for place in (auth, beside)]
        if given := [value for value in values if value is not None]:
            auth[target] = given[-1]
    if any(auth.get(name) for name in ("project_id", "project_name")):
        for by in ("id", "name"):
            domain = auth.pop(f"domain_{by}", None)
            for owner in ("user", "project"):
                if domain is not None:
                    auth.setdefault(f"{owner}_domain_{by}", domain)
    if kind.startswith("v2"):
        for by in ("id", "name"):
            auth[f"tenant_{by}"] = auth.pop(f"project_{by}", None)
    if "auth_url" in auth:
        auth["auth_url"] = _expanded("auth_url", auth["auth_url"], {**beside, "auth": auth})
    return auth


def _auth(kind: str, auth: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the plugin. :raises CloudConfigError: if one in ``auth`` is not of this type."""
    methods = auth.get("auth_methods") or beside.get("auth_methods") or ()
    options = options_of(kind, methods)
    picked = {
        name: _texts(name, value, "the cloud", is_list_allowed=name == "auth_methods")
        for name, value in pick(options, auth, beside).items()
        if value
    }
    if unknown := sorted(set(picked) - {option.dest for option in options}):
        known = sorted({option.name.replace("-", "_") for option in options})
        raise CloudConfigError(
            f"'auth' has {', '.join(unknown)}, which the auth_type {kind!r} does not know: it knows {', '.join(known)}."
        )
    return picked


def _expanded(key: str, value: Any, values: Mapping[str, Any]) -> Any:
    """Put the values of other keys where a text names them in braces, as in ``https://{region_name}.example.com``."""
    if not isinstance(value, str):
        return value
    try:
        return value.format(**{"region_name": "", **values})
    except (LookupError, ValueError, AttributeError, TypeError):
        raise CloudConfigError(
            f"{key!r} of the cloud names in braces what is no key of the cloud: correct that, or write '{{{{' for '{{'."
        ) from None


def _existing(texts: Mapping[str, Any], key: str) -> str | None:
    """Return the path in a key. :raises CloudConfigError: if there is nothing."""
    return _path(key, texts[key]) if texts.get(key) else None


def _path(key: str, text: str) -> str:
    path = os.path.expanduser(text)
    if not os.path.exists(path):
        option = next((option for option, name in _ALIASES.items() if name == key), key)
        raise CloudConfigError(f"{key} (of a task: {option}) names {path!r}, which is not there: correct it.")
    return path


def _authorities(verify: bool | str, texts: Mapping[str, Any]) -> bool | str:
    if not verify:
        return False
    given = _existing(texts, "cacert")
    return given or (_path("verify", verify) if isinstance(verify, str) else True)


def _service(name: str, texts: Mapping[str, Any], alone: Mapping[str, Any]) -> Service:
    """Return how a service is found. :param alone: holds the endpoint of all services where there is no identity."""
    own = {key: texts.get(f"{name}_{key}") for key in _OF_SERVICE}
    return Service(
        type=own["service_type"] or name,
        interface=own["interface"] or texts.get("interface", "public"),
        region_name=own["region_name"] or texts.get("region_name"),
        name=own["service_name"],
        endpoint=own["endpoint_override"] or own["endpoint"] or alone.get("endpoint"),
    )
