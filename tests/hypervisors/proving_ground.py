# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Real hosts under the embedded control plane: up, power, servers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.cloud.embedded import cloud, processes
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import CHECKOUT, Layout, Settings, default_venv
from tests.cloud.embedded.rest import Session
from tests.cloud.embedded.waiting import wait_for
from tests.hypervisors import machine, machine_files, recorder
from tests.hypervisors.beats import Beat, alive

STATE = CHECKOUT / "build" / "cloud" / "hypervisors"
BEATS = CHECKOUT / "build" / "hypervisors" / "beats"  # it outlives the cloud
BINDINGS = CHECKOUT / "build" / "hypervisors" / "site"  # libvirt-python
DEADLINE = 120.0
POLL_SECONDS = 0.2
LATEST_BYTES = 1 << 17  # of what is recorded: some seconds
DISK_GB = 2
# Name, processors, MB of memory, GB of disk.
FLAVORS = (("guest", 1, 128, 0), ("roomy", 1, 512, 0), ("disk", 1, 128, DISK_GB))
COMMAND_LINE = "console=ttyS0 quiet hb.ms=10 {options}"
# What the guests do beside their heartbeat, by the name of their image.
IMAGES = {
    "calm": "hb.fill_mb=32 hb.dirty_mb=4",
    "busy": "hb.fill_mb=256 hb.dirty_mb=256 hb.dirty_ms=10",  # more than the link takes
}


class ProvingGround:
    """Hosts that are up, and an administrator's session."""

    def __init__(self, layout: Layout, names: tuple[str, ...]) -> None:
        self.layout, self.names = layout, names
        self.session = Session.open(layout.clouds)

    @classmethod
    def up(cls, port: int, count: int, virt_type: str, guest: tuple[Path, Path]) -> ProvingGround:
        layout = Layout(STATE, default_venv(""))
        names = tuple(f"cmp{number:02d}" for number in range(1, count + 1))
        options = {"vcpus": 1, "memory_mb": 1, "migration_seconds": 0.0, "max_live_migrations": 1}
        settings = Settings.draw(layout.venv, port, (), new_services_disabled=False, **options)
        cloud.up(layout, settings, reuse=False, say=print)
        (layout.state / "machines" / "instances").mkdir(parents=True)
        machine.start_switch(layout)
        machine_files.make_keys(layout)
        for name in names:
            machine_files.write(layout, name, virt_type)
        machine_files.write_inventory(layout, names)
        ground = cls(layout, names)
        for name in names:
            ground.power_on(name)
        ground.register(guest)
        ground.wait("every compute service is there", lambda: len(ground.services()) == count)
        processes.wait_ready(layout, processes.fork(layout, "cells", "cells"))
        cloud.wait_hosts(ground.session, names)
        return ground

    def power_on(self, name: str) -> None:
        environment = processes.environment(self.layout)
        environment["PYTHONPATH"] += f":{BINDINGS}"
        with (self.layout.logs / f"{name}.log").open("ab") as log:
            # It lives until the power is off, or the cloud ends.
            subprocess.Popen(  # pylint: disable=consider-using-with
                [sys.executable, "-m", "tests.hypervisors.machine", str(self.layout.state), name],
                env=environment,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def register(self, guest: tuple[Path, Path]) -> None:
        """Make the flavors and the images of the guests."""
        for name, vcpus, memory, disk in FLAVORS:
            flavor = {"name": name, "vcpus": vcpus, "ram": memory, "disk": disk}
            self.session.compute("POST", "/flavors", {"flavor": flavor})
        kernel, ramdisk = (
            self.image(kind, file.read_bytes(), disk_format=kind, container_format=kind)
            for kind, file in zip(("aki", "ari"), guest, strict=True)
        )
        for name, options in IMAGES.items():
            self.image(
                name,
                b"\1" * (1 << 20),
                disk_format="raw",
                container_format="bare",
                kernel_id=kernel,
                ramdisk_id=ramdisk,
                hw_machine_type="pc",
                hw_video_model="none",
                os_shutdown_timeout="3",  # the guests know no ACPI
                os_command_line=COMMAND_LINE.format(options=options),
            )

    def image(self, name: str, content: bytes, **properties: str) -> str:
        image = self.session.image("POST", "/v2/images", {"name": name, "visibility": "public", **properties})
        self.session.image("PUT", f"/v2/images/{image['id']}/file", content)
        return str(image["id"])

    def services(self) -> list[dict[str, Any]]:
        services = self.session.compute("GET", "/os-services?binary=nova-compute")["services"]
        return list(services)

    def server(self, key: str) -> dict[str, Any]:
        return dict(self.session.compute("GET", f"/servers/{key}")["server"])

    def boot(self, name: str, host: str, image: str = "calm", flavor: str = "guest") -> str:
        """Ask for a server and return its id."""
        flavors = {entry["name"]: entry["id"] for entry in self.session.compute("GET", "/flavors")["flavors"]}
        images = {entry["name"]: entry["id"] for entry in self.session.image("GET", "/v2/images")["images"]}
        body = {"name": name, "host": host, "flavorRef": flavors[flavor], "imageRef": images[image], "networks": "none"}
        return str(self.session.compute("POST", "/servers", {"server": body})["server"]["id"])

    def boot_all(self, places: Mapping[str, str], **kind: str) -> dict[str, str]:
        """Boot a server of each name on its host; return their ids by name when all of their hearts beat."""
        servers = {name: self.boot(name, host, **kind) for name, host in places.items()}
        for server in servers.values():
            self.wait_status(server, "ACTIVE")
        self.wait_beats(*servers.values())
        return servers

    def act(self, key: str, action: str) -> None:
        self.session.compute("POST", f"/servers/{key}/action", {action: None})

    def clear(self) -> None:
        """Delete every server, and put every host into service."""
        for server in self.servers():
            self.session.compute("DELETE", f"/servers/{server['id']}")
        self.wait("every server is gone", lambda: not self.servers())
        for service in self.services():
            if service["status"] == "disabled":
                self.session.compute("PUT", f"/os-services/{service['id']}", {"status": "enabled"})

    def wait_status(self, key: str, status: str) -> None:
        def reached() -> bool:
            server = self.server(key)
            if server["status"] == "ERROR":
                raise CloudError(f"The server {server['name']} is in ERROR: {server.get('fault')}")
            return server["status"] == status and not server["OS-EXT-STS:task_state"]

        self.wait(f"the server {key} is {status}", reached)

    @staticmethod
    def wait(what: str, done: Callable[[], bool]) -> None:
        wait_for(what, done, DEADLINE, POLL_SECONDS)

    def servers(self) -> list[dict[str, Any]]:
        return list(self.session.compute("GET", "/servers/detail?all_tenants=1")["servers"])

    def whereabouts(self) -> dict[str, str]:
        """The state and the host of each server, by its name."""
        return {server["name"]: f"{server['status']} on {server['OS-EXT-SRV-ATTR:host']}" for server in self.servers()}

    def boots(self) -> dict[str, str]:
        """The boot of each host."""
        folders = {name: machine.home(self.layout, name) for name in self.names}
        return {name: (folder / "boot_id").read_text(encoding="utf-8") for name, folder in folders.items()}

    def fill_disk(self, host: str, server: str) -> None:
        """Write all of the disk of a server that is stopped."""
        file = self.layout.state / "machines" / "instances" / server / "disk"
        writes = [part for start in range(0, DISK_GB * 1024, 256) for part in ("-c", f"write -P 85 {start}M 256M")]
        ran = machine_files.run_on(self.layout, host, "qemu-io", *writes, str(file))
        if ran.returncode:
            raise CloudError(f"The disk of {server} could not be written: {ran.stdout}{ran.stderr}")

    @contextlib.contextmanager
    def watching(self, server: str) -> Iterator[list[dict[str, Any]]]:
        """Note what Nova tells of the server's live migration inside the ``with``."""
        seen: list[dict[str, Any]] = []

        def look() -> None:
            seen.extend(self.session.compute("GET", f"/servers/{server}/migrations")["migrations"])

        with repeating(look):
            yield seen

    def migrations(self) -> list[dict[str, Any]]:
        return list(self.session.compute("GET", "/os-migrations")["migrations"])

    def record(self) -> None:
        """Begin to write down each heartbeat. Each guest's console is in `<host>/instances/<id>/console.log`."""
        command = [sys.executable, "-m", "tests.hypervisors.recorder", str(self.layout.state / "machines"), str(BEATS)]
        BEATS.parent.mkdir(parents=True, exist_ok=True)
        BEATS.write_text("", encoding="utf-8")
        environment = processes.environment(self.layout)
        # It lives as long as the cloud, whose end ends it.
        subprocess.Popen(command, env=environment, cwd=CHECKOUT, start_new_session=True)  # pylint: disable=consider-using-with

    def beats(self) -> dict[str, list[Beat]]:
        return recorder.load(BEATS)

    def wait_beats(self, *servers: str) -> None:
        """Return when each of these guests was heard within the last second."""

        def heard() -> bool:
            beats = recorder.load(BEATS, LATEST_BYTES)
            return all(alive(beats.get(server, ()), time.time(), 1) for server in servers)

        self.wait("every guest's heart beats", heard)


@contextlib.contextmanager
def repeating(look: Callable[[], None]) -> Iterator[None]:
    """Look again and again inside the ``with``."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(POLL_SECONDS):
            look()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
