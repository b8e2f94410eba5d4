# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Stopping a maintenance: the host goes back into service, and its servers are brought back by its owner."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import kill
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator


def test_the_trait_outlives_the_mark(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    """Enabling clears the mark, so the trait is there before, and it goes when all servers are back."""
    operator.start("cmp01")
    cloud.forget_requests()
    operator.stop("cmp01")
    writes = [(request.method, request.path.split("/")[-1]) for request in cloud.requests if request.writes]
    trait = writes[0][1]
    assert trait.startswith("CUSTOM_STACKOPS_RETURN_20261121T100000Z_") and "_BY_6D65_OF_" in trait
    assert writes[:2] == [("PUT", trait), ("PUT", cloud.world.hosts["cmp01"].service_id)]
    assert writes[-1] == ("DELETE", trait)


def test_what_nova_compute_writes_makes_no_return_forgotten(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """It writes all traits of its provider as it remembers them, while the stop is at work, which is killed then."""
    operator.start("cmp01")
    cloud.clock.after(5.0, lambda: cloud.faults.plant(kill))
    assert operator.dies_at(999, kill, False, "stop", "cmp01") and cloud.returning("cmp01")
    cloud.world.hosts["cmp01"].traits.clear()
    cloud.clock.sleep(60.0)
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_the_second_stop_writes_nothing(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    operator.stop("cmp01")
    cloud.forget_requests()
    assert not operator.look_to_stop("cmp01").changed
    assert cloud.writes == []


# -- the service


def test_a_foreign_host_stays_disabled(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    work = operator.look_to_stop("cmp01")
    assert not work.changed and "broken fan" in work.warnings[0]
    assert cloud.writes == []


def test_a_host_that_is_disabled_while_servers_are_brought_back_stays_disabled(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """The stop was killed, and before it goes on somebody else disables the host for their own reason."""
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    cloud.leave_return("cmp01", "20261121T100000Z", "20261121T100100Z")
    work = operator.look_to_stop("cmp01")
    assert not work.changed and "broken fan" in work.warnings[0]
    operator.stop("cmp01")
    assert (host.enabled, host.reason) == (False, "broken fan") and cloud.names_on("cmp01") == []

    host.enabled, host.reason = True, None
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_a_stop_waits_for_the_service(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    host.up = False
    cloud.clock.after(60.0, lambda: setattr(host, "up", True))
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests)


def test_a_service_that_stays_down_stays_out_of_service(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.world.hosts["cmp01"].up = False
    cloud.forget_requests()
    with pytest.raises(Interrupted, match="did not come up within 120 seconds") as stopped:
        operator.stop("cmp01", timeout=120.0)
    assert cloud.writes == [] and not cloud.world.hosts["cmp01"].enabled
    facts = stopped.value.facts["host"]
    assert (facts["status"], facts["state"], facts["maintenance"]["phase"]) == ("disabled", "down", "maintenance")


@pytest.mark.parametrize("reason", ["broken fan", None, "stackops:night-shift:20261121T110000Z:migrate"])
def test_a_host_that_is_disabled_while_its_service_is_waited_for_stays_disabled(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], reason: str | None
) -> None:
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    cloud.clock.after(0.1, lambda: setattr(host, "reason", reason))
    cloud.forget_requests()
    with pytest.raises(
        Interrupted, match="was (disabled by somebody else|taken over meanwhile by night-shift)"
    ) as stopped:
        operator.stop("cmp01")
    assert (host.enabled, host.reason) == (False, reason) and cloud.writes == []
    assert stopped.value.facts["host"]["disabled_reason"] == reason


def test_an_old_heartbeat_proves_nothing(cloud: FakeCloud, operator: Operator) -> None:
    """Nova calls a service up for a while after it died: only a heartbeat since the first observation counts."""
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    cloud.clock.on_tick(lambda: setattr(host, "beat", cloud.clock.start))
    with pytest.raises(Interrupted, match="last heartbeat 2026-11-21T10:00:00"):
        operator.stop("cmp01", timeout=60.0)
    assert not host.enabled


# -- ownership while servers are brought back


def test_a_host_whose_servers_another_owner_brings_back_is_refused(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    cloud.forget_requests()
    for observe in (operator.look_to_start, operator.look_to_stop):
        with pytest.raises(Refused, match="getting its servers back by me since 20261121T100000Z"):
            observe("cmp01", owner="night-shift")
    assert cloud.writes == []


def test_a_maintenance_may_start_again_while_servers_are_brought_back(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Its time stays that of the first start, so that servers that were still away are brought back in the end."""
    operator.start("cmp01")
    cloud.moves.behave("db", Behaviour(Outcome.ERROR, times=1))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=3.0, bring_back_required=True, max_concurrent=1)
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    assert host.reason == "stackops:me:20261121T100000Z:migrate" and not cloud.world.known_traits
    assert cloud.names_on("cmp01") == []
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_bringing_back_can_be_taken_over(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(seconds=200.0))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    operator.stop("cmp01", owner="night-shift", takeover=True)
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_bringing_back_can_be_given_up(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    operator.stop("cmp01", bring_back=False)
    assert cloud.returned("cmp01")
    assert not operator.look_to_stop("cmp01").changed
