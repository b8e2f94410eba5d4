# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Keep the token of a task in a file of the user's own, for the next task with the same credentials.

keystoneauth1 decides what is in the file and when a token has expired. This module decides where the file lies and when
it can be trusted. Whatever is wrong with a file, the task authenticates as if there were none.
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

from .cloud_settings import CloudSettings

# Seconds that a token must still be valid for; one that ends sooner could expire while a request is on its way.
MARGIN = 120
# Rounds of hashing for the file's name, which depends on the credentials too: each guess at a password costs as many.
_HASHES = 10_000
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class TokenCache:
    """The file for the token of one cloud and one set of credentials.

    :param plugin: the authentication plugin that uses the token; plugins without one (``none``, ``http_basic``) have no
        file.
    """

    def __init__(self, settings: CloudSettings, plugin: Any) -> None:
        self._plugin = plugin
        self._path = folder() / f"{_key(settings)}.json" if plugin.get_cache_id() else None
        self._kept: Any = None
        if self._path:
            self._recall(self._path)

    def _recall(self, path: Path) -> None:
        """Give the plugin the token in the file, if the file can be trusted and the token is still valid."""
        try:
            self._plugin.set_auth_state(_read(path))
            if self._plugin.auth_ref and self._plugin.auth_ref.will_expire_soon(MARGIN):
                self._plugin.set_auth_state(None)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
            # No file, one that others may read, or one that holds no token.
            self._plugin.set_auth_state(None)
        self._kept = self._plugin.auth_ref

    def keep(self) -> None:
        """Write the plugin's token into the file if it is new; remove the file if the token was refused."""
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
    """Return the folder of the tokens: ``~/.cache/stackops.aggregates``, or below ``XDG_CACHE_HOME`` if that is set."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackops.aggregates"


def _key(settings: CloudSettings) -> str:
    """Return the name of the file: a hash of the credentials and of how the cloud's certificate is verified."""
    auth = sorted((str(name), value) for name, value in settings.auth.items())
    text = json.dumps([settings.auth_type, auth, settings.verify, settings.cert], sort_keys=True, default=str)
    return hashlib.pbkdf2_hmac("sha256", text.encode(), b"stackops.aggregates", _HASHES, 16).hex()


def _read(path: Path) -> str:
    """Read the file.

    :raises OSError: if there is none, or if others may read or write it or its folder.
    """
    _check(os.lstat(path.parent), _FOLDER_MODE)
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
        _check(os.fstat(file.fileno()), _FILE_MODE)
        return file.read()


def _write(path: Path, state: str) -> None:
    """Replace the file at once, so that nobody reads half of one.

    :raises OSError: if others may read or write the folder, or it cannot be written.
    """
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


def _check(status: os.stat_result, mode: int) -> None:
    """Refuse a file or folder that is another user's, of another kind, or more open than ``mode``."""
    kind = stat.S_IFDIR if mode == _FOLDER_MODE else stat.S_IFREG
    if status.st_uid != os.geteuid() or stat.S_IFMT(status.st_mode) != kind or stat.S_IMODE(status.st_mode) & ~mode:
        raise PermissionError("The cache of tokens is open to others.")
