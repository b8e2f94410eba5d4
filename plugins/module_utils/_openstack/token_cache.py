# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A token that outlives the task: kept in a file of the user's own, for the next one with the same credentials.

What is in the file, and when it is no longer good, is keystoneauth1's matter; this file decides where it lies and whom
it trusts. Whatever is wrong with a file, the task authenticates as if there were none: a cache is only ever a saving.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from .clouds_yaml import CloudSettings

# A token that ends within this many seconds is not begun with: no request shall meet it expired on its way.
MARGIN = 120
# The credentials are among what names the file. Guessing a password from that name costs as many hashes for each guess.
_HASHES = 10_000
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class TokenCache:
    """The file of one cloud and one set of credentials, beside the plugin of keystoneauth1 that uses the token.

    :param plugin: the authentication plugin; one that has no token to keep (``none``, ``http_basic``) is left alone.
    """

    def __init__(self, settings: CloudSettings, plugin: Any) -> None:
        self._plugin = plugin
        self._path = folder() / f"{_key(settings)}.json" if plugin.get_cache_id() else None
        self._kept: Any = None
        if self._path:
            self._recall(self._path)

    def _recall(self, path: Path) -> None:
        """Give the plugin the token in the file, if both are good."""
        try:
            self._plugin.set_auth_state(_read(path))
            if self._plugin.auth_ref and self._plugin.auth_ref.will_expire_soon(MARGIN):
                self._plugin.set_auth_state(None)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
            # No file, one that others may read, or one that holds no token.
            self._plugin.set_auth_state(None)
        self._kept = self._plugin.auth_ref

    def keep(self) -> None:
        """Store the token that the plugin has, if it is a new one; remove the file of one that was refused."""
        token = self._plugin.auth_ref if self._path else None
        if self._path is None or token is self._kept:
            return
        self._kept = token
        with contextlib.suppress(OSError):  # nowhere to write
            if token is None:
                self._path.unlink(missing_ok=True)
            else:
                _write(self._path, self._plugin.get_auth_state())


def folder() -> Path:
    """Where tokens are kept: ``~/.cache/stackops.aggregates``, below ``XDG_CACHE_HOME`` where that is set."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackops.aggregates"


def _key(settings: CloudSettings) -> str:
    """A name for all that authentication depends on, and for how far its answer could be trusted."""
    auth = sorted((str(name), value) for name, value in settings.auth.items())
    told = json.dumps([settings.auth_type, auth, settings.verify, settings.cert], sort_keys=True, default=str)
    return hashlib.pbkdf2_hmac("sha256", told.encode(), b"stackops.aggregates", _HASHES, 16).hex()


def _read(path: Path) -> str:
    """:raises OSError: there is none, or it or its folder is not this user's alone."""
    _check(os.lstat(path.parent), _FOLDER_MODE)
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
        _check(os.fstat(file.fileno()), _FILE_MODE)
        return file.read()


def _write(path: Path, state: str) -> None:
    """Replace the file at once, so that nobody reads half of one. :raises OSError: the folder is not our own."""
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(mode=_FOLDER_MODE)
    _check(os.lstat(path.parent), _FOLDER_MODE)
    handle, name = tempfile.mkstemp(dir=path.parent)  # with mode 0600
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(state)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _check(found: os.stat_result, mode: int) -> None:
    kind = stat.S_IFDIR if mode == _FOLDER_MODE else stat.S_IFREG
    if found.st_uid != os.geteuid() or stat.S_IFMT(found.st_mode) != kind or stat.S_IMODE(found.st_mode) & ~mode:
        raise PermissionError("The cache of tokens is open to others.")
