# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find out which cloud is meant, and with which credentials: options, the keys of ``clouds.yaml``, and ``OS_*``.

The rules are those of openstacksdk's configuration guide. openstacksdk itself is not imported, because reading two YAML
files through it costs as much as everything else in a task.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:
    HAS_YAML = False
else:
    HAS_YAML = True


from .._errors import CloudConfigError

# Seconds to wait for the bytes of an answer, where nothing else is configured.
DEFAULT_TIMEOUT = 60.0
# The OS_* variables that are not options of an authentication plugin, and the options of ours that they set.
_ENVIRONMENT = {
    "OS_AUTH_TYPE": "auth_type",
    "OS_REGION_NAME": "region_name",
    "OS_INTERFACE": "interface",
    "OS_ENDPOINT_TYPE": "interface",
    "OS_CACERT": "ca_cert",
    "OS_CERT": "client_cert",
    "OS_KEY": "client_key",
}
# Other names of the keys in clouds.yaml.
_ALIASES = {
    "auth_plugin": "auth_type",
    "endpoint_type": "interface",
    "cacert": "ca_cert",
    "cert": "client_cert",
    "key": "client_key",
    "verify": "validate_certs",
}


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """Where a cloud is and how to authenticate there. ``auth`` holds secrets and stays out of ``repr``."""

    auth_type: str
    auth: dict[str, Any] = field(repr=False)
    region_name: str | None = None
    interface: str = "public"
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    timeout: float = DEFAULT_TIMEOUT  # seconds
    endpoints: dict[str, str] = field(default_factory=dict)  # URL by service type, instead of the catalog's
    cache_auth: bool = False  # whether the token is kept for the next task


def resolve(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> CloudSettings:
    """Merge the module's options over the chosen cloud of ``clouds.yaml`` or the ``OS_*`` environment.

    :param options: the cloud options of a module; None counts as not given.
    :param environ: the environment variables; by default those of this process.
    :raises CloudConfigError: if no cloud is chosen, or the chosen one does not exist, or a file cannot be read.
    """
    environ = os.environ if environ is None else environ
    given = {key: value for key, value in options.items() if value is not None}
    chosen = given.pop("cloud", None)
    if isinstance(chosen, Mapping):
        base = dict(chosen)
    elif chosen or environ.get("OS_CLOUD"):
        base = _named(str(chosen or environ["OS_CLOUD"]), environ)
    elif "auth" in given or any(name in environ for name in ("OS_AUTH_URL", "OS_ENDPOINT")):
        base = _from_environment(environ)
    else:
        base = _only_cloud(environ)
    return _settings(_renamed(base), given)


def _settings(base: dict[str, Any], given: dict[str, Any]) -> CloudSettings:
    """Read each key of a cloud in ``clouds.yaml``, with the options of the module over it."""
    merged = {**base, **given, "auth": {**(base.get("auth") or {}), **(given.get("auth") or {})}}
    regions = [region["name"] if isinstance(region, Mapping) else region for region in merged.get("regions") or []]
    ca_cert, client_cert, client_key = (merged.get(key) for key in ("ca_cert", "client_cert", "client_key"))
    validate = _boolean(merged.get("validate_certs", True)) and not _boolean(merged.get("insecure", False))
    suffix = "_endpoint_override"
    return CloudSettings(
        auth_type=merged.get("auth_type") or "password",
        auth=merged["auth"],
        region_name=merged.get("region_name") or (regions[0] if regions else None),
        interface=str(merged.get("interface") or "public").removesuffix("URL"),
        verify=(os.path.expanduser(ca_cert) if ca_cert else True) if validate else False,
        cert=(client_cert, client_key) if client_cert and client_key else client_cert,
        timeout=float(merged.get("api_timeout") or DEFAULT_TIMEOUT),
        endpoints={key.removesuffix(suffix): url for key, url in merged.items() if key.endswith(suffix) and url},
        cache_auth=_boolean(merged.get("cache_auth", False)),
    )


def _named(name: str, environ: Mapping[str, str]) -> dict[str, Any]:
    clouds, path = _clouds(environ)
    if name not in clouds:
        where = f"{path} holds {', '.join(sorted(clouds)) or 'no cloud'}" if path else "no clouds.yaml was found"
        raise CloudConfigError(
            f"There is no cloud named {name!r}: {where}; name one of those in the option 'cloud' or in OS_CLOUD."
        )
    return clouds[name]


def _only_cloud(environ: Mapping[str, str]) -> dict[str, Any]:
    clouds, path = _clouds(environ)
    if len(clouds) == 1:
        return next(iter(clouds.values()))
    where = f"{path} holds {', '.join(sorted(clouds)) or 'none'}" if path else "no clouds.yaml was found"
    raise CloudConfigError(
        f"No cloud is chosen ({where}): set the option 'cloud' or 'auth', or OS_CLOUD or OS_AUTH_URL."
    )


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the ``OS_*`` variables say; those that are no options of ours go to the authentication plugin."""
    cloud: dict[str, Any] = {"auth": {}}
    for name, value in environ.items():
        if not name.startswith("OS_") or not value:
            continue
        if name in _ENVIRONMENT:
            cloud[_ENVIRONMENT[name]] = value
        elif name == "OS_INSECURE":
            cloud["insecure"] = value
        else:
            cloud["auth"][name.removeprefix("OS_").lower()] = value
    return cloud


def _clouds(environ: Mapping[str, str]) -> tuple[dict[str, Any], Path | None]:
    """Return all clouds of the first ``clouds.yaml`` with their secrets and vendor profiles, and the file's path.

    As in openstacksdk the section ``cache`` is about all clouds; this collection reads only ``auth`` of it.
    """
    clouds, path = _first_file("clouds", environ.get("OS_CLIENT_CONFIG_FILE"), environ)
    secure, _where = _first_file("secure", environ.get("OS_CLIENT_SECURE_FILE"), environ, beside=path)
    vendors, _where = _first_file("clouds-public", environ.get("OS_CLIENT_VENDOR_FILE"), environ, beside=path)
    profiles = vendors.get("public-clouds") or {}
    cache = clouds.get("cache")
    caching = isinstance(cache, Mapping) and cache.get("auth", False)
    merged: dict[str, Any] = {}
    for name, cloud in (clouds.get("clouds") or {}).items():
        profile = (cloud or {}).get("profile")
        if profile and profile not in profiles:
            raise CloudConfigError(
                f"The cloud {name!r} of {path} wants the vendor profile {profile!r}, which no clouds-public.yaml "
                "holds: write its auth_url into the cloud's own 'auth'."
            )
        secrets = (secure.get("clouds") or {}).get(name) or {}
        merged[name] = _merged(_merged(profiles.get(profile) or {}, cloud or {}), secrets) | {"cache_auth": caching}
    return merged, path


def _first_file(
    stem: str, explicit: str | None, environ: Mapping[str, str], beside: Path | None = None
) -> tuple[dict[str, Any], Path | None]:
    """Return what the first file with this stem holds, and its path; nothing and None if there is no such file.

    :param explicit: the path that an environment variable names, which comes first.
    :param beside: a file whose folder comes next.
    """
    for path in _places(stem, explicit, environ, beside):
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
            data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
        except (OSError, ValueError, yaml.YAMLError) as error:
            # A YAML error quotes the line that it cannot read, and that line may hold a password.
            raise CloudConfigError(f"{path} cannot be read ({type(error).__name__}): mend the file.") from None
        if data is not None and not isinstance(data, dict):
            raise CloudConfigError(f"{path} holds no mapping: it must begin with 'clouds:'.")
        return data or {}, path
    return {}, None


def _places(stem: str, explicit: str | None, environ: Mapping[str, str], beside: Path | None) -> Iterator[Path]:
    if explicit:
        yield Path(explicit).expanduser()
    folders = [Path.cwd(), Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "openstack"]
    for folder in ([beside.parent] if beside else []) + folders + [Path("/etc/openstack")]:
        for suffix in (".yaml", ".yml", ".json"):
            yield folder / (stem + suffix)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the values of ``over``; dictionaries in both are merged too."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _renamed(cloud: Mapping[str, Any]) -> dict[str, Any]:
    return {_ALIASES.get(key, key): value for key, value in cloud.items()}


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).strip().lower() in ("1", "true", "yes", "on")
