# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A host as Ansible and its own commands see it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cloud.embedded import hosts
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.hypervisors import FIRST_VERSION, Hypervisors
from tests.cloud.embedded.layout import PACKAGES, Layout


@pytest.fixture
def root(layout: Layout) -> Path:
    """The root folder of cmp01, in a cloud of two hosts of which nothing runs."""
    (layout.state / "nova").mkdir()
    for name in ("cmp01", "cmp02"):
        hosts.create(layout, name, vcpus=4)
    return layout.host("cmp01")


def hostctl(root: Path, *arguments: str) -> str:
    command = [str(root / "bin" / "hostctl"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_hostctl_acts_on_the_host_that_it_lies_in(layout: Layout, root: Path) -> None:
    assert hostctl(root, "version") == str(FIRST_VERSION)
    hostctl(root, "upgrade", "9000000")
    assert hostctl(root, "version") == "9000000"
    assert hostctl(root, "version", "--running") == str(FIRST_VERSION)
    assert hostctl(layout.host("cmp02"), "version") == str(FIRST_VERSION)
    assert hostctl(root, "boot-id") == Hypervisors(layout.store).host("cmp01").boot_id


def test_hostctl_keeps_a_journal(layout: Layout, root: Path) -> None:
    hostctl(root, "upgrade", "9000000")
    [line] = (root / "journal").read_text(encoding="utf-8").splitlines()
    assert line.split(" ", 1)[1] == "upgrade 9000000"
    assert (layout.host("cmp02") / "journal").read_text(encoding="utf-8") == ""


def test_hostctl_says_what_it_cannot_do(root: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        hostctl(root, "restart-compute")
    assert "hostctl on cmp01: nova-compute of cmp01 does not run" in caught.value.stderr


def test_the_inventory_maps_its_names_to_nova_s(layout: Layout, root: Path) -> None:
    hosts.write_inventory(layout)
    entries = json.loads(layout.inventory.read_text(encoding="utf-8"))["compute"]["hosts"]
    assert {name: entry["nova_host"] for name, entry in entries.items()} == {
        "compute-01.example": "cmp01",
        "compute-02.example": "cmp02",
    }
    assert entries["compute-01.example"]["ansible_embedded_host_root"] == str(root)


def test_the_connection_plugin_runs_commands_on_the_host(root: Path) -> None:
    play_context = pytest.importorskip("ansible.playbook.play_context")
    loader = pytest.importorskip("ansible.plugins.loader")
    loader.init_plugin_loader()
    loader.connection_loader.add_directory(str(PACKAGES / "connection_plugins"))
    connection = loader.connection_loader.get("embedded_host", play_context.PlayContext())
    connection.set_options(var_options={"ansible_embedded_host_root": str(root)})
    code, output, errors = connection.exec_command('pwd; echo ~ "$EMBEDDED_HOST"; hostctl version')
    assert (code, errors) == (0, b"")
    assert output.decode().split() == [str(root), str(root), "cmp01", str(FIRST_VERSION)]


@pytest.mark.parametrize("name", ["", "a/b", "compute-with-a-long-name", "naïve"])
def test_a_host_needs_a_name_that_serves_everywhere(name: str) -> None:
    with pytest.raises(CloudError, match="is no host name here"):
        hosts.check_name(name)


def test_an_unknown_host_is_named_with_the_known_ones(layout: Layout, root: Path) -> None:
    with pytest.raises(CloudError, match="no host cmp07 in .*: it has cmp01, cmp02"):
        hosts.kill(layout, "cmp07")
