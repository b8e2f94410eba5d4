# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The demo: roll an upgrade through a real cloud on this machine, host after host by a plan that is shown first, while
a probe watches every guest; then check what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.rest import Session
from tests.demo import fleet
from tests.demo.checks import NEW_VERSION, Evidence, check

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLOUD = ROOT / "tests" / "cloud"
STATE = ROOT / "build" / "cloud" / "demo"
ROLLS = ROOT / "build" / "demo"  # it outlives the cloud
PORT = os.environ.get("EMBEDDED_CLOUD_PORT") or "25000"
MIGRATION_SECONDS = 2
ABREAST = 3
PROBE_ENDS_SECONDS = 30


ROLL = (
    "stackops.aggregates.rolling_upgrade",
    *("-e", "rolling_upgrade_aggregate=nvme"),
    *("-e", f"rolling_upgrade_max_unavailable={ABREAST}"),
    *("-e", f"rolling_upgrade_directory={ROLLS}"),
    *("-e", f"rolling_upgrade_needed_tasks={HERE / 'tasks' / 'needed.yml'}"),
    *("-e", f"rolling_upgrade_tasks={HERE / 'tasks' / 'upgrade.yml'}"),
    *("-e", f"rolling_upgrade_verify_tasks={HERE / 'tasks' / 'verify.yml'}"),
    *("-e", f"hypervisor_version={NEW_VERSION}"),
)


class DemoError(Exception):
    """The demo cannot go on; the message is one sentence."""


def say(text: str) -> None:
    print(text, flush=True)


def cloud(*arguments: str) -> None:
    command = [sys.executable, str(CLOUD), "--state", str(STATE), "--port", PORT, *arguments]
    if subprocess.run(command, check=False).returncode:
        raise DemoError(f"The embedded cloud failed at `{arguments[0]}`: see its error above.")


def playbook(*arguments: str) -> int:
    """Run a playbook, show what it does, and return how many tasks changed something."""
    env = os.environ | {
        "OS_CLIENT_CONFIG_FILE": str(STATE / "clouds.yaml"),
        "OS_CLOUD": "embedded",
        "ANSIBLE_CONNECTION_PLUGINS": str(CLOUD / "connection_plugins"),
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
        "ANSIBLE_STDOUT_CALLBACK": "timeline",
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
    }
    command = ["ansible-playbook", "-i", str(STATE / "inventory.yml"), *arguments]
    changed = None
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for line in process.stdout or ():
                print(f"  {line}", end="", flush=True)
                changed = re.search(r"changed=(\d+)", line) or changed
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode or changed is None:
        raise DemoError(f"ansible-playbook {arguments[0]} ended with status {process.returncode}: see its error above.")
    return int(changed[1])


@contextlib.contextmanager
def probing() -> Iterator[dict[str, Any]]:
    """Watch every guest inside the `with`; what this gives is then the report."""
    report: dict[str, Any] = {}
    out = STATE / "probe.json"
    command = [sys.executable, str(CLOUD), "--state", str(STATE), "probe", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as probe:
        try:
            line = probe.stdout.readline() if probe.stdout else ""
            if not line.startswith("probing "):
                raise DemoError("The probe did not start: see its error above.")
            say(f"  {line.strip()}")
            yield report
        finally:
            probe.terminate()
            probe.wait(PROBE_ENDS_SECONDS)
    report.update(json.loads(out.read_text(encoding="utf-8")))


def demo() -> bool:
    """Show everything, and return whether all of it was as it must be."""
    began = time.monotonic()
    say(f"\nA real cloud: Keystone, Placement, Glance, Nova, and {fleet.HOSTS} compute hosts")
    cloud("down")
    if ROLLS.exists():  # the report of the last demo
        shutil.rmtree(ROLLS)
    cloud("up", "--hosts", str(fleet.HOSTS), "--migration-seconds", str(MIGRATION_SECONDS))
    session = Session.open(STATE / "clouds.yaml")
    say("\nDeclare its aggregates")
    playbook(str(HERE / "aggregates.yml"))
    say(f"\nBoot {len(fleet.FLEET)} servers; a live migration takes {MIGRATION_SECONDS} s")
    servers, versions = fleet.boot(session), fleet.versions(session)
    for host in sorted(versions):
        on_host = [f"{server.name} {server.status}" for server in servers.values() if server.host == host]
        say(f"  {host}: {', '.join(on_host)}")
    say(f"\nRoll the upgrade through up to {ABREAST} hosts at once, while a probe watches every guest that runs")
    with probing() as probe:
        playbook(*ROLL)
        say("\nThe same command again")
        changed = playbook(*ROLL)
    page = next(ROLLS.glob("*/*/report.html"))
    evidence = Evidence(
        versions=(versions, fleet.versions(session)),
        servers=(servers, fleet.booted(session)),
        journals={host: (STATE / "hosts" / host / "journal").read_text(encoding="utf-8") for host in versions},
        moves=fleet.moves(session),
        probe=probe,
        report=json.loads(page.with_suffix(".json").read_text(encoding="utf-8")),
        changed_by_second_run=changed,
    )
    findings = check(evidence)
    say(f"\nAfter {time.monotonic() - began:.0f} s")
    for finding in findings:
        say(f"  {'ok ' if finding.good else 'BAD'}  {finding.text}")
    say(f"\nThe report, with a timeline of it all: {page}")
    return all(finding.good for finding in findings)


def stop(_signal: int, _frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, stop)
    try:
        good = demo()
        say(
            "\nEvery host is upgraded, and no running guest noticed." if good else "\nNot as it must be: see BAD above."
        )
        return 0 if good else 1
    except (DemoError, CloudError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        cloud("down")


if __name__ == "__main__":
    sys.exit(main())
