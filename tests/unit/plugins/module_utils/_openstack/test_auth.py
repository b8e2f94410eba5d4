# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Authentication: tokens, credentials, the catalog and TLS."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudConfigError, CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.fields import Fields

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status


def get(client: Client, path: str = "/os-aggregates", microversion: str = "2.41") -> list[Fields]:
    answer = client.request("compute", "GET", path, doing="list", microversion=microversion)
    return answer.body.objects("aggregates")


def test_one_token_for_both_services(cloud: FakeCloud) -> None:
    connected = cloud.connect()
    connected.nova.aggregates()
    connected.placement.capacities()
    assert cloud.keystone.issued == 1 and len(cloud.requests) == 3


def test_nothing_is_asked_before_the_first_request(cloud: FakeCloud) -> None:
    cloud.connect()
    assert cloud.requests == []


def test_a_token_that_is_refused_is_renewed_once(cloud: FakeCloud) -> None:
    client = cloud.client()
    get(client)
    cloud.keystone.revoke_all()
    assert len(get(client)) == 1
    assert cloud.keystone.issued == 2


def test_a_token_that_expires_soon_is_renewed_before_it_is_used(cloud: FakeCloud) -> None:
    cloud.keystone.lifetime = timedelta(seconds=5)
    client = cloud.client()
    get(client)
    get(client)
    assert cloud.keystone.issued > 1 and all(code != 401 for _request, code in cloud.replies)


def test_a_service_that_refuses_every_token(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(401, {"error": {"message": "No."}}), path="os-aggregates", times=10)
    with pytest.raises(CloudError, match="Could not list") as refused:
        get(cloud.client())
    assert refused.value.status == 401 and len(cloud.asked()) == 2


def test_a_wrong_password(cloud: FakeCloud) -> None:
    auth = {**cloud.auth(), "password": "hunter2"}
    with pytest.raises(CloudError, match=r"http://identity.test/v3 refused the credentials \(401\)") as refused:
        get(cloud.client({"auth": auth}))
    assert refused.value.status == 401 and "hunter2" not in str(refused.value)
    assert len(cloud.requests) == 1  # one wrong guess, not many: accounts get locked


@pytest.mark.parametrize("url", ["http://identity.test/v3", "http://identity.test/v3/", "http://identity.test"])
def test_an_auth_url_with_and_without_version(cloud: FakeCloud, url: str) -> None:
    assert get(cloud.client({"auth": {**cloud.auth(), "auth_url": url}}))


def test_an_application_credential(cloud: FakeCloud) -> None:
    auth = {"auth_url": "http://identity.test/v3"}
    auth |= {"application_credential_id": "app-1", "application_credential_secret": "apps-secret"}
    assert get(cloud.client({"auth_type": "v3applicationcredential", "auth": auth}))


def test_a_token_as_credential(cloud: FakeCloud) -> None:
    get(cloud.client())
    auth = {"auth_url": "http://identity.test/v3", "token": "token-1", "project_id": "project-of-admin"}
    assert get(cloud.client({"auth_type": "token", "auth": auth}))


def test_an_unknown_auth_type(cloud: FakeCloud) -> None:
    with pytest.raises(CloudConfigError, match="no auth_type 'magic': use one of .*v3applicationcredential"):
        cloud.client({"auth_type": "magic", "auth": {"auth_url": "u"}})


def test_incomplete_credentials(cloud: FakeCloud) -> None:
    with pytest.raises(CloudConfigError, match="lack auth_url, password"):
        cloud.client({"auth": {"username": "ops"}})


def test_a_user_without_its_domain(cloud: FakeCloud) -> None:
    auth = {name: value for name, value in cloud.auth().items() if name != "user_domain_id"}
    with pytest.raises(CloudConfigError, match="user_domain_id or user_domain_name"):
        cloud.client({"auth": auth})


# -- the catalog


@pytest.mark.parametrize(
    "options",
    [{"region_name": "RegionThree"}, {"interface": "admin"}, {"interface": "internal", "region_name": "RegionTwo"}],
)
def test_no_such_endpoint(cloud: FakeCloud, options: dict[str, str]) -> None:
    with pytest.raises(CloudError, match="check region and interface"):
        get(cloud.client({"auth": cloud.auth(), **options}))


@pytest.mark.parametrize("options", [{"region_name": "RegionTwo"}, {"interface": "internal"}])
def test_a_region_and_an_interface(cloud: FakeCloud, options: dict[str, str]) -> None:
    assert get(cloud.client({"auth": cloud.auth(), **options}))


def test_an_endpoint_instead_of_the_catalogs(cloud: FakeCloud) -> None:
    options = {"cloud": {"auth": cloud.auth(), "compute_endpoint_override": "http://compute.test/v2.1"}}
    assert get(cloud.client({**options, "region_name": "Nowhere"}))


@pytest.mark.parametrize(
    ("options", "verify", "cert"),
    [
        ({}, True, None),
        ({"validate_certs": False}, False, None),
        ({"ca_cert": "ca.pem"}, "ca.pem", None),
        ({"client_cert": "c.pem", "client_key": "k.pem"}, True, ("c.pem", "k.pem")),
    ],
)
def test_tls_reaches_every_request(
    cloud: FakeCloud,
    options: dict[str, Any],
    verify: object,
    cert: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ca.pem", "c.pem", "k.pem"):
        (tmp_path / name).touch()
    get(cloud.client({"auth": cloud.auth(), **options}))
    assert {(request.verify, request.cert) for request in cloud.requests} == {(verify, cert)}
