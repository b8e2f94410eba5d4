# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find out which cloud is meant, by the options of a task, ``OS_*`` variables and ``clouds.yaml``.

openstacksdk itself is not imported, because reading two YAML files through it costs as much as everything else in a
task.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .._errors import CloudConfigError
from .cloud_settings import CloudSettings
from .clouds_yaml import Layer, merged, read_layer, region_names, settings
from .config_files import CloudsFile, read_clouds, read_profile
from .secret_values import is_name

# Variables that are no part of a cloud, by their beginnings, and those that only say where and which one it is.
_OTHERS = ("OS_TEST", "OS_STD", "OS_LOG")
_SELECTORS = {"OS_CLOUD", "OS_CLOUD_NAME", "OS_REGION_NAME", "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"}


def resolve(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> CloudSettings:
    """Lay the options of a task over the cloud that is meant.

    :param options: the cloud options of a module; None counts as not given.
    :param environ: the environment variables; by default those of this process. An empty one counts as not given.
    :raises CloudConfigError: if no cloud is chosen, or the chosen one does not exist, or something in it is not what it
        should be.
    """
    environ = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    given = {key: value for key, value in options.items() if value is not None}
    chosen = given.pop("cloud", None)
    task = read_layer(given, "the options of the task")
    cache_auth = False
    if isinstance(chosen, Mapping):
        cloud, called = read_layer(chosen, "the option 'cloud'"), "the option 'cloud'"
    elif chosen is None and "auth" in task and "OS_CLOUD" not in environ:
        cloud, called = (_environment(environ) or {}), "the OS_* variables"
    else:
        file = read_clouds(environ)
        cloud, called = _in_file(chosen, file, environ)
        cache_auth = file.cache_auth
    profile = _profile(cloud, environ)
    regions = region_names(cloud) or region_names(profile)
    region = _region(regions, task.get("region_name"), called)
    in_region = merged({"region_name": region} if region else {}, regions.get(region or "", {}))
    return settings(merged(task, merged(in_region, merged(cloud, profile))), cache_auth)


def _in_file(chosen: object, file: CloudsFile, environ: Mapping[str, str]) -> tuple[Layer, str]:
    """Return the cloud of this name, or the one that is meant without a name, and how to call it in an error."""
    environment, its_name = _environment(environ), environ.get("OS_CLOUD_NAME", "envvars")
    names = file.names
    if its_name in names:
        raise CloudConfigError(
            f"{file.path} has a cloud named {its_name!r}, which is the one in OS_* variables: name it otherwise."
        )
    name = _name(chosen, environ)
    if name is None and environment is not None:
        name = its_name
    if name is None and len(names) == 1:
        (name,) = names
    if name is None:
        raise CloudConfigError(
            f"No cloud is chosen (clouds.yaml: {file}): set the option 'cloud' or 'auth', or OS_CLOUD or OS_AUTH_URL."
        )
    if name == its_name and environment is not None:
        return environment, "the OS_* variables"
    if name not in names:
        raise CloudConfigError(
            f"There is no cloud named {name!r} (clouds.yaml: {file}); name one of those in the option 'cloud' or in "
            "OS_CLOUD."
        )
    return file.cloud(name), f"the cloud {name!r}"


def _name(chosen: object, environ: Mapping[str, str]) -> str | None:
    """Return the name that was chosen. :raises CloudConfigError: if it can be no name; it may hold credentials."""
    name = environ.get("OS_CLOUD") if chosen is None else chosen
    if name is None or isinstance(name, int) and not isinstance(name, bool):
        return None if name is None else str(name)
    if not isinstance(name, str) or not name or not is_name(name):
        raise CloudConfigError(
            "The option 'cloud' (or OS_CLOUD) is no name of a cloud: give a name of clouds.yaml, or a dictionary "
            "itself and not its text."
        )
    return name


def _environment(environ: Mapping[str, str]) -> Layer | None:
    """Return the cloud in ``OS_*`` variables; None if they hold nothing that is part of one."""
    names = {name for name in environ if name.startswith("OS_") and not name.startswith(_OTHERS)}
    if not names - _SELECTORS:
        return None
    keys = {name.removeprefix("OS_").lower(): environ[name] for name in names - _SELECTORS | {"OS_REGION_NAME"} & names}
    return read_layer(keys, "the OS_* variables")


def _profile(cloud: Layer, environ: Mapping[str, str]) -> Layer:
    """Return the vendor profile that the cloud names; ``cloud`` is the former name of that key."""
    name = cloud.get("profile", cloud.get("cloud"))
    return read_profile(name, environ) if name else {}


def _region(regions: Mapping[str, Layer], asked: str | None, called: str) -> str | None:
    """Return the region that was asked for, or the first one. :raises CloudConfigError: if the cloud has others."""
    if asked and regions and asked not in regions:
        raise CloudConfigError(
            f"There is no region {asked!r} in {called}: it has {', '.join(regions)}, so name one of these."
        )
    return asked or next(iter(regions), None)
