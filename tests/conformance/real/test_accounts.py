# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The table of calls and policies, one by one: what each service answers to an account that lacks just that policy."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.accounts.table import ADMINISTRATOR, CALLS, SILENT, Call
from tests.conformance.ground import Ground
from tests.conformance.real_site import RealSite
from tests.conformance.sites import PREFIX, Answer, Api

Withhold = Callable[..., None]

# Bodies that are well-formed, for that is checked before the right to a request is. None of them is ever carried out.
BODIES: dict[tuple[str, str] | tuple[str, str, str], Any] = {
    ("POST", "/os-aggregates"): {"aggregate": {"name": f"{PREFIX}refused"}},
    ("PUT", "/os-aggregates/{aggregate}"): {"aggregate": {"name": f"{PREFIX}refused"}},
    ("POST", "/os-aggregates/{aggregate}/images"): {"cache": [{"id": str(uuid.uuid4())}]},
    ("POST", "/servers"): {
        "server": {
            "name": f"{PREFIX}refused",
            "imageRef": str(uuid.uuid4()),
            "flavorRef": "none",
            "networks": [{"uuid": str(uuid.uuid4())}],
            "host": "nobody",
        }
    },
    ("PUT", "/os-services/{service}"): {"status": "enabled"},
    ("PUT", "/os-hosts/{host}"): {"maintenance_mode": "disable"},
    ("PUT", "/resource_providers/{provider}/traits"): {"traits": [], "resource_provider_generation": 0},
}
ACTIONS: dict[str, Any] = {
    "add_host": {"host": "nobody"},
    "remove_host": {"host": "nobody"},
    "set_metadata": {"metadata": {"a": "b"}},
    "os-migrateLive": {"host": "nobody", "block_migration": "auto"},
    "migrate": {"host": "nobody"},
    "rebuild": {"imageRef": str(uuid.uuid4())},
}
QUERIES = {
    "/servers/detail": "?all_tenants=1",
    "/os-server-groups": "?all_projects=True",
    "/allocation_candidates": "?resources=VCPU:1",
}
VERSIONS = {"/os-hosts/{host}": "2.42", "/os-aggregates/{aggregate}/images": "2.81", "/servers": "2.74"}
# Both are asked for one's own project, and the accounts have the role reader there.
READERS = {"os_compute_api:servers:detail", "os_compute_api:os-server-groups:index"}
# Glance knows no such policies here, and there is no Neutron.
MADE = [call for call in CALLS if call.service in ("compute", "placement")]
LACKS = [(call, policy) for call in MADE for policy in call.policies if policy not in SILENT]


@pytest.fixture
def withhold(ground: Ground) -> Iterator[Withhold]:
    """Takes policies from all jobs; they have all of them again after the test."""
    yield ground.withhold
    ground.withhold()


def body_of(call: Call) -> Any:
    return BODIES.get((call.method, call.path)) if call.action is None else {call.action: ACTIONS.get(call.action)}


def ask(api: Api, call: Call, server: str) -> Answer:
    """Make a call about a server and things that do not exist."""
    path = call.path.format(
        aggregate=99999,
        service=uuid.uuid4(),
        host="nobody",
        server=server,
        request=f"req-{uuid.uuid4()}",
        migration=1,
        provider=uuid.uuid4(),
        trait=f"CUSTOM_{PREFIX.upper().strip('-')}",
    )
    path += QUERIES.get(call.path, "")
    if call.service == "placement":
        return api.placement(call.method, path, body_of(call), "1.29")
    return api.nova(call.method, path, body_of(call), VERSIONS.get(call.path, "2.73"))


@pytest.fixture(scope="module")
def server(site: RealSite) -> Iterator[str]:
    """A server of another project, for all tests here: none of them may do anything to it."""
    key = site.boot(site.hosts[0])
    yield key
    site.delete(key)


@pytest.mark.parametrize(("call", "policy"), LACKS, ids=lambda value: getattr(value, "path", value))
def test_each_policy_of_the_table_is_asked_for_by_its_call(
    ground: Ground, withhold: Withhold, server: str, call: Call, policy: str
) -> None:
    withhold(policy)
    refused = ask(ground.api(f"embedded-{call.jobs[0]}"), call, server)
    if policy in READERS:
        assert refused.status == 200
    else:
        assert refused.status == 403 and policy in str(refused.body), refused.body


@pytest.mark.parametrize("call", MADE, ids=lambda call: call.path)
def test_no_call_asks_for_another(ground: Ground, server: str, call: Call) -> None:
    """Not even where all that a job has is what the table says; what the call is about does not exist."""
    if call.method != "GET" and "{server}" in call.path:
        pytest.skip("would be carried out")
    if call.method == "POST" and call.path == "/os-aggregates" or "/traits/{trait}" in call.path:
        pytest.skip("would be carried out")
    for job in call.jobs:
        assert ask(ground.api(f"embedded-{job}"), call, server).status not in (401, 403)
        assert ask(ground.api(f"embedded-{job}-rules"), call, server).status not in (401, 403)


def test_who_is_no_administrator_is_told_that_other_servers_do_not_exist(
    ground: Ground, withhold: Withhold, server: str
) -> None:
    roll = ground.api("embedded-roll")
    assert roll.nova("GET", f"/servers/{server}").status == 200
    withhold(ADMINISTRATOR)
    assert roll.nova("GET", f"/servers/{server}").status == 404
    found = roll.nova("GET", f"/servers/detail?all_tenants=1&uuid={server}").body["servers"]
    assert [listed["id"] for listed in found] == [server]
    assert roll.nova("GET", "/os-server-groups?all_projects=True").body["server_groups"] == []


@pytest.mark.parametrize(
    ("service", "path", "status"), [("nova", "/os-keypairs", 401), ("placement", "/resource_classes", 401)]
)
def test_each_service_holds_an_application_credential_to_its_access_rules(
    ground: Ground, service: str, path: str, status: int
) -> None:
    """Though its role may: everybody has keypairs."""
    assert getattr(ground.api("embedded-roll-rules"), service)("GET", path).status == status
    assert ground.api("embedded-roll").nova("GET", "/os-keypairs").status == 200


def test_so_does_glance(ground: Ground) -> None:
    restricted = ground.api("embedded-declare-rules")
    assert restricted.glance("/v2/images").status == 200
    assert restricted.glance("/v2/schemas/images").status == 401
