# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the embedded cloud must be able to do, tried on one of 4 hosts that is up: `python3 tests/cloud selftest`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.cloud.embedded import hosts, servers
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.hypervisors import Guest, Hypervisors
from tests.cloud.embedded.layout import PACKAGES, Layout
from tests.cloud.embedded.rest import HttpError, Session
from tests.cloud.embedded.waiting import wait_for

Say = Callable[[str], None]
ENDED = ("completed", "error", "failed", "cancelled")


def expect(truth: bool, what: object) -> None:
    """An assertion that `python -O` keeps."""
    if not truth:
        raise CloudError(f"Expected otherwise: {what}")


class Selftest:
    """Every method that begins with `try_` is one capability; its docstring says which."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.admin = Session.open(layout.clouds)
        self.store = Hypervisors(layout.store)
        self.a, self.b, self.c, self.d = (host.name for host in self.store.hosts())

    # What the tries are made of

    def behave(self, key: str, **rule: Any) -> None:
        self.store.behave({"live_migration": {key: rule}})

    def where(self, uuid: str) -> list[Guest]:
        return [guest for guest in self.store.guests() if guest.uuid == uuid]

    def on(self, uuid: str, host: str, state: str = "running") -> None:
        places = [(guest.host, guest.state) for guest in self.where(uuid)]
        expect(places == [(host, state)], f"guest {uuid} {state} on {host} alone, but {places}")

    def boot(self, name: str, host: str | None = None, **options: Any) -> str:
        return servers.boot(self.admin, name, host=host, **options)["id"]

    def migration(self, uuid: str, *statuses: str) -> dict[str, Any]:
        """The server's newest migration, once it has one of the statuses and the server rests if that is an end."""

        def ended() -> dict[str, Any] | None:
            records = self.admin.compute("GET", f"/os-migrations?instance_uuid={uuid}")["migrations"]
            if not records or records[0]["status"] not in statuses:
                return None
            resting = servers.show(self.admin, uuid)["OS-EXT-STS:task_state"] is None
            return records[0] if resting or records[0]["status"] not in ENDED else None

        return wait_for(f"Migration of {uuid} {' or '.join(statuses)}", ended)

    def migrate(self, uuid: str, host: str | None = None) -> str:
        """Live migrate and return how that ended."""
        servers.live_migrate(self.admin, uuid, host)
        return self.migration(uuid, *ENDED)["status"]

    def hostctl(self, host: str, *arguments: str) -> str:
        command = [str(self.layout.host(host) / "bin" / "hostctl"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    @contextlib.contextmanager
    def probing(self, code: int) -> Iterator[dict[str, Any]]:
        """A probe runs as a process of its own and must end with `code`; its report is in what this gives, then."""
        result: dict[str, Any] = {}
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            command = [sys.executable, str(PACKAGES), "--state", str(self.layout.state), "probe", "--out", str(report)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as probe:
                try:
                    line = probe.stdout.readline() if probe.stdout else ""
                    expect(line.startswith("probing "), f"the probe says that it probes, but {line!r}")
                    yield result
                finally:
                    probe.terminate()
                    _output, errors = probe.communicate(timeout=30)
            expect(probe.returncode == code, f"the probe ends with {code}: {errors}")
            result.update(json.loads(report.read_text(encoding="utf-8")))

    def service(self, host: str) -> dict[str, Any]:
        return self.admin.compute("GET", f"/os-services?binary=nova-compute&host={host}")["services"][0]

    def wait_service(self, host: str, state: str) -> None:
        wait_for(f"nova-compute of {host} {state}", lambda: self.service(host)["state"] == state)

    def refused(self, status: int, call: Callable[[], Any]) -> None:
        try:
            answer = call()
        except HttpError as error:
            expect(error.status == status, error)
        else:
            raise CloudError(f"Expected status {status}, but it was done: {answer}")

    def clean(self) -> None:
        """Leave nothing behind, the allocations which Nova leaks when a migration breaks included."""
        listed = self.admin.compute("GET", "/servers?all_tenants=1")["servers"]
        servers.delete(self.admin, *(server["id"] for server in listed))
        for group in self.admin.compute("GET", "/os-server-groups")["server_groups"]:
            self.admin.compute("DELETE", f"/os-server-groups/{group['id']}")
        for provider in self.admin.placement("GET", "/resource_providers")["resource_providers"]:
            path = f"/resource_providers/{provider['uuid']}/allocations"
            for consumer in self.admin.placement("GET", path)["allocations"]:
                self.admin.placement("DELETE", f"/allocations/{consumer}")
        self.store.clear_behaviour()
        wait_for("Hypervisors empty", lambda: not self.store.guests())

    # The tries

    def try_boot(self) -> None:
        """servers boot where they are wanted, in every state"""
        for state, kept in (("active", "running"), ("paused", "paused"), ("shutoff", "shutdown")):
            self.on(self.boot(state, self.a, state=state), self.a, kept)

    def try_live_migration(self) -> None:
        """a live migration shows its progress and hands over under the eyes of a probe"""
        uuid, still = self.boot("moving", self.a), self.boot("paused", self.a, state="paused")
        self.behave("*", seconds=2)
        with self.probing(0) as result:
            servers.live_migrate(self.admin, uuid, self.b)
            self.migration(uuid, "running")
            seen = []
            deadline = time.monotonic() + 30
            while running := self.admin.compute("GET", f"/servers/{uuid}/migrations")["migrations"]:
                seen.append(running[0]["memory_processed_bytes"])
                expect(time.monotonic() < deadline, "a migration of 2 s ends")
                time.sleep(0.1)
            expect(self.migrate(still, self.c) == "completed", "a paused server migrates")
        expect(result["good"] and result["finished"] and result["api_samples"] > 2, result)
        hosts_of = {guest["uuid"]: guest["hosts"] for guest in result["guests"]}
        expect(hosts_of == {uuid: [self.a, self.b], still: [self.a, self.c]}, hosts_of)
        figures = [processed for processed in seen if processed is not None]
        expect(len(set(figures)) > 3 and figures == sorted(figures), f"rising progress in {seen}")
        self.on(uuid, self.b)
        self.on(still, self.c, "paused")

    def try_probe_sees(self) -> None:
        """the probe fails when a guest is stopped"""
        uuid = self.boot("stopped", self.a)
        with self.probing(1) as result:
            servers.act(self.admin, uuid, "os-stop")
            servers.wait_status(self.admin, uuid, "SHUTOFF")
        violations = result["violations"]
        expect(any(violation["what"] == f"shut down on {self.a}" for violation in violations), violations)

    def try_version(self) -> None:
        """an upgrade takes a reboot, which kills guests; Nova then refuses to migrate to an older host"""
        journal = self.layout.host(self.d) / "journal"
        before = len(journal.read_text(encoding="utf-8"))
        boot_id = self.hostctl(self.d, "boot-id")
        old = int(self.hostctl(self.d, "version", "--running"))
        victim = self.boot("victim", self.d)
        self.hostctl(self.d, "upgrade", str(old + 1))
        expect(self.hostctl(self.d, "version", "--running") == str(old), "an upgrade waits for the reboot")
        self.hostctl(self.d, "reboot")
        self.on(victim, self.d, "shutdown")
        expect(self.hostctl(self.d, "boot-id") != boot_id, "a reboot changes the boot id")
        written = journal.read_text(encoding="utf-8")[before:]
        expect(written.count(f" upgrade {old + 1}\n") == 1, written)
        self.wait_service(self.d, "up")
        servers.wait_status(self.admin, victim, "SHUTOFF")

        def is_new() -> bool:
            listed = self.admin.compute("GET", "/os-hypervisors/detail")["hypervisors"]
            return {entry["hypervisor_hostname"]: entry["hypervisor_version"] for entry in listed}[self.d] == old + 1

        wait_for("Nova shows the new version", is_new)
        uuid = self.boot("newer", self.d)
        expect(self.migrate(uuid, self.a) == "error", "Nova refuses an older destination")
        self.on(uuid, self.d)
        self.hostctl(self.d, "upgrade", str(old))
        self.hostctl(self.d, "reboot")
        self.wait_service(self.d, "up")

    def try_failures(self) -> None:
        """live migrations are refused, roll back, break, hang and are aborted or forced"""
        for fail, ending, status in (
            ("precheck", "error", "ACTIVE"),
            ("predest", "failed", "ACTIVE"),
            ("rollback", "failed", "ACTIVE"),
            ("error", "error", "ERROR"),
        ):
            uuid = self.boot(fail, self.a)
            self.behave(fail, fail=fail)
            servers.live_migrate(self.admin, uuid, self.b)
            self.migration(uuid, ending)  # Nova calls `predest` error first, and failed when it has rolled back
            expect(servers.show(self.admin, uuid)["status"] == status, f"{fail} leaves the server {status}")
            self.on(uuid, self.a)
        expect(not self.store.arriving(self.b), "nothing arrives any more")
        choosy = self.boot("choosy", self.a)
        self.behave(f"to:{self.b}", fail="precheck")
        expect(self.migrate(choosy, self.b) == "error", f"{self.b} refuses")
        expect(self.migrate(choosy, self.c) == "completed", f"{self.c} does not refuse")

    def try_death(self) -> None:
        """a guest dies on arrival, Nova says that all is well, and the probe knows better"""
        uuid = self.boot("doomed", self.a)
        self.behave("doomed", fail="dies")
        with self.probing(1) as result:
            expect(self.migrate(uuid, self.b) == "completed", "Nova says completed")
        expect(servers.show(self.admin, uuid)["status"] == "ACTIVE", "Nova says ACTIVE")
        self.on(uuid, self.b, "dead")
        violations = [violation["what"] for violation in result["violations"]]
        expect(violations == [f"dead on {self.b}, was running"], violations)

    def try_hang(self) -> None:
        """a hanging live migration stops half-way, and can be aborted or forced"""
        uuid = self.boot("hanging", self.a)
        self.behave("hanging", fail="hang")
        for method, suffix, body, ending in (
            ("DELETE", "", None, "cancelled"),
            ("POST", "/action", {"force_complete": None}, "completed"),
        ):
            servers.live_migrate(self.admin, uuid, self.b)
            number = self.migration(uuid, "running")["id"]

            def half(number: int = number) -> bool:
                migration = self.admin.compute("GET", f"/servers/{uuid}/migrations/{number}")["migration"]
                return migration["memory_processed_bytes"] == migration["memory_remaining_bytes"] != 0

            wait_for("The migration hangs half-way", half)
            self.admin.compute(method, f"/servers/{uuid}/migrations/{number}{suffix}", body)
            self.migration(uuid, ending)
        self.on(uuid, self.b)
        expect(not self.store.arriving(self.b), "nothing arrives any more")

    def try_crash(self) -> None:
        """a killed nova-compute takes no guest with it, not even one that is migrating"""
        uuid = self.boot("survivor", self.a)
        self.behave("survivor", fail="hang")
        servers.live_migrate(self.admin, uuid, self.b)
        self.migration(uuid, "running")
        hosts.kill(self.layout, self.a)
        self.on(uuid, self.a)
        self.wait_service(self.a, "down")
        self.store.clear_behaviour()
        hosts.start(self.layout, self.a)
        self.wait_service(self.a, "up")
        servers.wait_status(self.admin, uuid, "ACTIVE")
        self.on(uuid, self.a)
        expect(not self.store.arriving(self.b), "nothing arrives any more")
        expect(self.migrate(uuid, self.b) == "completed", "the survivor migrates")

    def try_limits(self) -> None:
        """hosts fill up, and anti-affinity keeps servers apart"""
        vcpus = self.layout.settings.vcpus
        large = [self.boot(f"large{n}", self.a, flavor="large") for n in range(vcpus // 8)]
        another = self.boot("another", self.b)
        expect(self.migrate(another, self.a) == "error", "a full host takes no more")
        servers.delete(self.admin, *large)
        apart = [self.boot(f"apart{n}", group="apart:anti-affinity") for n in range(4)]
        expect(len({self.where(uuid)[0].host for uuid in apart}) == 4, "four servers on four hosts")
        expect(self.migrate(apart[0]) == "error", "no host is left")

    def try_cold_migration(self) -> None:
        """a stopped server migrates cold and is confirmed"""
        uuid = self.boot("cold", self.a, state="shutoff")
        servers.act(self.admin, uuid, "migrate", {"host": self.b})
        servers.wait_status(self.admin, uuid, "VERIFY_RESIZE")
        servers.act(self.admin, uuid, "confirmResize")
        servers.wait_status(self.admin, uuid, "SHUTOFF")
        self.on(uuid, self.b, "shutdown")

    def try_rights_and_maintenance(self) -> None:
        """a plain user is refused; the old maintenance mode works up to 2.42"""
        demo = Session.open(self.layout.clouds, "embedded-demo")
        self.refused(403, lambda: demo.compute("GET", "/os-services"))

        def maintenance(mode: str, version: str) -> Any:
            return self.admin.compute("PUT", f"/os-hosts/{self.a}", {"maintenance_mode": mode}, version)

        expect(maintenance("enable", "2.42")["maintenance_mode"] == "on_maintenance", "maintenance begins")
        expect(maintenance("disable", "2.42")["maintenance_mode"] == "off_maintenance", "maintenance ends")
        self.refused(404, lambda: maintenance("enable", "2.43"))


def run(layout: Layout, say: Say) -> None:
    """Run every try, each on a clean cloud; an error at the end when one failed. All servers are deleted."""
    if len(layout.settings.hosts) != 4 or layout.settings.cell2_hosts:
        raise CloudError("The selftest needs a cloud of 4 hosts in one cell.")
    test, failed, began = Selftest(layout), [], time.monotonic()
    for name in [name for name in vars(Selftest) if name.startswith("try_")]:
        test.clean()
        action, started, outcome = getattr(test, name), time.monotonic(), "ok"
        try:
            action()
        except CloudError as error:
            failed.append(name)
            outcome = f"FAILED: {error}"
        say(f"{time.monotonic() - started:5.1f} s  {action.__doc__}: {outcome}")
    test.clean()
    if failed:
        raise CloudError(f"{len(failed)} failed: {', '.join(failed)}.")
    say(f"all is well, after {time.monotonic() - began:.0f} s")
