# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's answer to a change of the service gets lost: it is done all the same, unless others changed it since."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from fake.cloud import FakeCloud
from fake.faults import status
from fake.operator import Operator
from fake.wire import Reply, Request

SERVICES = "/os-services/"


def others_come_first(cloud: FakeCloud) -> None:
    """The next change is carried out and its answer lost, and then others disable the host."""

    def act(request: Request) -> Reply | None:
        cloud.world.hosts["cmp01"].enabled, cloud.world.hosts["cmp01"].reason = False, "broken fan"
        return status(504)(request)

    cloud.faults.plant(act, SERVICES, "PUT", after=True)


def test_a_start_leaves_the_disabling_of_others(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    others_come_first(cloud)
    with pytest.raises(Interrupted, match=r"Nothing was moved.*broken fan"):
        operator.start("cmp01")
    assert cloud.world.hosts["cmp01"].reason == "broken fan" and cloud.names_on("cmp01") == ["web"]


def test_a_stop_leaves_the_disabling_of_others(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01")
    others_come_first(cloud)
    with pytest.raises(Interrupted, match="broken fan"):
        operator.stop("cmp01")
    host = cloud.world.hosts["cmp01"]
    assert (host.enabled, host.reason) == (False, "broken fan") and cloud.returning("cmp01")
    host.enabled, host.reason = True, None
    operator.stop("cmp01")
    assert guest.host == "cmp01" and cloud.returned("cmp01")


@pytest.mark.parametrize("done", [True, False])
def test_what_was_lost_is_done(cloud: FakeCloud, operator: Operator, done: bool) -> None:
    """:param done: whether Nova had carried the request out."""
    guest = cloud.boot("web", "cmp01")
    cloud.faults.plant(status(504), SERVICES, "PUT", after=done)
    operator.start("cmp01")
    assert guest.host != "cmp01"
    cloud.faults.plant(status(504), SERVICES, "PUT", after=done)
    operator.stop("cmp01")
    assert guest.host == "cmp01" and cloud.returned("cmp01")


def test_a_refusal_is_told_at_once(cloud: FakeCloud, operator: Operator) -> None:
    cloud.faults.plant(status(403, {"forbidden": {"message": "No."}}), SERVICES, "PUT")
    with pytest.raises(Exception, match="403"):
        operator.start("cmp01")
    assert len(cloud.asked("PUT", SERVICES)) == 1
