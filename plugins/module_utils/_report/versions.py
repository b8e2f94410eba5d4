# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The part of a report on versions: what hosts ran before, and what they run now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._roll.host_progress import HostProgress
from .._roll.roll import Roll, Versions
from .._text import grouped

# What a host has a version of: its hypervisor, and whatever its own tasks told.
KINDS = ("hypervisor", "version")
_UNKNOWN = Versions(None, None)


def host_versions(roll: Roll, host: str, hypervisors: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return the versions of a host before and after, None where one is not known.

    :param hypervisors: the version of the hypervisor of each host now.
    """
    before = roll.before.get(host, _UNKNOWN)
    told = roll.progress.get(host, HostProgress(host)).version
    return {
        "hypervisor": {"before": before.hypervisor, "after": hypervisors.get(host) or None},
        "version": {"before": before.told, "after": told},
    }


def changed_kinds(hosts: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the kinds of which the version changed on some host that is done."""
    done = [host for host in hosts if host["outcome"] == "done"]
    return {kind for kind in KINDS if any(_is_changed(host[kind]) for host in done)}


def changes_of_versions(hosts: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return a sentence for all hosts that are done and changed alike; and for the others, where some changed."""
    done = [host for host in hosts if host["outcome"] == "done"]
    changed, not_changed = [], []
    for kind in sorted(changed_kinds(done)):
        new = [host for host in done if _is_changed(host[kind])]
        changed += grouped((host["host"], f"{kind} {host[kind]['before']}, now {host[kind]['after']}") for host in new)
        not_changed += grouped((host["host"], _as_before(kind, host[kind])) for host in done if host not in new)
    return {"changed": changed, "not_changed": not_changed}


def _is_changed(versions: Mapping[str, Any]) -> bool:
    return bool(versions["before"] and versions["after"] and versions["before"] != versions["after"])


def _as_before(kind: str, versions: Mapping[str, Any]) -> str:
    known = versions["before"] and versions["after"]
    return f"{kind} {versions['after']} as before" if known else f"{kind} not known before and after"
