# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How requests go out and answers come in: patience with Keystone, credentials for nobody else, bounds of answers."""

from __future__ import annotations

import gzip
import inspect
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack import session
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from keystoneauth1 import session as keystone_session
from requests.adapters import BaseAdapter

from tests.unit.fake.cloud import URLS, FakeCloud
from tests.unit.fake.faults import Act, drop, status
from tests.unit.fake.raw_server import Write, answering
from tests.unit.fake.wire import Reply, response

HONOURED = "Retry-After" in inspect.getsource(keystone_session)


def aggregates(client: Client, **how: Any) -> list[str]:
    answer = client.request("compute", "GET", "/os-aggregates", doing="list", microversion="2.41", **how)
    return [raw.text("name") for raw in answer.body.objects("aggregates")]


# -- Keystone is asked as patiently as Nova

BREAKS: list[Act] = [drop, *map(status, session.RETRIED_STATUSES)]


@pytest.mark.parametrize("fault", BREAKS)
@pytest.mark.parametrize("times", [1, 4])
def test_a_token_is_asked_for_again(cloud: FakeCloud, no_pauses: list[float], fault: Act, times: int) -> None:
    cloud.faults.plant(fault, path="auth/tokens", times=times)
    assert aggregates(cloud.client()) == ["nvme"]
    assert no_pauses == [0.5, 1.0, 2.0, 4.0][:times]


@pytest.mark.parametrize("fault", BREAKS)
def test_asking_for_a_token_ends(cloud: FakeCloud, no_pauses: list[float], fault: Act) -> None:
    cloud.faults.plant(fault, path="auth/tokens", times=100)
    with pytest.raises(CloudError, match="Could not list") as failed:
        aggregates(cloud.client())
    assert len(cloud.requests) == 5 and failed.value.passing


@pytest.mark.parametrize("fault", BREAKS)
def test_the_versions_of_keystone_are_asked_for_again(cloud: FakeCloud, no_pauses: list[float], fault: Act) -> None:
    cloud.faults.during(0, 1e9, lambda request: fault(request) if tries.pop() else None, "identity")
    tries = [False] * 9 + [True] * 4
    auth = {**cloud.auth(), "auth_url": URLS["identity"]}
    assert aggregates(cloud.client({"auth": auth})) == ["nvme"]
    assert no_pauses == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_refused_token_is_not_asked_for_again(cloud: FakeCloud, no_pauses: list[float], code: int) -> None:
    """Keystone locks a user out after some wrong passwords."""
    cloud.faults.plant(status(code), path="auth/tokens", times=100)
    with pytest.raises(CloudError, match="Could not list"):
        aggregates(cloud.client())
    assert len(cloud.requests) == 1


@pytest.mark.parametrize(
    ("asked", "paused"),
    [("7", [7]), ("60", [60]), ("86400", [60]), ("9" * 5000, [0.5]), ("-5", [0.5]), ("²", [0.5]), ("soon", [0.5])],
)
@pytest.mark.skipif(not HONOURED, reason="keystoneauth1 before 5.16 pauses as if no Retry-After stood there")
@pytest.mark.parametrize("path", ["os-aggregates", "auth/tokens"])
def test_nobody_makes_us_wait_for_days(
    cloud: FakeCloud, no_pauses: list[float], path: str, asked: str, paused: list[float]
) -> None:
    cloud.faults.plant(status(429, Retry_After=asked), path=path)
    assert aggregates(cloud.client()) == ["nvme"] and no_pauses == paused


# -- no credentials to another server


class Elsewhere(BaseAdapter):
    """Another server, which notes all that it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_args: Any, **_how: Any) -> requests.Response:
        self.sent.append(request)
        answer = response(str(request.url), Reply(200, {"aggregates": [], "token": {}}))
        answer.request = request
        return answer

    def close(self) -> None:
        """Nothing is open."""


SECURE = {service: url.replace("http:", "https:") for service, url in URLS.items()}
TARGETS = [
    "https://evil.test/v3",
    "https://identity.test.evil.test/v3",
    "https://identity.test:8443/v3",
    "https://compute.test:8443/v2.1",
    "http://identity.test/v3/auth/tokens",
    "http://compute.test/v2.1/os-aggregates",
    "//evil.test/v2.1",
    "https://someone:secret@evil.test/",
]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", ["auth/tokens", "os-aggregates"])
def test_neither_token_nor_password_goes_to_another_server(code: int, target: str, path: str) -> None:
    cloud, elsewhere = FakeCloud("cmp01", urls=SECURE), Elsewhere()
    cloud.faults.plant(status(code, None, Location=target), path=path, times=100)
    http = cloud.session()
    for prefix in ("http://", "https://evil.test", "https://identity.test.evil", "https://identity.test:8443"):
        http.mount(prefix, elsewhere)
    http.mount("https://compute.test:8443", elsewhere)
    with pytest.raises(CloudError, match="Could not list: https://.* redirects to http") as refused:
        aggregates(Client(resolve({"auth": cloud.auth()}, {}), http=http))
    assert elsewhere.sent == [] and not refused.value.passing
    for secret in ("admins-secret", "token-", "someone", "secret@"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("location", ["http://compute.test/v2.1/os-aggregates", "/v2.1/os-aggregates"])
def test_a_redirect_of_the_server_itself_is_followed(cloud: FakeCloud, location: str) -> None:
    cloud.faults.plant(status(301, None, Location=location), path="os-aggregates")
    assert aggregates(cloud.client()) == ["nvme"]


def test_redirects_end(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(301, None, Location="/v2.1/os-aggregates"), path="os-aggregates", times=100)
    with pytest.raises(CloudError, match="answered 301"):
        aggregates(cloud.client())
    assert len(cloud.asked("GET")) == 1 + session.REDIRECTS


@pytest.mark.parametrize("code", [300, 302, 304, 399])
def test_a_write_that_is_answered_with_no_success_is_none(cloud: FakeCloud, code: int) -> None:
    cloud.faults.plant(status(code), method="DELETE")
    with pytest.raises(CloudError, match=f"Could not delete .* answered {code}"):
        cloud.connect().nova.delete_aggregate(1)


# -- how long and how large an answer may be


def client_of(url: str, timeout: float = 60) -> Client:
    cloud = {"auth_type": "none", "auth": {"endpoint": url}, "api_timeout": timeout}
    return Client(resolve({"cloud": cloud}, {}))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = b'{"aggregates": []}'
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD


def slowly(write: Write, content: bytes, at_once: bytes = b"") -> None:
    write(at_once)
    for number in range(len(content)):
        write(content[number : number + 1])
        threading.Event().wait(0.1)


DRIPS: dict[str, Callable[[Write], None]] = {
    "content": lambda write: slowly(write, b" " * 300 + GOOD, HEAD + b"Content-Length: 318\r\n\r\n"),
    "headers": lambda write: slowly(write, HEAD + b"Content-Length: 18\r\n" + b"X: y\r\n" * 50 + b"\r\n" + GOOD),
    "chunks": lambda write: slowly(write, b"1\r\n \r\n" * 60, HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "a status that says to go on": lambda write: slowly(write, b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + WHOLE),
}


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS)
def test_an_answer_that_comes_byte_by_byte_ends_with_the_timeout(drip: Callable[[Write], None]) -> None:
    """Each byte comes in time, and the last one half a minute later."""
    with answering(drip) as (url, _requests), pytest.raises(CloudError, match=r"Could not list: .* timed out"):
        aggregates(client_of(url, timeout=1), once=True)


def chunked(write: Write) -> None:
    write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        write(b"400\r\n" + b" " * 1024 + b"\r\n")


def endless(write: Write) -> None:
    write(HEAD + b"\r\n")
    while True:
        write(b" " * 1024)


def endless_headers(write: Write) -> None:
    write(HEAD)
    while True:
        write(b"X: " + b"y" * 60_000 + b"\r\n")


FLOODS: dict[str, Callable[[Write], None]] = {
    "said before": lambda write: write(HEAD + b"Content-Length: 99999999999999\r\n\r\n" + b" " * 2_000_000),
    "in chunks": chunked,
    "without a length": endless,
    "in the headers": endless_headers,
    "one chunk": lambda write: write(HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFF\r\n" + b" " * 2_000_000),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, flood: Callable[[Write], None]
) -> None:
    monkeypatch.setattr(session, "LARGEST_ANSWER", 1_000_000)
    with answering(flood) as (url, asked), pytest.raises(CloudError, match="the answer is larger than 1000000 bytes"):
        aggregates(client_of(url))
    assert len(asked) == 1


def test_an_answer_through_a_proxy_has_the_same_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LARGEST_ANSWER", 1_000_000)
    with answering(endless) as (url, asked), pytest.raises(CloudError, match="the answer is larger than 1000000 bytes"):
        monkeypatch.setenv("http_proxy", url)
        aggregates(client_of("http://compute.test/v2.1"))
    assert asked[0].startswith(b"GET http://compute.test/v2.1/os-aggregates")


def test_nothing_compressed_is_unpacked() -> None:
    bomb = gzip.compress(b" " * 10_000_000)

    def explode(write: Write) -> None:
        write(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)

    with (
        answering(explode) as (url, asked),
        pytest.raises(CloudError, match="Could not list: the answer is compressed"),
    ):
        aggregates(client_of(url))
    assert b"\r\nAccept-Encoding: identity\r\n" in asked[0]


def test_an_answer_that_is_cut_off_is_none(no_pauses: list[float]) -> None:
    def cut_off(write: Write) -> None:
        write(HEAD + b"Content-Length: %d\r\n\r\n" % (len(GOOD) + 1) + GOOD)
        raise OSError

    with answering(cut_off) as (url, asked), pytest.raises(CloudError, match="Could not list: ") as failed:
        aggregates(client_of(url))
    assert len(asked) == 5 and failed.value.passing


def test_what_follows_an_answer_is_not_taken_for_the_next(no_pauses: list[float]) -> None:
    planted = HEAD + b'Content-Length: 31\r\n\r\n{"aggregates": [{"name": "no"}]}'
    with answering(lambda write: write(WHOLE + planted)) as (url, _requests):
        client = client_of(url)
        assert [aggregates(client) for _time in range(3)] == [[], [], []]


def test_a_connection_is_used_again() -> None:
    with answering(lambda write: write(WHOLE)) as (url, asked):
        client = client_of(url)
        assert [aggregates(client) for _time in range(3)] == [[], [], []] and len(asked) == 3
