# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is done with real guests, each time by the collection as its user would, and what has to come of it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from tests.cloud.embedded.errors import CloudError
from tests.hypervisors.proving_ground import ProvingGround
from tests.tools.layout import BUILD, environment

POOL = "pool"
ROLLS = BUILD / "hypervisors" / "rolls"
LOG = BUILD / "hypervisors" / "roll.log"  # of the last one
RUN_SECONDS = 600


@dataclass(frozen=True)
class Finding:
    """One thing that must be so, in words, and whether it is."""

    good: bool
    text: str


def surroundings(ground: ProvingGround) -> dict[str, str]:
    """The environment in which Ansible finds the cloud and its hosts."""
    return environment(
        OS_CLIENT_CONFIG_FILE=str(ground.layout.clouds),
        OS_CLOUD="embedded",
        ANSIBLE_INVENTORY=str(ground.layout.inventory),
    )


def maintain(ground: ProvingGround, **options: Any) -> dict[str, Any]:
    """Call os_host_maintenance, and return its result."""
    module = "stackops.aggregates.os_host_maintenance"
    command = ["ansible", "localhost", "-m", module, "-a", json.dumps(options)]
    ran = subprocess.run(
        command, env=surroundings(ground), capture_output=True, text=True, timeout=RUN_SECONDS, check=False
    )
    _head, arrow, result = ran.stdout.partition("=> ")
    if not arrow:
        raise CloudError(f"{module} said nothing: {ran.stdout}{ran.stderr}")
    return {**json.loads(result), "failed": ran.returncode != 0}  # ansible says it before the result alone


def make_pool(ground: ProvingGround) -> None:
    made = ground.session.compute("POST", "/os-aggregates", {"aggregate": {"name": POOL}})["aggregate"]
    for host in ground.names:
        body = {"add_host": {"host": host}}
        ground.session.compute("POST", f"/os-aggregates/{made['id']}/action", body)


def roll(ground: ProvingGround, **options: Any) -> tuple[int, str]:
    """Roll the built-in upgrade through the pool; return how it ended, and what it printed, which is in LOG too."""
    settings = {"aggregate": POOL, "directory": str(ROLLS), "reboot": "always", "reboot_timeout": 120, **options}
    variables = {f"rolling_upgrade_{name}": value for name, value in settings.items()}
    playbook = "stackops.aggregates.rolling_upgrade"
    with LOG.open("w", encoding="utf-8") as log:
        command = ["ansible-playbook", playbook, "-e", json.dumps(variables)]
        status = subprocess.run(
            command, env=surroundings(ground), stdout=log, stderr=log, timeout=RUN_SECONDS, check=False
        ).returncode
    return status, LOG.read_text(encoding="utf-8")


def reboots(ground: ProvingGround) -> list[Finding]:
    """A roll by the built-in upgrade: each host loses power while it is empty, and its guests return to it."""
    places = {f"web{number}": host for number, host in enumerate(ground.names, 1)}
    ground.boot_all(places)
    archive = ground.boot_all({"archive": ground.names[0]})["archive"]
    ground.act(archive, "os-stop")
    ground.wait_status(archive, "SHUTOFF")
    boots = ground.boots()
    before = ground.whereabouts()
    status, said = roll(ground)
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "nothing")
    again = [host for host, boot in ground.boots().items() if boot != boots[host]]
    displaced = {name: place for name, place in ground.whereabouts().items() if before[name] != place}
    return [
        Finding(status == 0, f"the roll ended with {status}: {last}"),
        Finding(again == list(ground.names), f"hosts with a new boot: {', '.join(again) or 'none'}"),
        Finding(not displaced, f"servers in their first state and place: {len(before) - len(displaced)}/{len(before)}"),
        *(Finding(False, f"{name} is {place}, and was {before[name]}") for name, place in displaced.items()),
    ]


def busy(ground: ProvingGround) -> list[Finding]:
    """A guest that writes faster than the link: its migration is stuck, aborted and told, and the guest runs on.

    From 2026.1 on Nova calls an aborted migration an error, and its server too (nova/virt/libvirt/driver.py), though it
    has taken everything back.
    """
    host = ground.names[0]
    server = ground.boot_all({"busy": host}, image="busy", flavor="roomy")["busy"]
    result = maintain(ground, host=host, state="started", migration_timeout=15, retries=0, timeout=120)
    records = ground.session.compute("GET", f"/os-migrations?instance_uuid={server}")["migrations"]
    outcomes = {record["status"] for record in records}
    told = result.get("msg", "no message")
    return [
        Finding(result["failed"] and "busy" in told, f"told: {told}"),
        Finding(
            bool(outcomes) and outcomes <= {"cancelled", "error"},
            f"its migrations, {len(records)}: {', '.join(sorted(outcomes))}",
        ),
        Finding(
            ground.whereabouts()["busy"] in (f"ACTIVE on {host}", f"ERROR on {host}"),
            f"busy is {ground.whereabouts()['busy']}",
        ),
    ]


def disk(ground: ProvingGround) -> list[Finding]:
    """A guest with a local disk of 2 GB, all of it written: copied for longer than a migration may stand still."""
    host = ground.names[0]
    server = ground.boot_all({"disk": host}, flavor="disk")["disk"]
    ground.act(server, "os-stop")
    ground.wait_status(server, "SHUTOFF")
    ground.fill_disk(host, server)
    ground.act(server, "os-start")
    ground.wait_status(server, "ACTIVE")
    ground.wait_beats(server)
    with ground.watching(server) as progress:
        result = maintain(ground, host=host, state="started", migration_timeout=8)
    copied = sorted({entry["disk_remaining_bytes"] >> 20 for entry in progress if entry["disk_total_bytes"]})
    return [
        Finding(not result["failed"], result.get("msg") or f"moved to {result['moved'][0]['target']}"),
        Finding(len(copied) > 2, f"MB of its disk to copy, as Nova told: {', '.join(map(str, reversed(copied)))}"),
    ]
