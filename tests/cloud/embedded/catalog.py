# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a fresh cloud needs before it can be used: users and endpoints, then flavors and an image."""

from __future__ import annotations

import json

from tests.cloud.embedded.layout import FRONTS, Layout, url
from tests.cloud.embedded.rest import Session

SERVICES = {"compute": "nova", "placement": "placement", "image": "glance", "network": "neutron"}
FLAVORS = {"tiny": (1, 256), "small": (2, 1024), "large": (8, 8192)}  # vCPUs, MB of memory
IMAGE = "cirros"
USERS = (("embedded", "admin"), ("embedded-demo", "demo"), ("embedded-operator", "operator"))  # entry, user and project


def write_clouds(layout: Layout) -> None:
    """Write clouds.yaml, as JSON (which is YAML), so that the standard library reads it too."""
    settings = layout.settings
    clouds = {
        name: {
            "auth": {
                "auth_url": url(settings.port, "keystone"),
                "username": user,
                "password": settings.password,
                "project_name": user,
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
            "region_name": "RegionOne",
            "identity_api_version": "3",
        }
        for name, user in USERS
    }
    layout.clouds.touch(mode=0o600)
    layout.clouds.write_text(json.dumps({"clouds": clouds}, indent=2) + "\n", encoding="utf-8")


def create_users_and_endpoints(layout: Layout, admin: Session) -> None:
    settings = layout.settings
    roles = {role["name"]: role["id"] for role in admin.identity("GET", "/roles")["roles"]}

    def project(name: str) -> str:
        return admin.identity("POST", "/projects", {"project": {"name": name, "domain_id": "default"}})["project"]["id"]

    def user(name: str, project_id: str, *role_names: str) -> None:
        body = {"user": {"name": name, "password": settings.password, "domain_id": "default"}}
        user_id = admin.identity("POST", "/users", body)["user"]["id"]
        for role in role_names:
            admin.identity("PUT", f"/projects/{project_id}/users/{user_id}/roles/{roles[role]}")

    service_project = project("service")
    for kind, name in SERVICES.items():
        user(name, service_project, "admin", "service")
        service = admin.identity("POST", "/services", {"service": {"type": kind, "name": name}})["service"]["id"]
        front = FRONTS[kind][0] if settings.front and kind in FRONTS else name
        for interface, listener in (("public", front), ("internal", name)):
            place = {"service_id": service, "interface": interface, "region_id": "RegionOne"}
            admin.identity("POST", "/endpoints", {"endpoint": {**place, "url": url(settings.port, listener)}})
    user("demo", project("demo"), "member")
    roles["operator"] = admin.identity("POST", "/roles", {"role": {"name": "operator"}})["role"]["id"]
    user("operator", project("operator"), "operator")


def create_flavors_and_image(admin: Session) -> None:
    for name, (vcpus, memory) in FLAVORS.items():
        admin.compute("POST", "/flavors", {"flavor": {"name": name, "vcpus": vcpus, "ram": memory, "disk": 1}})
    image = admin.image(
        "POST",
        "/v2/images",
        {"name": IMAGE, "disk_format": "raw", "container_format": "bare", "visibility": "public"},
    )
    admin.image("PUT", f"/v2/images/{image['id']}/file", bytes(65536))
