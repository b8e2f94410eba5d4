# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A Placement that does not know what Nova knows: an enabling of a moment ago, or a host of an aggregate."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator

MIRROR = "Placement's aggregate lacks it: run 'nova-manage placement sync_aggregates'"


# -- an enabling


@pytest.mark.parametrize("seconds", [2.0, 20.0, 120.0])
def test_servers_are_brought_back_when_placement_knows(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], seconds: float
) -> None:
    """Until then every move back is refused; on old releases that takes minutes."""
    operator.start("cmp01")
    cloud.placement_behind(seconds)
    result = operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")
    assert result["left"] == [] and len(cloud.moves.started) == 2 * len(guests)


def asked(cloud: FakeCloud) -> int:
    """How often Placement was asked whether it offers the host."""
    return len([request for request in cloud.asked("GET", "/resource_providers") if "uuid" in request.query])


def test_where_it_knows_at_once_one_request_tells(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    operator.stop("cmp01")
    assert asked(cloud) == 1


def test_where_nobody_is_away_it_is_not_asked(cloud: FakeCloud, operator: Operator) -> None:
    operator.start("cmp01")
    cloud.placement_behind(3600.0)
    operator.stop("cmp01")
    assert asked(cloud) == 0 and cloud.world.hosts["cmp01"].enabled


def test_when_it_never_learns_that_is_named_and_the_next_stop_goes_on(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.placement_behind(300.0)
    with pytest.raises(Interrupted, match="back in service in Nova, and Placement still has it disabled") as stopped:
        operator.stop("cmp01", timeout=60.0)
    assert stopped.value.facts["host"]["maintenance"]["phase"] == "return" and cloud.returning("cmp01")
    assert len(cloud.moves.started) == len(guests)
    cloud.clock.sleep(300.0)
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_a_disabling_that_it_does_not_know_draws_nothing_to_the_host(cloud: FakeCloud, operator: Operator) -> None:
    """A build that the scheduler still places there is waited for, and leaves."""
    cloud.placement_behind(60.0)
    cloud.boot("web", "cmp01")
    cloud.clock.after(2.0, lambda: cloud.build("late", "cmp01", claim_after=10.0))
    cloud.clock.after(1.0, lambda: cloud.build("early", "cmp01", claim_after=30.0))
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


# -- a mirror of an aggregate


def test_a_member_that_its_mirror_lacks_is_named(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    for host in ("cmp02", "cmp03"):
        cloud.unmirror(cloud.world.aggregates[1], host)
    with pytest.raises(Refused) as refused:
        operator.look_to_start("cmp01")
    assert f"cmp02, cmp03: {MIRROR}" in str(refused.value) and cloud.writes == []


def test_a_full_member_is_not_taken_for_one(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.boot("wide", "cmp02", vcpus=32)
    cloud.world.hosts["cmp02"].capacity["MEMORY_MB"] = 16 * 1024
    cloud.unmirror(cloud.world.aggregates[1], "cmp03")
    with pytest.raises(Refused) as refused:
        operator.look_to_start("cmp01")
    assert f"cmp03: {MIRROR}" in str(refused.value) and "cmp02: Placement offers no capacity there" in str(
        refused.value
    )


def test_where_another_takes_them_nothing_is_said(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.unmirror(cloud.world.aggregates[1], "cmp02")
    operator.start("cmp01")
    assert cloud.names_on("cmp03") == ["web"]


def test_the_mirror_of_the_host_itself_does_not_matter(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    cloud.unmirror(cloud.world.aggregates[1], "cmp01")
    operator.start("cmp01")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests)
