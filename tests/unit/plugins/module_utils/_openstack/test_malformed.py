# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Answers that are JSON and not OpenStack's: each field of each is spoiled in turn, and all of it is a sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.fields import Fields

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.direct_client import DirectClient
from tests.unit.fake.faults import status
from tests.unit.fake.glance import image
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.wire import Answer, Reply, Request

Path = tuple["str | int", ...]
GONE = object()
WRONG: list[Any] = [GONE, None, True, -1, 1.5, float("inf"), "", "text", [], [None], [[]], {}, {"": None}]
GROUP, GPU = "the group", "a GPU"


@pytest.fixture(scope="module")
def cloud() -> FakeCloud:
    """A cloud with something of everything that is read."""
    cloud = FakeCloud("cmp01", "cmp02")
    cloud.aggregate("nvme", "cmp01", "cmp02", zone="east", ssd="true")
    cloud.world.images = [image("app") | {"trait:CUSTOM_GOLD": "required"}]
    app = cloud.world.images[0]["id"]
    web = cloud.boot("web", "cmp01", image=app, extra_specs={"trait:CUSTOM_GOLD": "required", "resources:VGPU": "1"})
    web.addresses = {"net": [{"addr": "192.0.2.1", "OS-EXT-IPS:type": "fixed"}]}
    cloud.group("apart", "anti-affinity", web, cloud.boot("db", "cmp02"))
    cloud.nest("cmp01", GPU, {"VGPU": 4}, "CUSTOM_GPU")
    cloud.world.hosts["cmp01"].traits.add("CUSTOM_GOLD")
    cloud.world.known_traits.add("CUSTOM_GOLD")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    cloud.connect().nova.live_migrate(web.id, "cmp02")
    cloud.clock.sleep(30)
    return cloud


def guest(cloud: FakeCloud) -> str:
    return next(iter(cloud.world.guests))


def provider(cloud: FakeCloud) -> str:
    return cloud.world.hosts["cmp01"].provider


READS: dict[str, Callable[[FakeCloud, Cloud], object]] = {
    "aggregates": lambda _fake, cloud: cloud.nova.aggregates(),
    "an aggregate": lambda _fake, cloud: cloud.nova.set_aggregate_metadata(1, {"ssd": "true"}),
    "services": lambda _fake, cloud: cloud.nova.dated_services(),
    "a service": lambda _fake, cloud: cloud.nova.service("cmp01"),
    "hypervisors": lambda _fake, cloud: cloud.nova.hypervisors(),
    "hypervisors by name": lambda _fake, cloud: cloud.nova.hypervisors_like("cmp01"),
    "servers": lambda _fake, cloud: cloud.nova.servers("cmp01"),
    "a server": lambda fake, cloud: cloud.nova.server(guest(fake)),
    "groups": lambda _fake, cloud: cloud.nova.groups(),
    "migrations": lambda _fake, cloud: [record.lasted for record in cloud.nova.migrations()],
    "the newest migration": lambda _fake, cloud: cloud.nova.newest_migration("cmp01"),
    "live migrations": lambda fake, cloud: [move.percent for move in cloud.nova.live_migrations(guest(fake))],
    "actions": lambda fake, cloud: cloud.nova.actions(guest(fake)),
    "candidates": lambda _fake, cloud: cloud.placement.capacities(),
    "capacity": lambda fake, cloud: cloud.placement.capacity(provider(fake), {}),
    "members": lambda fake, cloud: cloud.placement.providers([fake.world.aggregates[1].uuid]),
    "a provider": lambda _fake, cloud: cloud.placement.provider("cmp01"),
    "allocations": lambda fake, cloud: cloud.placement.needs(provider(fake)),
    "an offer": lambda fake, cloud: cloud.placement.offers(provider(fake)),
    "traits": lambda _fake, cloud: cloud.placement.traits("CUSTOM_"),
    "traits of a provider": lambda fake, cloud: cloud.placement.traits_of(provider(fake)),
    "images": lambda fake, cloud: cloud.glance.candidates(["app", fake.world.images[0]["id"]]),
}


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where something stands in the JSON of an answer: the answer itself, and each value in it."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from places(below, (*path, key))


def spoiled(body: Any, path: Path, wrong: Any) -> Any:
    """The JSON with something else at one place of it."""
    if not path:
        return None if wrong is GONE else wrong
    body = copy.deepcopy(body)
    place = body
    for key in path[:-1]:
        place = place[key]
    if wrong is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = wrong
    return body


class Spoiler:
    """Stands before a cloud and spoils one answer of a read. :ivar replies: all that the cloud answered."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.replies: list[Reply] = []
        self.spoils: tuple[int, Path, Any] | None = None

    def __call__(self, request: Request) -> Reply:
        reply = self._answer(request)
        self.replies.append(reply)
        if self.spoils and self.spoils[0] == len(self.replies) - 1:
            _number, path, wrong = self.spoils
            return Reply(reply.status, spoiled(reply.body, path, wrong), reply.headers)
        return reply


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_whatever_is_answered_is_understood_or_refused_in_a_sentence(
    cloud: FakeCloud, read: Callable[[FakeCloud, Cloud], object]
) -> None:
    spoiler = Spoiler(cloud._answer)
    client = DirectClient(resolve({"auth": cloud.auth()}, {}), cloud.session(), spoiler)
    read(cloud, Cloud(client, at_once=1))
    refused = 0
    for number, reply in enumerate(list(spoiler.replies)):
        for path in places(reply.body):
            for wrong in WRONG:
                spoiler.replies, spoiler.spoils = [], (number, path, wrong)
                try:
                    read(cloud, Cloud(client, at_once=1))
                except CloudError as error:
                    text = str(error)
                    assert text.endswith(".") and "\n" not in text and "object at" not in text
                    assert text.startswith(("Could not ", "Nova ")), text
                    refused += 1
    assert refused > 10


@pytest.mark.parametrize("key", ["id", "name", "hosts", "metadata", "availability_zone", "uuid"])
def test_the_sentence_names_service_path_and_field(cloud: FakeCloud, key: str) -> None:
    spoiler = Spoiler(cloud._answer)
    spoiler.spoils = (0, ("aggregates", 0, key), [{}] if key != "hosts" else [None])
    client = DirectClient(resolve({"auth": cloud.auth()}, {}), cloud.session(), spoiler)
    field = "hosts\\[0\\] is null" if key == "hosts" else f"{key} is a list"
    sentence = (
        rf"^Could not list the aggregates: in the answer of compute to GET /os-aggregates, aggregates\[0\]\.{field} "
        r"where .* belongs: check the endpoint in the catalog and proxies in between\.$"
    )
    with pytest.raises(CloudError, match=sentence) as refused:
        Cloud(client).nova.aggregates()
    assert not refused.value.passing


def test_the_traits_of_images_are_never_an_error(cloud: FakeCloud) -> None:
    spoiler = Spoiler(cloud._answer)
    client = DirectClient(resolve({"auth": cloud.auth()}, {}), cloud.session(), spoiler)
    app = cloud.world.images[0]["id"]
    assert Cloud(client).glance.traits([app]) == {app: {"CUSTOM_GOLD"}}
    for path in places(spoiler.replies[0].body):
        for wrong in WRONG:
            spoiler.replies, spoiler.spoils = [], (0, path, wrong)
            Cloud(client).glance.traits([app])


# -- what is no JSON at all, or no token

CONTENTS = [
    "[" * 100_000,
    '{"aggregates":' * 50_000,
    "nul",
    '"',
    '{"aggregates": [' + "9" * 5000 + "]}",
    "\ud800",
    "[]",
]


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_what_cannot_be_read_is_a_sentence(content: str) -> None:
    cloud = FakeCloud()
    cloud.faults.plant(status(200, content.encode("utf-8", "replace").decode()), path="os-aggregates")
    message = r"Could not list the aggregates: compute\.test answered 200 .* to GET /os-aggregates: "
    with pytest.raises(CloudError, match=message):
        cloud.connect().nova.aggregates()


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
@pytest.mark.parametrize("code", [400, 404, 409, 500])
def test_what_cannot_be_read_is_no_reason(no_pauses: list[float], content: str, code: int) -> None:
    cloud = FakeCloud()
    cloud.faults.plant(status(code, content.encode("utf-8", "replace").decode()), path="os-aggregates", times=9)
    with pytest.raises(CloudError, match=f"Could not list the aggregates: the cloud answered {code}"):
        cloud.connect().nova.aggregates()


@pytest.mark.parametrize(
    "shape", [{"errors": {"a": 1}}, {"errors": ["no"]}, {"error": {"message": {}}}, {"error": [1]}]
)
def test_an_error_of_another_shape_is_an_error(shape: Any) -> None:
    cloud = FakeCloud()
    cloud.faults.plant(status(409, shape), path="os-aggregates")
    with pytest.raises(CloudError, match="Could not list the aggregates: the cloud answered 409"):
        cloud.connect().nova.aggregates()


DOCUMENTS: list[Any] = [{"versions": 1}, {"versions": [1]}, {"versions": [{"version": []}]}, {"version": "x"}, {}]


@pytest.mark.parametrize("document", [*DOCUMENTS, {"version": {"version": "2.x"}}, {"version": {"version": "9" * 99}}])
def test_a_cloud_that_is_too_old_need_not_tell_its_version(document: Any) -> None:
    cloud = FakeCloud()
    cloud.nova.newest = (2, 40)
    cloud.faults.plant(status(200, document), path="/v2.1/$")
    with pytest.raises(
        CloudError, match=r"needs microversion 2\.41 of the compute API, and this cloud does not offer it"
    ):
        cloud.connect().nova.aggregates()


def spoiled_tokens() -> Iterator[Any]:
    cloud = FakeCloud()
    spoiler = Spoiler(cloud.keystone.answer)
    # A fault planted in the fake: its method is replaced, of this cloud alone.
    cloud.keystone.answer = spoiler  # type: ignore[method-assign]
    cloud.connect().nova.aggregates()
    body = spoiler.replies[0].body
    for path in places(body):
        # One service of the catalog, and one endpoint of it, is like another.
        if path[:2] != ("token", "catalog") or (path[2:3] in ((), (1,)) and path[4:5] in ((), (0,))):
            yield from (spoiled(body, path, wrong) for wrong in (GONE, None, 1, "text", [None], {}))


def ask_everything(client: Client) -> None:
    client.user()
    client.user_name()
    client.project()
    client.endpoint("compute")
    client.request("compute", "GET", "/os-aggregates", doing="list", microversion="2.41")


def test_whatever_keystone_answers_is_a_token_or_a_sentence(no_pauses: list[float]) -> None:
    refused = 0
    for body in spoiled_tokens():
        cloud = FakeCloud("cmp01")
        cloud.faults.plant(status(201, body, X_Subject_Token="secret"), path="auth/tokens", times=9)
        try:
            ask_everything(cloud.client())
        except CloudError as error:
            text = str(error)
            assert text.startswith("Could not ") and text.endswith(".") and "\n" not in text and "secret" not in text
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("document", [*DOCUMENTS, [1], {"versions": {"values": [[]]}}, {"versions": [{"links": 1}]}])
def test_whatever_keystone_says_of_its_versions_is_a_sentence(document: Any) -> None:
    cloud = FakeCloud()
    cloud.faults.during(0, 1e9, lambda request: Reply(200, document) if request.method == "GET" else None, "identity")
    with pytest.raises(CloudError, match="Could not list the aggregates: .*http://identity.test"):
        cloud.connect({"auth": {**cloud.auth(), "auth_url": "http://identity.test"}}).nova.aggregates()


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_a_token_that_cannot_be_read_names_keystone(content: str) -> None:
    cloud = FakeCloud()
    content = content.encode("utf-8", "replace").decode()
    cloud.faults.plant(status(201, content, X_Subject_Token="t"), path="auth/tokens")
    with pytest.raises(
        CloudError, match=r"Could not list the aggregates: the identity service http://identity\.test/v3 "
    ):
        cloud.connect().nova.aggregates()


# -- fields

ODD = {"moment": ["now", "2026-02-31T00:00:00Z", "2026-11-21", "2026-11-21T10:00:00+25:00", "２026-11-21T10:00:00"]}


@pytest.mark.parametrize("value", ODD["moment"])
def test_a_time_is_one(value: str) -> None:
    with pytest.raises(CloudError, match="Could not read it: at is no time: "):
        Fields({"at": value}, "read it:").moment("at")


@pytest.mark.parametrize("value", [True, "1", 1.0, [], {}])
def test_a_number_is_one(value: Any) -> None:
    with pytest.raises(CloudError, match="Could not read it: many is .* where a number belongs: "):
        Fields({"many": value}, "read it:").number("many", 0)


def test_a_default_stands_for_what_is_missing_or_null() -> None:
    fields = Fields({"null": None}, "read it:")
    assert [fields.number(key, 7) for key in ("null", "none")] == [7, 7]
    assert [fields.flag(key) for key in ("null", "none")] == [False, False]
    assert fields.texts("none", ()) == fields.objects("null", ()) == []
    with pytest.raises(CloudError, match="none is missing"):
        fields.text("none")
    with pytest.raises(CloudError, match="null is null where text belongs"):
        fields.text("null")
