# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The model: what Nova, Placement and Glance answer, as plain data. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

# Amounts by resource class (VCPU, MEMORY_MB in MiB, DISK_GB in GiB, ...), as Placement counts them.
Resources = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A host aggregate; one that does not exist yet has no id and no uuid.

    Nova stores the zone in the metadata; here ``metadata`` does not hold it.
    """

    name: str
    id: int | None = None
    uuid: str | None = None
    zone: str | None = None
    hosts: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Aggregate:
        metadata = {key: value for key, value in (raw.get("metadata") or {}).items() if key != "availability_zone"}
        return cls(
            name=raw["name"],
            id=raw["id"],
            uuid=raw["uuid"],
            zone=raw.get("availability_zone"),
            hosts=tuple(sorted(raw.get("hosts") or ())),
            metadata=metadata,
        )

    def to_result(self) -> dict[str, Any]:
        """Return the aggregate as the results and diffs of modules show it."""
        return {
            "id": self.id,
            "uuid": self.uuid,
            "name": self.name,
            "availability_zone": self.zone,
            "hosts": list(self.hosts),
            "metadata": dict(sorted(self.metadata.items())),
        }


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits that a host must have, and those it must not have, for a flavor or an image."""

    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()

    @classmethod
    def read(cls, properties: Mapping[str, Any]) -> Traits:
        """Read extra specs or image properties: keys ``trait:NAME`` with the value ``required`` or ``forbidden``."""
        wanted = {key.removeprefix("trait:"): value for key, value in properties.items() if key.startswith("trait:")}
        return cls(
            required=frozenset(name for name, value in wanted.items() if value == "required"),
            forbidden=frozenset(name for name, value in wanted.items() if value == "forbidden"),
        )

    def with_those_of(self, other: Traits) -> Traits:
        return Traits(self.required | other.required, self.forbidden | other.forbidden)


@dataclass(frozen=True, slots=True)
class Image:
    """An image of Glance. Several images may have the same name."""

    id: str
    name: str
    status: str
    traits: Traits = Traits()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Image:
        return cls(id=raw["id"], name=raw.get("name") or "", status=raw["status"], traits=Traits.read(raw))


@dataclass(frozen=True, slots=True)
class Service:
    """A service of Nova (``os-services``). ``beat`` is the time of the last heartbeat that reached the database."""

    id: str
    binary: str
    host: str
    zone: str | None
    enabled: bool
    up: bool
    reason: str | None
    beat: str | None
    forced_down: bool = False
    unknown: bool = False  # its cell does not answer, so nothing else is known of it

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Service:
        return cls(
            id=str(raw.get("id") or ""),
            binary=raw["binary"],
            host=raw["host"],
            zone=raw.get("zone"),
            enabled=raw.get("status") == "enabled",
            up=raw.get("state") == "up",
            reason=raw.get("disabled_reason"),
            beat=raw.get("updated_at"),
            forced_down=bool(raw.get("forced_down")),
            unknown=raw.get("status") == "UNKNOWN",
        )


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A compute node. Its ``id`` is also that of its resource provider in Placement."""

    id: str
    name: str
    host: str
    type: str | None
    version: int
    servers: frozenset[str] = frozenset()  # uuids of all servers on it
    address: str | None = None  # that the host itself names to Nova ([DEFAULT]my_ip)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Hypervisor:
        return cls(
            id=str(raw["id"]),
            name=raw["hypervisor_hostname"],
            host=raw["service"]["host"],
            type=raw.get("hypervisor_type"),
            version=int(raw.get("hypervisor_version") or 0),
            servers=frozenset(server["uuid"] for server in raw.get("servers") or ()),
            address=raw.get("host_ip"),
        )


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
class Group:
    """A server group: servers that must or should be on different hosts, or on the same one."""

    id: str
    name: str
    policy: str
    members: frozenset[str]
    max_server_per_host: int = 1

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Group:
        return cls(
            id=raw["id"],
            name=raw["name"],
            policy=raw["policy"],
            members=frozenset(raw.get("members") or ()),
            max_server_per_host=int((raw.get("rules") or {}).get("max_server_per_host") or 1),
        )


@dataclass(frozen=True, slots=True)
class Action:
    """An action on a server and the user who asked for it. ``at`` is Nova's time, ISO 8601 in UTC without a zone."""

    name: str
    user: str | None
    at: str

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Action:
        return cls(raw["action"], raw.get("user_id"), raw["start_time"])


# Nova's own set of statuses that are not in progress, and 'finished': a cold migration that waits for confirmation.
ENDED = frozenset({"confirmed", "reverted", "error", "failed", "completed", "cancelled", "done", "finished"})


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration record. Its times are Nova's, ISO 8601 in UTC without a zone.

    ``updated_at`` is None until the record changes for the first time.
    """

    id: int
    uuid: str
    server: str
    source: str | None
    destination: str | None
    status: str
    type: str
    created_at: str
    updated_at: str | None = None
    user: str | None = None  # who asked for it; only Nova 2.80 (Ussuri) and newer tell

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Migration:
        return cls(
            id=raw["id"],
            uuid=raw["uuid"],
            server=raw["instance_uuid"],
            source=raw.get("source_compute"),
            destination=raw.get("dest_compute"),
            status=raw["status"],
            type=raw["migration_type"],
            created_at=raw["created_at"],
            updated_at=raw.get("updated_at"),
            user=raw.get("user_id"),
        )

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def lasted(self) -> float:
        """Seconds from its creation to its last change."""
        begin, end = (datetime.fromisoformat(at[:26]) for at in (self.created_at, self.updated_at or self.created_at))
        return (end - begin).total_seconds()


@dataclass(frozen=True, slots=True)
class LiveMigration:
    """A live migration in progress; amounts in bytes, all 0 before the hypervisor began to copy."""

    id: int
    status: str
    memory_remaining: int = 0
    memory_total: int = 0
    disk_remaining: int = 0
    disk_total: int = 0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> LiveMigration:
        amounts = (
            raw.get(f"{what}_{part}_bytes") or 0 for what in ("memory", "disk") for part in ("remaining", "total")
        )
        return cls(raw["id"], raw["status"], *amounts)

    @property
    def remaining(self) -> int:
        """What is still to be copied."""
        return self.memory_remaining + self.disk_remaining

    @property
    def total(self) -> int:
        """What is to be copied in all, as far as the hypervisor tells."""
        return self.memory_total + self.disk_total

    @property
    def percent(self) -> int | None:
        """How much is copied; None where the hypervisor does not tell."""
        return round(100 * (self.total - self.remaining) / self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class HostCapacity:
    """The capacity of one host (``total``, with allocation ratio and reserve counted in) and what is used of it.

    The resource providers below that of the host, such as its GPUs, are counted in: whether what a server asks for can
    come from one of them is left to Nova.

    :ivar traits: those of the host itself. :ivar nested_traits: those of the providers below it.
    :ivar most: the most of each resource class that one server can get, where that is known.
    """

    total: Resources
    used: Resources
    traits: frozenset[str] = frozenset()
    nested_traits: frozenset[str] = frozenset()
    most: Resources = field(default_factory=dict)

    @classmethod
    def read(cls, root: str, tree: Mapping[str, Mapping[str, Any]]) -> HostCapacity:
        """Read the providers of a host, by uuid. :param root: the one that is the host."""
        total, used, most = Counter[str](), Counter[str](), dict[str, int]()
        for raw in tree.values():
            for name, amount in raw["resources"].items():
                total[name] += amount["capacity"]
                used[name] += amount["used"]
                most[name] = max(most.get(name, 0), min(amount["capacity"], amount.get("max_unit", amount["capacity"])))
        nested = (raw.get("traits") or () for provider, raw in tree.items() if provider != root)
        traits = frozenset(tree[root].get("traits") or ())
        return cls(dict(total), dict(used), traits, frozenset().union(*nested), most)

    def free(self, resource: str, margin: float = 0) -> int:
        """Return how much is free of a resource class if ``margin`` percent of its total stay free."""
        usable = int(self.total.get(resource, 0) * (100 - margin) / 100)
        return usable - self.used.get(resource, 0)

    def lacks(self, need: Resources, margin: float = 0) -> dict[str, int]:
        """Return how much is missing of each resource class for ``need``; nothing is if it fits."""
        missing = {
            name: amount - min(self.free(name, margin), self.most.get(name, amount)) for name, amount in need.items()
        }
        return {name: amount for name, amount in missing.items() if amount > 0}

    def holding(self, need: Resources) -> HostCapacity:
        """Return the capacity of the host after it took ``need`` as well."""
        used = {name: self.used.get(name, 0) + need.get(name, 0) for name in {*self.used, *need}}
        return replace(self, used=used)

    def load(self) -> float:
        """Return the used share of the fullest resource class, 0 to 1."""
        return max((self.used.get(name, 0) / total for name, total in self.total.items() if total), default=1.0)
