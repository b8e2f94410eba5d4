# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What differs between the releases inside of the services: up to Nova 32 these run on eventlet, then in threads."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Any

THREADED_SINCE = 33


def patch_nova() -> None:
    """Let Nova change Python as it does before all else; up to Nova 31 the import does it."""
    green = int(metadata.version("nova").partition(".")[0]) < THREADED_SINCE
    if green:
        os.environ.pop("OS_NOVA_DISABLE_EVENTLET_PATCHING")
    import nova.monkey_patch

    if hasattr(nova.monkey_patch, "patch"):
        nova.monkey_patch.patch(**({} if green else {"backend": "threading"}))


def native(module: str) -> Any:
    """A module of the standard library without eventlet's changes, which wait in the hub of one process."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher.original(module) if patcher else importlib.import_module(module)


def after_fork() -> None:
    """Give this process a hub of its own: a descriptor of epoll is not to be shared with the parent."""
    if hubs := sys.modules.get("eventlet.hubs"):
        hubs.use_hub()


def register_service_opts(conf: Any) -> None:
    try:
        from oslo_service import opts
    except ImportError:  # up to 2025.1
        from oslo_service import _options

        conf.register_opts(_options.service_opts)
    else:
        opts.register_service_opts(conf)


def call_known(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call with as many of the arguments, and those of the options, that the release's function takes."""
    known = inspect.signature(inspect.unwrap(function)).parameters
    return function(*arguments[: len(known)], **{name: value for name, value in options.items() if name in known})
