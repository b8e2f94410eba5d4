# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""An API that is away for a while: no connection, a load balancer answers, too many requests, or no answer at all."""

from __future__ import annotations

import pytest
import requests
from fake.cloud import FakeCloud
from fake.faults import hang, refuse_connection, throttle, unavailable
from sites import Api


def test_connections_are_refused_for_half_a_minute(cloud: FakeCloud, api: Api) -> None:
    cloud.faults.during(5.0, 30.0, refuse_connection)
    assert api.nova("GET", "/os-services").status == 200
    for now in (5.0, 34.75):
        cloud.clock.sleep(now - cloud.clock.now())
        with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
            api.placement("GET", "/traits")
        with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
            cloud.session().get("http://identity.test/v3")
    cloud.clock.sleep(0.25)
    assert api.placement("GET", "/traits").status == 200


def test_one_service_alone_is_throttled(cloud: FakeCloud, api: Api) -> None:
    cloud.faults.during(0.0, 10.0, throttle(2), "compute")
    refused = api.nova("POST", "/servers/x/action", {"os-stop": None})
    assert (refused.status, refused.headers["Retry-After"], refused.kind) == (429, "2", "overLimit")
    assert api.placement("GET", "/traits").status == 200


def test_a_load_balancer_answers_with_a_page(cloud: FakeCloud) -> None:
    cloud.faults.during(0.0, 10.0, unavailable)
    answer = cloud.session().get("http://compute.test/v2.1/os-services")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")
    assert "Date" not in answer.headers and answer.text.startswith("<html>")


def test_a_service_that_hangs_takes_the_time_that_the_caller_gives_it(cloud: FakeCloud) -> None:
    cloud.faults.during(0.0, 100.0, hang(cloud.clock), "compute")
    with pytest.raises(requests.exceptions.ReadTimeout):
        cloud.session().get("http://compute.test/v2.1/os-services", timeout=(3, 20))
    assert cloud.clock.now() == 20.0
