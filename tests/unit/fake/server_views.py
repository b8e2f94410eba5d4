# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How Nova shows a server: whole to a user with all rights, and in part where its cell does not answer."""

from __future__ import annotations

from typing import Any

from tests.unit.fake.model import Guest
from tests.unit.fake.policies import EXTENDED_ATTRIBUTES, EXTRA_SPECS, Policies
from tests.unit.fake.wire import Request

_STATUS = {
    "active": "ACTIVE",
    "stopped": "SHUTOFF",
    "resized": "VERIFY_RESIZE",
    "building": "BUILD",
    "rescued": "RESCUE",
    "soft-delete": "SOFT_DELETED",
}
NO_STATE, RUNNING, PAUSED, SHUT_DOWN, CRASHED, SUSPENDED = 0, 1, 3, 4, 6, 7
_POWER = {
    "building": NO_STATE,
    "paused": PAUSED,
    "stopped": SHUT_DOWN,
    "soft-delete": SHUT_DOWN,
    "shelved": SHUT_DOWN,
    "shelved_offloaded": SHUT_DOWN,
    "suspended": SUSPENDED,
}


class ServerViews:
    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    def whole(self, request: Request, guest: Guest) -> dict[str, Any]:
        view = {**_plain(guest), "flavor": self._flavor(request, guest)}
        if request.microversion >= (2, 96):
            view["pinned_availability_zone"] = guest.zone
        if self._policies.allow(request, EXTENDED_ATTRIBUTES):
            view["OS-EXT-SRV-ATTR:host"] = guest.host or None
        return view

    def partial(self, request: Request, guest: Guest) -> dict[str, Any]:
        """Return what the API's own database knows of a server; a list shows less of it."""
        return {
            **partial_server(guest),
            "flavor": self._flavor(request, guest),
            "image": _image(guest),
            "OS-EXT-AZ:availability_zone": guest.zone or "UNKNOWN",
            "OS-EXT-STS:power_state": NO_STATE,
            "user_id": "id-of-demo",
        }

    def _flavor(self, request: Request, guest: Guest) -> dict[str, Any]:
        flavor = {
            "vcpus": guest.needs.get("VCPU", 0),
            "ram": guest.memory,
            "disk": 0,
            "ephemeral": guest.needs.get("DISK_GB", 0),  # which counts also where the root disk is a volume
            "swap": 0,
        }
        specs = {"extra_specs": dict(guest.extra_specs)} if self._policies.allow(request, EXTRA_SPECS) else {}
        return {**flavor, **specs}


def partial_server(guest: Guest) -> dict[str, Any]:
    return {
        "id": guest.id,
        "status": "UNKNOWN",
        "tenant_id": guest.project,
        "created": f"{guest.created:%Y-%m-%dT%H:%M:%SZ}",
        "links": [{"rel": "self", "href": f"http://behind-the-proxy.test/v2.1/servers/{guest.id}"}],
    }


def _plain(guest: Guest) -> dict[str, Any]:
    """Return what every user sees who sees the server at all."""
    power = _POWER.get(guest.vm_state, RUNNING) if guest.power_state is None else guest.power_state
    return {
        "id": guest.id,
        "name": guest.name,
        "status": status_of(guest),
        **({"fault": {"message": guest.fault, "code": 500}} if guest.fault else {}),
        "tenant_id": guest.project,
        "created": f"{guest.created:%Y-%m-%dT%H:%M:%SZ}",
        **({"updated": f"{guest.updated:%Y-%m-%dT%H:%M:%SZ}"} if guest.updated else {}),
        "locked": guest.locked,
        "tags": sorted(guest.tags),
        "addresses": dict(guest.addresses),
        "image": _image(guest),
        "OS-EXT-STS:vm_state": guest.vm_state,
        "OS-EXT-STS:task_state": guest.task_state,
        "OS-EXT-STS:power_state": power,
        "OS-SRV-USG:launched_at": f"{guest.launched:%Y-%m-%dT%H:%M:%S}.000000" if guest.launched else None,
    }


def status_of(guest: Guest) -> str:
    if guest.task_state == "migrating":
        return "MIGRATING"
    if guest.task_state == "resize_reverting":
        return "REVERT_RESIZE"
    if guest.task_state and guest.task_state.startswith("resize"):
        return "RESIZE"
    if guest.task_state and guest.task_state.startswith("rebuild"):
        return "REBUILD"
    return _STATUS.get(guest.vm_state, guest.vm_state.upper())


def _image(guest: Guest) -> Any:
    return {"id": guest.image} if guest.image else ""
