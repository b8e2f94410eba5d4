# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding who keeps a host."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import Mark
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.ownership import (
    Ownership,
    mark_for_start,
    mark_for_stop,
    ownership_of,
    refuse_other_owners,
    unusable_hosts,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Service

OLD, NOW = "20261120T080000Z", "20261121T101500Z"
MINE = Mark("me", OLD, "migrate", "kernel")
THEIRS = Mark("night-shift", OLD, "migrate")


def service(reason: str | None = None, enabled: bool = False) -> Service:
    return Service("id", "nova-compute", "cmp01", "nova", enabled, True, reason, None)


IN_SERVICE = ownership_of(service(enabled=True), None)
KEPT = ownership_of(service(MINE.text), None)
KEPT_BY_OTHERS = ownership_of(service(THEIRS.text), None)
RETURNING = ownership_of(service(enabled=True), Mark("me", OLD, "migrate", until=OLD))
RETURNING_TO_OTHERS = ownership_of(service(enabled=True), THEIRS)
KEPT_AFTER_OTHERS = ownership_of(service(MINE.text), THEIRS)  # Nova brought their trait back
KEPT_BY_OTHERS_AFTER = ownership_of(service(THEIRS.text), MINE)
FOREIGN = ownership_of(service("broken fan"), None)
FOREIGN_IN_RETURN = ownership_of(service("broken fan"), Mark("me", OLD, "migrate"))


@pytest.mark.parametrize("found", [IN_SERVICE, KEPT, KEPT_AFTER_OTHERS, RETURNING, FOREIGN])
def test_nobody_else_keeps_it(found: Ownership) -> None:
    refuse_other_owners(found, "me", takeover=False)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (KEPT_BY_OTHERS, "in maintenance"),
        (KEPT_BY_OTHERS_AFTER, "in maintenance"),
        (RETURNING_TO_OTHERS, "getting its servers back"),
    ],
)
def test_somebody_else_keeps_it(found: Ownership, says: str) -> None:
    with pytest.raises(Refused, match=f"{says} by night-shift since {OLD}"):
        refuse_other_owners(found, "me", takeover=False)
    refuse_other_owners(found, "me", takeover=True)


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        (IN_SERVICE, Mark("me", NOW, "migrate", "bios")),
        (KEPT, Mark("me", OLD, "migrate", "bios")),
        (KEPT_BY_OTHERS, Mark("me", OLD, "migrate", "bios")),
        (RETURNING, Mark("me", OLD, "migrate", "bios")),
        (FOREIGN, None),
        (FOREIGN_IN_RETURN, None),
    ],
)
def test_the_mark_of_a_start(found: Ownership, mark: Mark | None) -> None:
    assert mark_for_start(found, Mark("me", NOW, "migrate", "bios"), "drain") == mark


@pytest.mark.parametrize("found", [FOREIGN, FOREIGN_IN_RETURN])
def test_a_foreign_disabling_is_refused(found: Ownership) -> None:
    with pytest.raises(Refused, match="broken fan"):
        mark_for_start(found, Mark("me", NOW, "migrate"), "refuse")


@pytest.mark.parametrize(
    ("found", "since"),
    [
        (IN_SERVICE, None),
        (KEPT, OLD),
        (KEPT_BY_OTHERS, OLD),
        (RETURNING, OLD),
        (FOREIGN, None),
        (FOREIGN_IN_RETURN, None),
    ],
)
def test_the_mark_of_a_stop(found: Ownership, since: str | None) -> None:
    mark = mark_for_stop(found, "me")
    assert (mark.since if mark else None) == since
    assert mark is None or mark.owner == "me"


def test_a_mark_on_an_enabled_service_says_nothing() -> None:
    """Nova clears it, but an old Nova or a hand in the database may not."""
    assert ownership_of(service(MINE.text, enabled=True), None).mark is None


def test_hosts_that_take_no_servers() -> None:
    services = [
        Service("id", "nova-compute", "a", "nova", True, True, None, None),
        Service("id", "nova-compute", "b", "nova", False, True, "broken fan", None),
        Service("id", "nova-compute", "c", "nova", False, True, MINE.text, None),
        Service("id", "nova-compute", "d", "nova", True, False, None, None),
        Service("id", "nova-compute", "e", "nova", True, True, None, None),
    ]
    assert unusable_hosts("abcdef", services, returning={"e"}) == {
        "b": "it is disabled",
        "c": "it is in maintenance",
        "d": "its compute service is down",
        "e": "its own servers are still being brought back",
        "f": "it has no compute service",
    }
