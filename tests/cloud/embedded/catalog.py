# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a fresh cloud needs before it can be used: users and endpoints, then flavors and an image."""

from __future__ import annotations

import json
from typing import Any

from tests.accounts.made import FOLDER
from tests.accounts.table import JOBS, role
from tests.cloud.embedded.layout import FRONTS, Layout, url
from tests.cloud.embedded.rest import Session

SERVICES = {"compute": "nova", "placement": "placement", "image": "glance", "network": "neutron"}
FLAVORS = {"tiny": (1, 256), "small": (2, 1024), "large": (8, 8192)}  # vCPUs, MB of memory
IMAGE = "cirros"
CREDENTIAL = "access-rules"  # name of the application credential that each job has
# Entries of clouds.yaml, and the user and project of each.
USERS = {"embedded": "admin", "embedded-demo": "demo"} | {f"embedded-{job}": job for job in JOBS}


def write_clouds(layout: Layout) -> None:
    """Write clouds.yaml, as JSON (which is YAML), so that the standard library reads it too."""
    clouds = {name: _entry(layout, {**_password(layout, user), **_project(user)}) for name, user in USERS.items()}
    clouds |= {f"embedded-{job}-rules": _entry(layout, _credential(layout, job)) for job in JOBS}
    layout.clouds.touch(mode=0o600)
    layout.clouds.write_text(json.dumps({"clouds": clouds}, indent=2) + "\n", encoding="utf-8")


def _entry(layout: Layout, auth: dict[str, str]) -> dict[str, Any]:
    kind = {} if "password" in auth else {"auth_type": "v3applicationcredential"}
    auth = {"auth_url": url(layout.settings.port, "keystone"), **auth}
    return {**kind, "auth": auth, "region_name": "RegionOne", "identity_api_version": "3"}


def _password(layout: Layout, user: str) -> dict[str, str]:
    return {"username": user, "password": layout.settings.password, "user_domain_id": "default"}


def _project(name: str) -> dict[str, str]:
    return {"project_name": name, "project_domain_id": "default"}


def _credential(layout: Layout, job: str) -> dict[str, str]:
    """An application credential, by its name, which is known before it is made."""
    secret = layout.settings.password
    names = {"application_credential_name": CREDENTIAL, "username": job, "user_domain_id": "default"}
    return {**names, "application_credential_secret": secret}


def create_users_and_endpoints(layout: Layout, admin: Session) -> None:
    settings = layout.settings
    roles = {role["name"]: role["id"] for role in admin.identity("GET", "/roles")["roles"]}
    if "service" not in roles:  # before 2024.1 Keystone does not make it by itself
        roles["service"] = admin.identity("POST", "/roles", {"role": {"name": "service"}})["role"]["id"]

    def project(name: str) -> str:
        return admin.identity("POST", "/projects", {"project": {"name": name, "domain_id": "default"}})["project"]["id"]

    def user(name: str, project_id: str, *role_names: str) -> str:
        body = {"user": {"name": name, "password": settings.password, "domain_id": "default"}}
        user_id = admin.identity("POST", "/users", body)["user"]["id"]
        for given in role_names:
            admin.identity("PUT", f"/projects/{project_id}/users/{user_id}/roles/{roles[given]}")
        return user_id

    service_project = project("service")
    for kind, name in SERVICES.items():
        user(name, service_project, "admin", "service")
        service = admin.identity("POST", "/services", {"service": {"type": kind, "name": name}})["service"]["id"]
        front = FRONTS[kind][0] if (settings.front or settings.haproxy) and kind in FRONTS else name
        for interface, listener in (("public", front), ("internal", name)):
            place = {"service_id": service, "interface": interface, "region_id": "RegionOne"}
            admin.identity("POST", "/endpoints", {"endpoint": {**place, "url": url(settings.port, listener)}})
    user("demo", project("demo"), "member")
    for job in JOBS:
        name = role(job)
        roles[name] = admin.identity("POST", "/roles", {"role": {"name": name}})["role"]["id"]
        create_credential(layout, job, user(job, project(job), name, "reader"))


def create_credential(layout: Layout, job: str, user_id: str) -> None:
    """Make the application credential of a job, with the collection's access rules: only its user can."""
    own = Session.open(layout.clouds, f"embedded-{job}")
    credential = {
        "name": CREDENTIAL,
        "secret": layout.settings.password,
        "access_rules": json.loads((FOLDER / f"access-rules-{job}.json").read_text(encoding="utf-8")),
    }
    own.identity("POST", f"/users/{user_id}/application_credentials", {"application_credential": credential})


def create_flavors_and_image(admin: Session) -> None:
    for name, (vcpus, memory) in FLAVORS.items():
        admin.compute("POST", "/flavors", {"flavor": {"name": name, "vcpus": vcpus, "ram": memory, "disk": 1}})
    image = admin.image(
        "POST",
        "/v2/images",
        {"name": IMAGE, "disk_format": "raw", "container_format": "bare", "visibility": "public"},
    )
    admin.image("PUT", f"/v2/images/{image['id']}/file", bytes(65536))
