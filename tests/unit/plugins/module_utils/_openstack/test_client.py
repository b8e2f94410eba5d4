# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Requests: pages, microversions, retries, and the errors when the cloud does not answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
import requests
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.fields import Fields

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Act, drop, garbage, refuse_connection, status
from tests.unit.fake.wire import Reply, Request


def get(client: Client, path: str = "/os-aggregates", microversion: str = "2.41") -> list[Fields]:
    answer = client.request("compute", "GET", path, doing="list", microversion=microversion)
    return answer.body.objects("aggregates")


def post(client: Client) -> None:
    body = {"aggregate": {"name": "x"}}
    client.request("compute", "POST", "/os-aggregates", doing="create", microversion="2.41", body=body)


# -- answers


def test_pages_are_followed_to_the_end(cloud: FakeCloud) -> None:
    cloud.nova.page = 3
    for number in range(10):
        cloud.boot(f"web{number}", "cmp01")
    cloud.boot("other", "cmp02")
    assert len(cloud.connect().nova.servers("cmp01")) == 10
    pages = cloud.asked("GET", "/servers/detail")
    assert len(pages) == 4 and all(request.query["host"] == "cmp01" for request in pages)


@pytest.mark.parametrize(
    ("service", "newest", "message"),
    [
        ("nova", (2, 40), r"needs microversion 2\.41 of the compute API, and this cloud offers at most 2\.40"),
        ("placement", (1, 20), r"microversion 1\.\d+ of the placement API, and this cloud offers at most 1\.20"),
    ],
)
def test_a_cloud_that_is_too_old(cloud: FakeCloud, service: str, newest: tuple[int, int], message: str) -> None:
    getattr(cloud, service).newest = newest
    connected = cloud.connect()
    with pytest.raises(CloudError, match=message) as refused:
        connected.nova.aggregates() if service == "nova" else connected.placement.capacities()
    assert refused.value.status == 406


@pytest.mark.parametrize(
    ("service", "advice"),
    [("identity", "check auth_url http://identity"), ("compute", "check the service's endpoint in the catalog")],
)
def test_where_nobody_listens_the_address_is_named_with_where_it_comes_from(
    cloud: FakeCloud, service: str, advice: str
) -> None:
    cloud.faults.during(0.0, 60.0, refuse_connection, service)
    with pytest.raises(CloudError, match=f"no answer .*refused.*: {advice}"):
        post(cloud.client())


def test_every_error_names_the_request(cloud: FakeCloud) -> None:
    with pytest.raises(CloudError, match=r"Aggregate 77 could not be found \(request req-compute-1\)\.$") as refused:
        get(cloud.client(), "/os-aggregates/77")
    assert (refused.value.status, refused.value.request_id) == (404, "req-compute-1")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"conflictingRequest": {"code": 409, "message": "Busy\n  now."}}, "409: Busy now"),
        ({"error": {"code": 409, "message": "Busy."}}, "409: Busy"),
        ({"errors": [{"status": 409, "title": "Conflict", "detail": "Busy.\n\n It is  "}]}, "409: Busy. It is"),
        ({"message": "flat", "code": "409", "title": "Conflict"}, "409: "),
        ("<html>Bad gateway</html>", "409: "),
        (None, "409: "),
        (["list"], "409: "),
    ],
)
def test_errors_of_every_shape(cloud: FakeCloud, body: object, message: str) -> None:
    cloud.faults.plant(status(409, body), path="os-aggregates")
    with pytest.raises(CloudError) as refused:
        get(cloud.client())
    text = str(refused.value)
    assert message in text and "html" not in text and "\n" not in text and text.endswith(".")


def test_a_refusal_names_the_policy_that_is_lacking(cloud: FakeCloud) -> None:
    lacking = "These credentials lack the policy os_compute_api:os-aggregates:index: give it to one of their roles"
    with pytest.raises(CloudError, match=lacking) as refused:
        get(cloud.client({"auth": cloud.auth("demo")}))
    assert refused.value.status == 403


def test_a_refusal_that_names_no_policy_names_the_call(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(403, {"forbidden": {"message": "Not here."}}), path="os-aggregates")
    with pytest.raises(
        CloudError, match=r"Not here\. These credentials have no right to GET /os-aggregates of the compute"
    ):
        get(cloud.client())


def test_a_token_of_the_system_needs_a_project_and_no_role(cloud: FakeCloud) -> None:
    auth = {key: value for key, value in cloud.auth().items() if not key.startswith("project_")}
    with pytest.raises(CloudError, match="of the system, and this needs those of a project") as refused:
        get(cloud.client({"auth": {**auth, "system_scope": "all"}}))
    assert refused.value.status == 403 and "role admin" not in str(refused.value)


@pytest.mark.parametrize("invalidated", [False, True])
def test_a_call_that_access_rules_lack_is_named(cloud: FakeCloud, invalidated: bool) -> None:
    """The service answers 401 then, as for a wrong token, and other threads throw the token away that had the same."""
    credentials = {"application_credential_id": "app-look", "application_credential_secret": "apps-secret"}
    auth = {"auth_url": cloud.auth()["auth_url"], **credentials}
    client = cloud.client({"auth_type": "v3applicationcredential", "auth": auth})
    get(client)
    if invalidated:
        cloud.watchers.append(lambda request: client._auth.invalidate() if request.service == "compute" else None)
    with pytest.raises(CloudError, match="credential lack PUT /os-services/1 of the compute API, or the") as refused:
        client.request("compute", "PUT", "/os-services/1", doing="disable it", microversion="2.73")
    assert refused.value.status == 401


def test_a_page_of_a_proxy_is_no_success(cloud: FakeCloud) -> None:
    cloud.faults.plant(garbage, path="os-aggregates")
    with pytest.raises(CloudError, match=r"compute\.test answered 200 with something that is not OpenStack's JSON"):
        get(cloud.client())


# -- retries

BREAKS: list[Act] = [drop, status(429), status(500), status(502), status(503), status(504)]


@pytest.mark.parametrize("fault", BREAKS)
@pytest.mark.parametrize("times", [1, 4])
def test_a_request_that_reads_is_sent_again(cloud: FakeCloud, no_pauses: list[float], fault: Act, times: int) -> None:
    cloud.faults.plant(fault, path="os-aggregates", times=times)
    assert get(cloud.client())
    assert len(cloud.asked("GET")) == times + 1 and no_pauses == [0.5, 1.0, 2.0, 4.0][:times]


@pytest.mark.parametrize("fault", BREAKS)
def test_retries_end(cloud: FakeCloud, no_pauses: list[float], fault: Act) -> None:
    cloud.faults.plant(fault, path="os-aggregates", times=100)
    with pytest.raises(CloudError, match="Could not list"):
        get(cloud.client())
    assert len(cloud.asked("GET")) == 5


@pytest.mark.parametrize("fault", BREAKS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_action_is_never_sent_again(cloud: FakeCloud, no_pauses: list[float], fault: Act, after: bool) -> None:
    client = cloud.client()
    cloud.faults.plant(fault, path="os-aggregates", after=after)
    with pytest.raises(CloudError, match="Could not create"):
        post(client)
    assert len(cloud.asked("POST")) == 1 and no_pauses == []


@pytest.mark.parametrize("fault", BREAKS)
def test_a_write_that_is_the_same_when_done_twice_is_sent_again(
    cloud: FakeCloud, no_pauses: list[float], fault: Act
) -> None:
    cloud.faults.plant(fault, method="PUT", after=True)
    aggregate = cloud.aggregate("nvme")
    cloud.connect().nova.update_aggregate(aggregate.id, {"name": "ssd"})
    assert len(cloud.asked("PUT")) == 2 and aggregate.name == "ssd"


@pytest.mark.parametrize("fault", BREAKS)
def test_the_status_of_a_service_is_not_sent_again(cloud: FakeCloud, no_pauses: list[float], fault: Act) -> None:
    """Somebody else may have changed it meanwhile."""
    cloud.faults.plant(fault, method="PUT", after=True)
    nova = cloud.connect().nova
    service = nova.services()[0]
    with pytest.raises(CloudError, match="Could not disable"):
        nova.disable_service(service, "why")
    assert len(cloud.asked("PUT")) == 1 and no_pauses == []


@pytest.mark.parametrize("code", [400, 403, 404, 409])
def test_a_refused_request_is_not_sent_again(cloud: FakeCloud, no_pauses: list[float], code: int) -> None:
    cloud.faults.plant(status(code), path="os-aggregates", times=100)
    with pytest.raises(CloudError):
        get(cloud.client())
    assert len(cloud.asked(path="os-aggregates")) == 1


def test_the_error_of_a_broken_connection_is_one_sentence(cloud: FakeCloud, no_pauses: list[float]) -> None:
    cloud.faults.plant(drop, path="os-aggregates", times=100)
    with pytest.raises(CloudError) as broken:
        get(cloud.client())
    text = str(broken.value)
    assert broken.value.status is None and text.endswith(".") and "\n" not in text
    assert broken.value.__suppress_context__  # no chain of library tracebacks


# -- time


def test_every_request_has_a_timeout(cloud: FakeCloud) -> None:
    get(cloud.client({"auth": cloud.auth(), "api_timeout": 7}))
    (token, listing) = cloud.requests
    assert token.timeout == listing.timeout == (10.0, 7.0)


def test_a_timeout_counts_as_a_broken_connection(cloud: FakeCloud, no_pauses: list[float]) -> None:
    def too_late(_request: Request) -> Reply:
        raise requests.exceptions.ReadTimeout("Read timed out.")

    cloud.faults.plant(too_late, path="os-aggregates", times=100)
    with pytest.raises(CloudError, match="Could not create"):
        post(cloud.client())
    assert len(cloud.asked("POST")) == 1


@pytest.fixture
def half_dead() -> Iterator[str]:
    """A machine that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v3"


def test_a_half_dead_connection_ends_with_the_timeout(half_dead: str, no_pauses: list[float]) -> None:
    auth = {"auth_url": half_dead, "user_id": "ops", "password": "hunter2", "project_id": "ops"}
    client = Client(resolve({"auth": auth, "api_timeout": 0.1}, {}))
    with pytest.raises(CloudError, match=half_dead) as dead:
        get(client)
    assert no_pauses == [0.5, 1.0, 2.0, 4.0] and "hunter2" not in str(dead.value)


def test_an_address_where_nothing_listens(no_pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        free = f"http://127.0.0.1:{listening.getsockname()[1]}/v3"
    auth = {"auth_url": free, "user_id": "ops", "password": "hunter2", "project_id": "ops"}
    with pytest.raises(CloudError, match="Connection refused"):
        get(Client(resolve({"auth": auth}, {})))


# -- secrets

UNSCOPED = {"token": {"methods": ["password"], "expires_at": "2999-01-01T00:00:00.000000Z", "user": {"id": "u"}}}
TROUBLES: dict[str, Callable[[FakeCloud], object]] = {
    "refused": lambda cloud: cloud.faults.plant(status(401, {"error": {"message": "No."}}), path="auth", times=9),
    "dropped": lambda cloud: cloud.faults.plant(drop, path="auth", times=9),
    "garbage": lambda cloud: cloud.faults.plant(garbage, path="auth", times=9),
    "no catalog": lambda cloud: cloud.faults.plant(status(201, UNSCOPED, X_Subject_Token="t"), path="auth"),
    "nova": lambda cloud: cloud.faults.plant(drop, path="os-aggregates", times=9),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_no_error_shows_a_secret(
    cloud: FakeCloud, no_pauses: list[float], trouble: Callable[[FakeCloud], object]
) -> None:
    trouble(cloud)
    client = cloud.client()
    with pytest.raises(CloudError) as failed:
        get(client)
    for text in (str(failed.value), repr(failed.value), repr(client), repr(vars(client)["_settings"])):
        assert "admins-secret" not in text


def test_an_answer_that_lacks_a_key_is_an_error_and_no_traceback() -> None:
    cloud = FakeCloud()
    cloud.faults.plant(status(200, {"welcome": "to the proxy"}), path="os-aggregates")
    with pytest.raises(
        CloudError,
        match="Could not list the aggregates: in the answer of compute to GET /os-aggregates, aggregates is missing: ",
    ):
        cloud.connect().nova.aggregates()
