# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where ``clouds.yaml``, ``secure.yaml`` and ``clouds-public.yaml`` lie, and what they hold."""

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
from .clouds_yaml import Layer, merged, read_layer, switch


@dataclass(frozen=True, slots=True)
class CloudsFile:
    """``clouds.yaml`` with the secrets of ``secure.yaml``. A cloud is read when it is asked for, and none beside it.

    :ivar path: of ``clouds.yaml``; None if there is none.
    :ivar cache_auth: whether tokens are kept for the next task, which the section ``cache`` says about all clouds.
    """

    path: Path | None
    cache_auth: bool
    sources: Mapping[Path, Mapping[str, Any]] = field(repr=False)  # clouds by name in each file, the upper one first

    @property
    def names(self) -> list[str]:
        return sorted({name for clouds in self.sources.values() for name in clouds})

    def cloud(self, name: str) -> Layer:
        """:raises CloudConfigError: if something in it is not what it should be."""
        layer: Layer = {}
        for path, clouds in self.sources.items():
            layer = merged(layer, read_layer(clouds.get(name), f"the cloud {name!r} of {path}"))
        return layer

    def __str__(self) -> str:
        """What it holds, for an error."""
        return f"{self.path} holds {', '.join(self.names) or 'no cloud'}" if self.path else "there is none"


def read_clouds(environ: Mapping[str, str]) -> CloudsFile:
    """Read the first ``clouds.yaml`` and the first ``secure.yaml`` that there are.

    :raises CloudConfigError: if one of them cannot be read or has another form.
    """
    secure, secure_path = _first_file("secure", environ, environ.get("OS_CLIENT_SECURE_FILE"))
    clouds, path = _first_file("clouds", environ, environ.get("OS_CLIENT_CONFIG_FILE"))
    sources = {}
    cache_auth: Any = False
    for data, where in ((secure, secure_path), (clouds, path)):
        if where:
            sources[where] = {str(name): cloud for name, cloud in _section(data, "clouds", where).items()}
            cache_auth = cache_auth or _section(data, "cache", where).get("auth", False)
    return CloudsFile(path, switch(cache_auth, f"'auth' in the section 'cache' of {path}"), sources)


def read_profile(name: str, environ: Mapping[str, str]) -> Layer:
    """Read a vendor profile of ``clouds-public.yaml``.

    :raises CloudConfigError: if there is none of this name.
    """
    data, path = _first_file("clouds-public", environ)
    profiles = _section(data, "public-clouds", path)
    if name not in profiles:
        where = f"{path} does not hold" if path else "no clouds-public.yaml holds"
        raise CloudConfigError(
            f"The cloud wants the vendor profile {name!r}, which {where}: write its auth_url into the cloud's own "
            "'auth', and leave 'profile' out."
        )
    return read_layer(profiles[name], f"the profile {name!r} of {path}")


def _section(data: Mapping[Any, Any], name: str, path: Path | None) -> Mapping[Any, Any]:
    section = data.get(name)
    if section is not None and not isinstance(section, Mapping):
        raise CloudConfigError(f"The section {name!r} of {path} is no mapping: give it names, each with a colon.")
    return section or {}


def _first_file(
    stem: str, environ: Mapping[str, str], explicit: str | None = None
) -> tuple[dict[Any, Any], Path | None]:
    """Return what the first file with this stem holds, and its path; nothing and None if there is no such file.

    :param explicit: the path that an environment variable names, which comes first.
    """
    for path in _places(stem, environ, explicit):
        if path.is_file():
            return _read(path), path
    return {}, None


def _read(path: Path) -> dict[Any, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        # A YAML error quotes the line that it cannot read, and that line may hold a password.
        raise CloudConfigError(f"{path} cannot be read ({type(error).__name__}): mend the file.") from None
    if data is not None and not isinstance(data, dict):
        raise CloudConfigError(f"{path} holds no mapping: it must begin with 'clouds:'.")
    return data or {}


def _places(stem: str, environ: Mapping[str, str], explicit: str | None) -> Iterator[Path]:
    if explicit:
        yield Path(explicit).expanduser()
    for folder in _folders(environ):
        for suffix in (".yaml", ".yml", ".json"):
            yield folder / (stem + suffix)


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders in which openstacksdk looks, in its order. The current one is where Ansible was started."""
    yield Path.cwd()
    homes = (environ.get("XDG_CONFIG_HOME"), Path.home() / ".config")
    systems = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    yield from (Path(folder) / "openstack" for folder in (*homes, *systems) if folder)
    yield Path("/etc/openstack")
