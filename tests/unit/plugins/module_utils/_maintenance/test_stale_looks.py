# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What may not be undone follows a look of that very moment, however long the looks before it took."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Act
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator
from tests.unit.fake.wire import Reply, Request


def slow(cloud: FakeCloud, meanwhile: Callable[[], None], seconds: float = 5.0) -> Act:
    """A large cloud answers late, and somebody does something meanwhile."""

    def answer(_request: Request) -> Reply | None:
        meanwhile()
        cloud.clock.sleep(seconds)
        return None

    return answer


def seen(cloud: FakeCloud, guest: Guest, action: str) -> list[str]:
    """The states of a server whenever Nova is asked for this action."""
    states: list[str] = []

    def watch(request: Request) -> None:
        if request.method == "POST" and action in (request.body or {}):
            states.append(guest.vm_state)

    cloud.watchers.append(watch)
    return states


@pytest.mark.parametrize("path", ["/allocation_candidates", "/servers/detail", "/os-migrations", "/os-services"])
def test_a_server_that_is_started_meanwhile_never_moves_cold(cloud: FakeCloud, operator: Operator, path: str) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")
    work = operator.look_to_start("cmp01")
    cold = seen(cloud, guest, "migrate")
    cloud.faults.plant(slow(cloud, lambda: cloud.switch(guest, on=True)), path=path, method="GET")
    work.apply()
    assert cold == [] and guest.vm_state == "active" and guest.host != "cmp01"


@pytest.mark.parametrize("path", ["/allocation_candidates", "/servers/detail"])
def test_a_tag_that_is_gone_meanwhile_stops_and_moves_nobody_cold(
    cloud: FakeCloud, operator: Operator, path: str
) -> None:
    guest = cloud.boot("web", "cmp01", tags={"maintenance:cold"})
    work = operator.look_to_start("cmp01", granted_tags=("cold",))
    cold = seen(cloud, guest, "migrate")
    cloud.faults.plant(slow(cloud, guest.tags.clear), path=path, method="GET")
    work.apply()
    assert cold == [] and guest.host != "cmp01"


def test_on_the_way_home_it_never_moves_cold_either(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cold = seen(cloud, guest, "migrate")
    cloud.faults.plant(slow(cloud, lambda: cloud.switch(guest, on=True)), path="/os-server-groups", method="GET")
    work.apply()
    assert cold == [] and guest.host == "cmp01" and guest.vm_state == "active"


def test_a_look_of_yesterday_decides_nothing(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")
    work = operator.look_to_start("cmp01")
    cloud.clock.sleep(3600.0)
    guest.vm_state = "active"
    cold = seen(cloud, guest, "migrate")
    work.apply()
    assert cold == [] and guest.host != "cmp01"


def test_what_the_owner_started_meanwhile_is_not_started_once_more(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", tags={"maintenance:stop"})
    operator.start("cmp01", granted_tags=("stop",))
    work = operator.look_to_stop("cmp01")
    cloud.switch(guest, on=True)
    cloud.clock.sleep(5.0)
    starts = seen(cloud, guest, "os-start")
    work.apply()
    assert starts == [] and guest.vm_state == "active"
