# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Where one embedded cloud lives: its folders, its ports, its settings."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.cloud.embedded.errors import CloudError

PACKAGES = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGES.parents[1]
DEFAULT_STATE = CHECKOUT / "build" / "cloud" / "state"
DEFAULT_VENV = CHECKOUT / "build" / "cloud" / "venv"
DEFAULT_PORT = 15000

APIS = ("waitress", "uwsgi")  # what serves Nova's API
RELEASES = ("2026.1", "2025.1", "2024.1", "2023.1")  # of OpenStack, beside the current one, which has no name here

# Distance of each listener from the cloud's base port, and the path its endpoint has.
LISTENERS = {
    "keystone": (0, "/v3"),
    "bus": (72, ""),
    "nova": (74, "/v2.1"),
    "nova-front": (75, "/v2.1"),
    "nova2": (76, "/v2.1"),
    "placement": (78, ""),
    "placement-front": (79, ""),
    "glance": (92, ""),
    "neutron": (96, ""),
}
# What a load balancer stands before, front.py or HAProxy: the service's type, the front's listener, the one behind it.
FRONTS = {"compute": ("nova-front", "nova"), "placement": ("placement-front", "placement")}


@dataclass(frozen=True)
class Settings:
    """The settings that `up` was given, kept in `<state>/settings.json` for every later command and process."""

    venv: str
    port: int
    password: str
    hosts: tuple[str, ...]
    vcpus: int
    memory_mb: int
    migration_seconds: float
    max_live_migrations: int
    new_services_disabled: bool
    api: str = APIS[0]
    front: bool = False
    haproxy: bool = False
    cell2_hosts: int = 0
    conductor_lag: int = 0
    release: str = ""

    @classmethod
    def draw(cls, venv: Path, port: int, hosts: tuple[str, ...], **options: Any) -> Settings:
        """The settings of a new cloud, with a password of its own."""
        return cls(venv=str(venv), port=port, hosts=hosts, password=secrets.token_hex(12), **options)


@dataclass(frozen=True)
class Layout:
    """The paths of one cloud: `state` is its folder, `venv` the services' virtualenv."""

    state: Path
    venv: Path

    @classmethod
    def recorded(cls, state: Path) -> Layout:
        """The layout of a cloud that `up` has begun to make."""
        settings = state / "settings.json"
        if not settings.exists():
            raise CloudError(f"There is no cloud in {state}: start one with `up`, or name its --state.")
        return cls(state, Path(json.loads(settings.read_text(encoding="utf-8"))["venv"]))

    @property
    def etc(self) -> Path:
        return self.state / "etc"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def store(self) -> Path:
        """The hypervisors' database, see hypervisors.py."""
        return self.state / "hypervisors.sqlite"

    @property
    def clouds(self) -> Path:
        return self.state / "clouds.yaml"

    @property
    def inventory(self) -> Path:
        return self.state / "inventory.yml"

    @property
    def ready(self) -> Path:
        """Exists from the moment `up` has ended well."""
        return self.state / "ready"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    def host(self, name: str) -> Path:
        """The root folder of one host, the working directory of what Ansible runs there."""
        return self.state / "hosts" / name

    def database(self, name: str) -> str:
        return f"sqlite:///{self.state}/db/{name}.sqlite"

    @property
    def settings(self) -> Settings:
        values = json.loads((self.state / "settings.json").read_text(encoding="utf-8"))
        return Settings(**{**values, "hosts": tuple(values["hosts"])})

    def record(self, settings: Settings) -> None:
        """Write the settings, all of them or none."""
        new = self.state.with_name(f"{self.state.name}.settings")
        new.write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
        new.replace(self.state / "settings.json")


def requirements(release: str) -> Path:
    """The file that pins the services of that release."""
    return CHECKOUT / "requirements" / f"cloud{release and f'-{release}'}.txt"


def default_venv(release: str) -> Path:
    return DEFAULT_VENV.with_name(f"venv{release and f'-{release}'}")


def listener_port(base: int, name: str) -> int:
    return base + LISTENERS[name][0]


def url(base: int, name: str) -> str:
    """The address of a service's endpoint in a cloud with that base port."""
    return f"http://127.0.0.1:{listener_port(base, name)}{LISTENERS[name][1]}"
