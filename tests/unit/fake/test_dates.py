# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Clocks: answers without a Date, and a conductor that is behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.conformance.sites import Answer, Api
from tests.unit.fake.cloud import FakeCloud


def answer(cloud: FakeCloud, api: Api, service: str) -> Answer:
    if service == "identity":
        return Answer(cloud.session().get("http://identity.test/v3"))
    return api.nova("GET", "/os-services") if service == "compute" else api.placement("GET", "/traits")


SERVICES = ["compute", "placement", "identity"]


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_a_date_until_it_has_none(cloud: FakeCloud, api: Api, service: str) -> None:
    dated = answer(cloud, api, service).headers["Date"]
    assert parsedate_to_datetime(dated).replace(tzinfo=None) == cloud.clock.utc()
    cloud.without_date(service)
    assert [name for name in SERVICES if "Date" not in answer(cloud, api, name).headers] == [service]


def test_a_conductor_that_is_behind_dates_records_and_heartbeats(cloud: FakeCloud, api: Api) -> None:
    cloud.clock.conductor_behind = 30.0
    cloud.move(cloud.boot("web", "cmp01"), "cmp02")
    cloud.clock.sleep(60.0)
    (record,) = api.nova("GET", "/os-migrations").body["migrations"]
    assert datetime.fromisoformat(record["created_at"]) == cloud.clock.start - timedelta(seconds=30)
    service = api.nova("GET", "/os-services?host=cmp01").body["services"][0]
    lag = cloud.clock.utc() - datetime.fromisoformat(service["updated_at"])
    assert 30.0 <= lag.total_seconds() < 40.25
