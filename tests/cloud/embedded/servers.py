# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers on the embedded cloud, for tests and demonstrations: boot them where they are wanted, show, delete.

from embedded.rest import Session
session = Session.open(Path("build/cloud/state/clouds.yaml"))
boot(session, "web1", host="cmp01", group="web:anti-affinity", state="paused")
"""

from __future__ import annotations

from typing import Any

from embedded.catalog import IMAGE
from embedded.errors import CloudError
from embedded.rest import HttpError, Session
from embedded.waiting import wait_for

Server = dict[str, Any]

ACTIVE = "active"
# What to do with an ACTIVE server to bring it into a state, and what Nova then calls it.
STATES = {"paused": ("pause", "PAUSED"), "shutoff": ("os-stop", "SHUTOFF"), "suspended": ("suspend", "SUSPENDED")}
BOOT_SECONDS = 120


def create(
    session: Session,
    name: str,
    flavor: str = "tiny",
    host: str | None = None,
    group: str | None = None,
    zone: str | None = None,
) -> str:
    """Ask for a server and return its uuid at once. `group` is NAME:POLICY, made when there is none of that name."""
    flavors = {entry["name"]: entry["id"] for entry in session.compute("GET", "/flavors")["flavors"]}
    if flavor not in flavors:
        raise CloudError(f"There is no flavor {flavor}: choose one of {', '.join(sorted(flavors))}.")
    image = session.image("GET", f"/v2/images?name={IMAGE}")["images"][0]["id"]
    server: Server = {"name": name, "flavorRef": flavors[flavor], "imageRef": image, "networks": "none"}
    if host:
        server["host"] = host
    if zone:
        server["availability_zone"] = zone
    body: Server = {"server": server}
    if group:
        body["os:scheduler_hints"] = {"group": server_group(session, group)}
    return session.compute("POST", "/servers", body)["server"]["id"]


def server_group(session: Session, text: str) -> str:
    """The uuid of the group that NAME:POLICY names."""
    name, _colon, policy = text.partition(":")
    for group in session.compute("GET", "/os-server-groups")["server_groups"]:
        if group["name"] == name:
            return group["id"]
    if not policy:
        raise CloudError(f"There is no server group {name}: write {name}:anti-affinity or another policy to make it.")
    body = {"server_group": {"name": name, "policy": policy}}
    return session.compute("POST", "/os-server-groups", body)["server_group"]["id"]


def show(session: Session, uuid: str) -> Server:
    return session.compute("GET", f"/servers/{uuid}")["server"]


def wait_status(session: Session, uuid: str, status: str, seconds: float = BOOT_SECONDS) -> Server:
    """Return the server when it has that status and no task; an error when it falls into ERROR instead."""

    def reached() -> Server | None:
        server = show(session, uuid)
        if server["status"] == "ERROR" != status:
            fault = server.get("fault", {}).get("message", "no fault recorded")
            raise CloudError(f"Server {server['name']} is in ERROR and not {status}: {fault}")
        return server if server["status"] == status and server["OS-EXT-STS:task_state"] is None else None

    return wait_for(f"Server {uuid} {status}", reached, seconds)


def act(session: Session, uuid: str, action: str, options: Any = None) -> Any:
    """POST a server action."""
    return session.compute("POST", f"/servers/{uuid}/action", {action: options})


def put_into(session: Session, uuid: str, state: str) -> Server:
    """Bring a server that is being booted into a state: `active` or one of STATES."""
    server = wait_status(session, uuid, "ACTIVE")
    if state == ACTIVE:
        return server
    action, status = STATES[state]
    act(session, uuid, action)
    return wait_status(session, uuid, status)


def boot(session: Session, name: str, state: str = ACTIVE, **where: Any) -> Server:
    """Create a server and return it when it is in its state; `where` is as for `create`."""
    return put_into(session, create(session, name, **where), state)


def live_migrate(session: Session, uuid: str, host: str | None = None) -> None:
    act(session, uuid, "os-migrateLive", {"host": host, "block_migration": "auto"})


def delete(session: Session, *uuids: str) -> None:
    """Delete servers and return when they are gone; one that is gone already is all right."""
    for uuid in uuids:
        try:
            session.compute("DELETE", f"/servers/{uuid}")
        except HttpError as error:
            if error.status != 404:
                raise

    def gone() -> bool:
        left = {server["id"] for server in session.compute("GET", "/servers?all_tenants=1")["servers"]}
        return not left.intersection(uuids)

    wait_for("Servers deleted", gone, BOOT_SECONDS)
