# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which owner keeps a host."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import Mark
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.ownership import (
    Keeper,
    Ownership,
    mark_for_start,
    mark_for_stop,
    ownership_of,
    refuse_other_keepers,
    unusable_hosts,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.service import Service

OLD, NOW = "20261120T080000Z", "20261121T101500Z"
OUR_MARK = Mark("me", OLD, "migrate", "kernel")
OTHER_MARK = Mark("night-shift", OLD, "migrate")


def service(reason: str | None = None, enabled: bool = False) -> Service:
    return Service("id", "nova-compute", "cmp01", "nova", enabled, True, reason, None)


IN_SERVICE = ownership_of(service(enabled=True), None)
OURS = ownership_of(service(OUR_MARK.text), None)
OTHER_OWNER = ownership_of(service(OTHER_MARK.text), None)
RETURNING = ownership_of(service(enabled=True), Mark("me", OLD, "migrate", until=OLD))
RETURNING_FOR_OTHER_OWNER = ownership_of(service(enabled=True), OTHER_MARK)
OURS_AFTER_OTHER_OWNER = ownership_of(service(OUR_MARK.text), OTHER_MARK)  # Nova brought the trait of the other back
OTHER_OWNER_AFTER_OURS = ownership_of(service(OTHER_MARK.text), OUR_MARK)
FOREIGN = ownership_of(service("broken fan"), None)
FOREIGN_WHILE_RETURNING = ownership_of(service("broken fan"), Mark("me", OLD, "migrate"))


@pytest.mark.parametrize("ownership", [IN_SERVICE, OURS, OURS_AFTER_OTHER_OWNER, RETURNING, FOREIGN])
def test_a_host_without_another_owner_is_not_refused(ownership: Ownership) -> None:
    refuse_other_keepers(ownership, Keeper("me"))


@pytest.mark.parametrize(
    ("ownership", "says"),
    [
        (OTHER_OWNER, "in maintenance"),
        (OTHER_OWNER_AFTER_OURS, "in maintenance"),
        (RETURNING_FOR_OTHER_OWNER, "getting its servers back"),
    ],
)
def test_a_host_of_another_owner_is_refused(ownership: Ownership, says: str) -> None:
    with pytest.raises(Refused, match=f"{says} by night-shift since {OLD}"):
        refuse_other_keepers(ownership, Keeper("me"))
    refuse_other_keepers(ownership, Keeper("me", takeover=True))


ROLL = "20261120T080000Z-0a1b2c3d"
OF_A_ROLL = ownership_of(service(Mark("me", OLD, "migrate", "kernel", roll=ROLL).text), None)
RETURNING_FOR_A_ROLL = ownership_of(service(enabled=True), Mark("me", OLD, "migrate", roll=ROLL))


@pytest.mark.parametrize("ownership", [OF_A_ROLL, RETURNING_FOR_A_ROLL])
def test_what_a_roll_keeps_is_refused_to_all_but_itself(ownership: Ownership) -> None:
    refuse_other_keepers(ownership, Keeper("me", ROLL))
    refuse_other_keepers(ownership, Keeper("me", None))
    for other in ("", ROLL.replace("0a", "0b")):
        with pytest.raises(Refused, match=f"by the roll {ROLL} of me since {OLD}"):
            refuse_other_keepers(ownership, Keeper("me", other))
        refuse_other_keepers(ownership, Keeper("me", other, takeover=True))


@pytest.mark.parametrize("ownership", [OURS, RETURNING])
def test_what_a_person_began_is_refused_to_a_roll(ownership: Ownership) -> None:
    with pytest.raises(Refused, match=f"by me by hand since {OLD}"):
        refuse_other_keepers(ownership, Keeper("me", ROLL))


def test_whoever_takes_a_host_over_makes_its_mark_his_own() -> None:
    began = mark_for_start(OURS, Mark("me", NOW, "migrate", "bios", roll=ROLL), "refuse")
    assert began == Mark("me", OLD, "migrate", "bios", roll=ROLL)
    assert mark_for_stop(OF_A_ROLL, Keeper("me", "")) == Mark("me", OLD, "migrate", "kernel")


@pytest.mark.parametrize(
    ("ownership", "mark"),
    [
        (IN_SERVICE, Mark("me", NOW, "migrate", "bios")),
        (OURS, Mark("me", OLD, "migrate", "bios")),
        (OTHER_OWNER, Mark("me", OLD, "migrate", "bios")),
        (RETURNING, Mark("me", OLD, "migrate", "bios")),
        (FOREIGN, None),
        (FOREIGN_WHILE_RETURNING, None),
    ],
)
def test_the_mark_of_a_start(ownership: Ownership, mark: Mark | None) -> None:
    assert mark_for_start(ownership, Mark("me", NOW, "migrate", "bios"), "drain") == mark


@pytest.mark.parametrize("ownership", [FOREIGN, FOREIGN_WHILE_RETURNING])
def test_a_foreign_host_is_refused(ownership: Ownership) -> None:
    with pytest.raises(Refused, match="broken fan"):
        mark_for_start(ownership, Mark("me", NOW, "migrate"), "refuse")


@pytest.mark.parametrize(
    ("ownership", "since"),
    [
        (IN_SERVICE, None),
        (OURS, OLD),
        (OTHER_OWNER, OLD),
        (RETURNING, OLD),
        (FOREIGN, None),
        (FOREIGN_WHILE_RETURNING, None),
    ],
)
def test_the_mark_of_a_stop(ownership: Ownership, since: str | None) -> None:
    mark = mark_for_stop(ownership, Keeper("me"))
    assert (mark.since if mark else None) == since
    assert mark is None or mark.owner == "me"


def test_a_mark_on_an_enabled_service_does_not_count() -> None:
    """Nova clears it, but an old Nova, or somebody who changes the database, may not."""
    assert ownership_of(service(OUR_MARK.text, enabled=True), None).mark is None


def test_hosts_that_take_no_servers() -> None:
    services = [
        Service("id", "nova-compute", "a", "nova", True, True, None, None),
        Service("id", "nova-compute", "b", "nova", False, True, "broken fan", None),
        Service("id", "nova-compute", "c", "nova", False, True, OUR_MARK.text, None),
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
