# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A server of Nova, and what was done to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .capacity import Resources
from .fields import Fields
from .image import Traits

# The beginning of the tag of a throw-away server, before the id of its roll (``_canary``).
CANARY_TAG = "stackops:canary:"
# An amount of a resource class in a flavor; more digits are not read, for Python refuses thousands of them.
_AMOUNT = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a server. ``type`` is fixed or floating; a tenant chose the network's name."""

    network: str
    address: str
    type: str

    @classmethod
    def read_all(cls, raw: Fields) -> tuple[Address, ...]:
        return tuple(
            cls(network, address.text("addr"), address.text("OS-EXT-IPS:type", "fixed"))
            for network in raw
            for address in raw.objects(network)
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
    project: str | None = None
    fault: str | None = None  # why it is in ERROR, as Nova words it
    launched: str | None = None  # when a hypervisor started it last in place of what was there before
    canary: str = ""  # the roll that tries a host with it; only of our own project, for anybody can write a tag

    @classmethod
    def read(cls, raw: Fields) -> Server:
        flavor = raw.object("flavor")
        specs = flavor.object("extra_specs", {}).words()
        image = raw.object_or_blank("image")
        return cls(
            id=raw.text("id"),
            name=raw.text("name"),
            host=raw.text("OS-EXT-SRV-ATTR:host", None),
            status=raw.text("status"),
            vm_state=raw.text("OS-EXT-STS:vm_state"),
            task_state=raw.text("OS-EXT-STS:task_state", None),
            locked=raw.flag("locked"),
            tags=frozenset(raw.texts("tags", ())),
            zone=raw.text("pinned_availability_zone", None),
            memory=flavor.number("ram", 0),
            image=image.text("id") if image else None,
            traits=Traits.read(specs),
            claims=_claims(flavor, specs, volume_backed=image is None),
            bound=_bound(specs, image.object("properties", {}).words() if image else {}),
            addresses=Address.read_all(raw.object("addresses", {})),
            power=raw.number("OS-EXT-STS:power_state", None),
            updated=raw.moment("updated", None),
            project=raw.text("tenant_id", None),
            fault=raw.object("fault", {}).text("message", None),
            launched=raw.text("OS-SRV-USG:launched_at", None),
        )

    def known_by(self, project: str | None) -> Server:
        """Return it with what its tags say where it is of our own project."""
        rolls = sorted(tag.removeprefix(CANARY_TAG) for tag in self.tags if tag.startswith(CANARY_TAG))
        return replace(self, canary=rolls[0]) if rolls and project and project == self.project else self


def _claims(flavor: Fields, specs: Mapping[str, str], volume_backed: bool) -> dict[str, int]:
    """Return what Nova asks Placement for (nova/scheduler/utils.py), without devices and mixed CPU policies."""
    root, swap = flavor.number("disk", 0), flavor.number("swap", 0)
    processors = "PCPU" if specs.get("hw:cpu_policy") == "dedicated" else "VCPU"
    claims = {
        processors: flavor.number("vcpus", 0),
        "MEMORY_MB": flavor.number("ram", 0),
        "DISK_GB": (0 if volume_backed else root) + flavor.number("ephemeral", 0) + -(-swap // 1024),
    }
    for key, value in specs.items():
        if key.startswith("resources:") and _AMOUNT.fullmatch(value):
            claims[key.removeprefix("resources:")] = int(value)
    return {name: amount for name, amount in claims.items() if amount}


def _bound(extra_specs: Mapping[str, str], image: Mapping[str, str]) -> str | None:
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
    """An action on a server and the user who asked for it. ``at`` is Nova's time, ISO 8601 in UTC without a zone.

    :ivar request: the id of the request, by which the logs of OpenStack can be searched.
    :ivar message: that of its error, if it has one.
    """

    name: str
    user: str | None
    at: str
    request: str = ""
    message: str | None = None

    @classmethod
    def read(cls, raw: Fields) -> Action:
        return cls(
            raw.text("action"),
            raw.text("user_id", None),
            raw.moment("start_time"),
            raw.text("request_id", ""),
            raw.text("message", None),
        )
