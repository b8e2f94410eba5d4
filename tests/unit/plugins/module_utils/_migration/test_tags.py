# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which tag of a server counts, and what operators are warned of."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tags import (
    SERVER_TAGS,
    granted_tag,
    tag_warnings,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server

LEAVE_TAG, COLD_TAG, STOP_TAG = (f"maintenance:{tag}" for tag in SERVER_TAGS)


def server(vm_state: str, *tags: str) -> Server:
    return Server("s", "web", "cmp01", vm_state.upper(), vm_state, None, tags=frozenset(tags))


@pytest.mark.parametrize(
    ("vm_state", "tags", "granted_tags", "tag"),
    [
        ("active", [LEAVE_TAG], [], None),
        ("active", [LEAVE_TAG], ["leave"], "leave"),
        ("active", [LEAVE_TAG], ["cold", "stop"], None),
        ("active", [LEAVE_TAG, COLD_TAG], ["leave", "cold"], None),  # the tags contradict
        ("active", [LEAVE_TAG, COLD_TAG], ["cold"], "cold"),
        ("active", ["maintenance:fly", "leave"], SERVER_TAGS, None),
        ("suspended", [LEAVE_TAG], SERVER_TAGS, "leave"),
        ("paused", [COLD_TAG], SERVER_TAGS, None),  # Nova moves no paused server cold
        ("stopped", [COLD_TAG], SERVER_TAGS, None),  # it moves so anyway
        ("stopped", [STOP_TAG], SERVER_TAGS, "stop"),
        ("paused", [STOP_TAG], SERVER_TAGS, None),  # Nova shuts no paused server down
        ("suspended", [STOP_TAG], SERVER_TAGS, None),
    ],
)
def test_the_tag_that_counts(vm_state: str, tags: list[str], granted_tags: list[str], tag: str | None) -> None:
    assert granted_tag(server(vm_state, *tags), granted_tags) == tag


def test_contradicting_tags_are_warned_of() -> None:
    (line,) = tag_warnings([server("active", LEAVE_TAG, STOP_TAG)], SERVER_TAGS)
    assert "maintenance:leave, maintenance:stop" in line and "'web' (s) contradict: none counts" in line


def test_the_warning_of_a_server_that_is_shut_off_already_does_not_say_that_it_is_started() -> None:
    (line,) = tag_warnings([server("stopped", STOP_TAG)], SERVER_TAGS)
    assert "stays on its host, shut off" in line


def test_no_warning_is_given_of_a_tag_that_does_not_count() -> None:
    servers = [server("active"), server("paused", STOP_TAG), server("active", LEAVE_TAG)]
    assert tag_warnings(servers, ["cold", "stop"]) == []
