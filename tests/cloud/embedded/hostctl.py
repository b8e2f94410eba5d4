# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""`hostctl`, the command that a host has in its bin/: its identity is the folder it lies in, never an argument."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.cloud.embedded import hosts
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.layout import Layout


class HostControl:
    """The commands of one host; `root` is `<state>/hosts/<name>`."""

    def __init__(self, root: Path) -> None:
        self.name = root.name
        self.journal = root / "journal"
        self.layout = Layout.recorded(root.parents[1])
        self.store = Hypervisors(self.layout.store)

    def version(self, options: argparse.Namespace) -> None:
        host = self.store.host(self.name)
        print(host.version if options.running else host.installed)

    def boot_id(self, _options: argparse.Namespace) -> None:
        print(self.store.host(self.name).boot_id)

    def upgrade(self, options: argparse.Namespace) -> None:
        self.store.install(self.name, options.version)

    def reboot(self, _options: argparse.Namespace) -> None:
        hosts.reboot(self.layout, self.name)

    def restart_compute(self, _options: argparse.Namespace) -> None:
        hosts.restart_compute(self.layout, self.name)

    def write_journal(self, arguments: list[str]) -> None:
        """One line for each command: when and what, so that a test can prove where it ran and how often."""
        with self.journal.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {' '.join(arguments)}\n")


Action = Callable[[HostControl, argparse.Namespace], None]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="hostctl", description="Control this host.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(
        name: str, action: Callable[[HostControl, argparse.Namespace], None], text: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text)
        added.set_defaults(action=action)
        return added

    version = command("version", HostControl.version, "print the installed hypervisor version, as Nova writes it")
    version.add_argument("--running", action="store_true", help="the one in effect instead")
    command("boot-id", HostControl.boot_id, "print the boot id, which changes with every boot")
    upgrade = command("upgrade", HostControl.upgrade, "install a hypervisor version, in effect after a reboot")
    upgrade.add_argument("version", type=int)
    command("reboot", HostControl.reboot, "reboot: running guests die, the installed version takes effect")
    command("restart-compute", HostControl.restart_compute, "restart nova-compute alone")
    return parser.parse_args(arguments)


def main(root: Path) -> int:
    options = parse(sys.argv[1:])
    control = HostControl(root)
    control.write_journal(sys.argv[1:])
    try:
        options.action(control, options)
    except CloudError as error:
        print(f"hostctl on {control.name}: {error}", file=sys.stderr)
        return 1
    return 0
