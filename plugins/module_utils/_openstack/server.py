# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A server of Nova, and what was done to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .capacity import Resources
from .image import Traits


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a server. ``type`` is fixed or floating; a tenant chose the network's name."""

    network: str
    address: str
    type: str

    @classmethod
    def read_all(cls, raw: Mapping[str, Any]) -> tuple[Address, ...]:
        return tuple(
            cls(network, address["addr"], address.get("OS-EXT-IPS:type") or "fixed")
            for network, addresses in raw.items()
            for address in addresses
        )


@dataclass(frozen=True, slots=True)
class Server:
    """A server as Nova sees it. A tenant chose its name and tags: untrusted text.

    ``zone`` is the zone that it is pinned to, which Nova has shown since 2.96 (2024.1). ``memory`` is in MiB.
    """

    id: str
    name: str
    host: str | None
    status: str
    vm_state: str
    task_state: str | None
    locked: bool = False
    tags: frozenset[str] = frozenset()
    zone: str | None = None
    memory: int = 0
    image: str | None = None
    traits: Traits = Traits()
    claims: Resources = field(default_factory=dict)  # what its flavor asks of Placement, as far as that can be told
    bound: str | None = None  # what it has that Nova never live-migrates
    addresses: tuple[Address, ...] = ()
    power: int | None = None  # what its hypervisor says of the guest (nova/compute/power_state.py)
    updated: str | None = None  # when Nova changed it last, ISO 8601 in UTC

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Server:
        flavor, image = raw.get("flavor") or {}, raw.get("image")
        properties = image.get("properties") or {} if isinstance(image, Mapping) else {}
        return cls(
            id=raw["id"],
            name=raw["name"],
            host=raw.get("OS-EXT-SRV-ATTR:host"),
            status=raw["status"],
            vm_state=raw["OS-EXT-STS:vm_state"],
            task_state=raw.get("OS-EXT-STS:task_state"),
            locked=bool(raw.get("locked")),
            tags=frozenset(raw.get("tags") or ()),
            zone=raw.get("pinned_availability_zone"),
            memory=int(flavor.get("ram") or 0),
            image=image.get("id") if isinstance(image, Mapping) else None,  # "" for a server that boots from a volume
            traits=Traits.read(flavor.get("extra_specs") or {}),
            claims=_claims(flavor, volume_backed=not image),
            bound=_bound(flavor.get("extra_specs") or {}, properties),
            addresses=Address.read_all(raw.get("addresses") or {}),
            power=raw.get("OS-EXT-STS:power_state"),
            updated=raw.get("updated"),
        )


def _claims(flavor: Mapping[str, Any], volume_backed: bool) -> dict[str, int]:
    """Return what Nova asks Placement for (nova/scheduler/utils.py), without devices and mixed CPU policies."""
    specs = flavor.get("extra_specs") or {}
    root, swap = int(flavor.get("disk") or 0), int(flavor.get("swap") or 0)
    processors = "PCPU" if specs.get("hw:cpu_policy") == "dedicated" else "VCPU"
    claims = {
        processors: int(flavor.get("vcpus") or 0),
        "MEMORY_MB": int(flavor.get("ram") or 0),
        "DISK_GB": (0 if volume_backed else root) + int(flavor.get("ephemeral") or 0) + -(-swap // 1024),
    }
    for key, value in specs.items():
        if key.startswith("resources:") and str(value).isdecimal():
            claims[key.removeprefix("resources:")] = int(value)
    return {name: amount for name, amount in claims.items() if amount}


def _bound(extra_specs: Mapping[str, Any], image: Mapping[str, Any]) -> str | None:
    """What a server has for which Nova refuses every live migration (nova/compute/api.py, virt/libvirt).

    A vTPM moves from 2026.1 on, where its secret is not the user's. Whether a PCI device moves stands in the alias of
    the operator's configuration, which no API tells, and by default it does not.

    :param image: the properties of its image.
    """
    for name in ("accel:device_profile", "hw:pmem", "pci_passthrough:alias"):
        if extra_specs.get(name):
            return f"{name} in its flavor"
    for what, secret in (("hw:mem_encryption", ()), ("hw:tpm_version", ("host", "deployment"))):
        name = what.replace(":", "_")
        value = extra_specs.get(what) or image.get(name)
        if str(value or "false").lower() != "false" and extra_specs.get("hw:tpm_secret_security") not in secret:
            return f"{what} in its flavor" if extra_specs.get(what) else f"{name} in its image"
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """An action on a server and the user who asked for it. ``at`` is Nova's time, ISO 8601 in UTC without a zone."""

    name: str
    user: str | None
    at: str

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Action:
        return cls(raw["action"], raw.get("user_id"), raw["start_time"])
