# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which servers left a host for its maintenance, and which of them are to be brought back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.departed import (
    departed_servers,
    to_bring_back,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import Mark
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD, LIVE
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import Migration

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator

MARK = Mark("me", "20261121T100000Z", "migrate")
ENDED_MARK = replace(MARK, until="20261121T103000Z")


def record(
    number: int, key: str, status: str = "completed", kind: str = LIVE, source: str = "a", at: str = "10:30:00"
) -> Migration:
    return Migration(number, str(number), key, source, "b", status, kind, f"2026-11-21T{at}.123456")


def test_only_migrations_of_the_maintenance_make_a_departed_server() -> None:
    records = [
        record(11, "before", at="09:58:59"),
        record(2, "web", at="10:00:00"),
        record(3, "db", "confirmed", COLD),
        record(4, "resized", "confirmed", "resize"),
        record(5, "evacuated", "done", "evacuation"),
        record(6, "failed", "error"),
        record(7, "unconfirmed", "finished", COLD),
        record(8, "elsewhere", source="b"),
        record(9, "web"),
    ]
    assert departed_servers(records, "a", MARK) == ["web", "db"]


def test_departed_servers_that_are_not_back_are_to_be_brought_back() -> None:
    departed = ["moved-on", "back", "web", "visitor", "arriving"]
    assert to_bring_back(departed, {"back", "arriving"}, {"arriving"}, {"visitor"}) == ["moved-on", "web", "arriving"]


def test_a_server_that_moved_twice_departed_once() -> None:
    twice = [record(1, "web"), record(2, "web"), replace(record(3, "web"), source="b")]
    assert departed_servers(twice, "a", MARK) == ["web"]


def test_no_server_departs_once_the_host_is_back_in_service() -> None:
    records = [
        record(1, "away", at="10:30:00"),
        record(2, "back", at="10:20:00"),
        replace(record(3, "back", source="b", at="10:31:00"), destination="a"),
        record(4, "back", at="10:40:00"),  # its owner moved it
        record(5, "visitor", at="10:35:00"),
        replace(record(6, "away", "error", source="b", at="10:36:00"), destination="a"),
    ]
    assert departed_servers(records, "a", ENDED_MARK) == ["away"]
    assert departed_servers(records, "a", MARK) == ["visitor", "back", "away"]


def test_a_second_drain_of_one_maintenance() -> None:
    """Bringing servers back was killed, and the host was drained once more before it went on."""
    records = [
        record(1, "twice", at="10:10:00"),
        replace(record(2, "twice", source="b", at="10:15:00"), destination="a"),
        record(3, "twice", at="10:20:00"),
        record(4, "never back", at="10:11:00"),
    ]
    assert (
        sorted(departed_servers(records, "a", ENDED_MARK))
        == sorted(departed_servers(records, "a", MARK))
        == ["never back", "twice"]
    )


# -- in a maintenance


def test_a_server_that_its_owner_resized_away_is_not_brought_back(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Its owner resized it before the drain, which is no migration of the maintenance."""
    operator.start("cmp01", mode="disable")
    cloud.resize(guests["web"], "cmp02")
    operator.start("cmp01")
    operator.stop("cmp01")
    assert guests["web"].host == "cmp02" and cloud.names_on("cmp01") == ["db", "frozen"]


def test_a_server_that_left_before_the_maintenance_is_not_brought_back(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    cloud.move(guests["web"], "cmp02")
    cloud.clock.sleep(30.0)
    operator.start("cmp01")
    operator.stop("cmp01")
    assert guests["web"].host == "cmp02" and cloud.names_on("cmp01") == ["db", "frozen"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_controllers_clock_does_not_matter(hours: int) -> None:
    cloud = FakeCloud("cmp01", "cmp02", start=datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=hours))
    cloud.aggregate("nvme", "cmp01", "cmp02")
    guest = cloud.boot("web", "cmp01")
    operator = Operator(cloud)
    operator.start("cmp01")
    assert guest.host == "cmp02"
    operator.stop("cmp01")
    assert guest.host == "cmp01"


def test_a_server_that_was_parked_here_goes_back_to_its_own_host(cloud: FakeCloud, operator: Operator) -> None:
    """It was parked on cmp01 while cmp02 is in maintenance, and had to leave cmp01 as well."""
    guest = cloud.boot("of-cmp02", "cmp02")
    cloud.boot("big", "cmp03", vcpus=16)
    operator.start("cmp02")
    assert guest.host == "cmp01"
    cloud.world.hosts["cmp03"].capacity["VCPU"] = 32
    operator.start("cmp01", targets=("cmp03",))
    assert guest.host == "cmp03"
    operator.stop("cmp01")
    assert guest.host == "cmp03"
    operator.stop("cmp02")
    assert guest.host == "cmp02"


def revive(cloud: FakeCloud, host: str) -> None:
    """Leave what is remembered of that return, as one does that is killed when all servers are back."""
    cloud.leave_return(host, "20261121T100000Z", "20261121T100100Z")


def test_a_trait_that_a_killed_return_left_moves_no_server(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Since that maintenance its owner moved a departed server, and a server of another host came and left again."""
    operator.start("cmp01")
    operator.stop("cmp01")
    visitor = next(guest for guest in cloud.world.guests.values() if guest.name == "of-cmp02")
    cloud.clock.sleep(60.0)
    for moved, target in ((guests["web"], "cmp03"), (visitor, "cmp01"), (visitor, "cmp02")):
        cloud.moves.ask(moved, LIVE, target)
        cloud.clock.sleep(60.0)
    revive(cloud, "cmp01")
    operator.stop("cmp01")
    assert (guests["web"].host, visitor.host) == ("cmp03", "cmp02") and cloud.returned("cmp01")

    revive(cloud, "cmp01")
    operator.start("cmp01")
    assert not cloud.returning("cmp01") and "20261121T100000Z" not in (cloud.world.hosts["cmp01"].reason or "")
    revive(cloud, "cmp01")
    operator.stop("cmp01")
    assert (guests["web"].host, visitor.host) == ("cmp03", "cmp02") and cloud.returned("cmp01")
    assert cloud.names_on("cmp01") == ["db", "frozen"]


def test_a_trait_that_a_killed_return_left_keeps_no_other_owner_out(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Before the start of the next owner, while its mark stands, and when it has nothing to put back."""
    operator.start("cmp01")
    operator.stop("cmp01")
    cloud.clock.sleep(60.0)
    revive(cloud, "cmp01")
    operator.start("cmp01", owner="night-shift")
    assert cloud.names_on("cmp01") == [] and not cloud.returning("cmp01")
    revive(cloud, "cmp01")
    operator.stop("cmp01", owner="night-shift")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")
    revive(cloud, "cmp01")
    operator.stop("cmp01", owner="night-shift")
    assert cloud.returned("cmp01")
