# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The inventory plugin, loaded and called as Ansible does: its examples, its options, and what it refuses."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible.utils.display import Display

from tests.unit.collection.repository import COLLECTION, ROOT
from tests.unit.fake.cloud import FakeCloud

PLUGIN = f"{COLLECTION}.os_aggregate_hosts"
CLIENT = f"ansible_collections.{COLLECTION}.plugins.module_utils._openstack.client"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of the file that configures the plugin, in a folder that is also the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pool.os_aggregate_hosts.yml"


def parse(path: Path, settings: str | dict[str, Any]) -> InventoryData:
    """The inventory that these settings make."""
    path.write_text(settings if isinstance(settings, str) else yaml.safe_dump({"plugin": PLUGIN, **settings}))
    loader, inventory = DataLoader(), InventoryData()
    plugin = inventory_loader.get(PLUGIN)
    assert plugin.verify_file(str(path))
    plugin.parse(inventory, loader, str(path))
    inventory.reconcile_inventory()
    return inventory


def error_of(path: Path, settings: dict[str, Any]) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011, Ansible has several
        parse(path, settings)
    return str(raised.value)


def examples() -> list[Any]:
    tree = ast.parse((ROOT / "plugins" / "inventory" / "os_aggregate_hosts.py").read_text())
    texts = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"
    ]
    return list(yaml.safe_load_all(texts[0]))


@pytest.mark.parametrize("example", examples())
def test_examples_run(cloud: FakeCloud, path: Path, example: dict[str, Any]) -> None:
    cloud.aggregate("gpu", "cmp03")
    cloud.world.hosts["cmp03"].enabled = False
    cloud.world.hosts["cmp03"].reason = "stackops:ops@bastion:20261121T101500Z:migrate kernel"
    clouds = {"clouds": {"production": {"auth": cloud.auth()}}}
    (path.parent / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    with mock.patch.object(Display, "warning") as warned:
        inventory = parse(path, example)
    assert not warned.called
    assert list(inventory.hosts) == ["cmp01", "cmp02", "cmp03"]
    wanted = {*example.get("groups", {}), *(f"{group['prefix']}_" for group in example.get("keyed_groups", []))}
    assert all(any(group.startswith(name) for group in inventory.groups) for name in wanted)
    for host in inventory.hosts.values():
        assert set(example.get("compose", {})) <= set(host.vars)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("os_aggregate_hosts.yml", True), ("a.os_aggregate_hosts.yaml", True), ("hosts.yml", False), ("gone.yml", False)],
)
def test_files_of_others_are_left_to_them(tmp_path: Path, name: str, wanted: bool) -> None:
    if name != "gone.yml":
        (tmp_path / name).touch()
    assert inventory_loader.get(PLUGIN).verify_file(str(tmp_path / name)) is wanted


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"aggregates": ["nope"]}, "There is no aggregate 'nope': the cloud has nvme."),
        ({"availability_zones": "az2"}, "There is no availability zone 'az2': the cloud has az1, nova."),
        ({"aggregate": "nvme"}, f"{PLUGIN} has no option aggregate: see ansible-doc -t inventory {PLUGIN}."),
        ({"service_state": "UP"}, "service_state"),
        ({"auth": {}, "cloud": "nowhere"}, "There is no cloud named 'nowhere'"),
        ({"strict": True, "compose": {"x": "nova_hypervisor.speed"}}, "Could not set x for host cmp01"),
    ],
)
def test_the_error_names_what_is_wrong(cloud: FakeCloud, path: Path, settings: dict[str, Any], message: str) -> None:
    assert message in error_of(path, {"auth": cloud.auth(), **settings})


def test_an_error_shows_no_secret_and_nothing_that_moves_a_terminal(cloud: FakeCloud, path: Path) -> None:
    message = error_of(path, {"auth": {**cloud.auth(), "password": "hunter2"}})
    assert "refused the credentials (401)" in message and "hunter2" not in message
    cloud.aggregate("\x1b[2J", "cmp01")
    message = error_of(path, {"auth": cloud.auth(), "aggregates": ["nope"]})
    assert "the cloud has \\x1b[2J, nvme" in message


def test_the_other_names_of_an_option_are_known(cloud: FakeCloud, path: Path) -> None:
    with mock.patch(f"{CLIENT}.Session", side_effect=LookupError) as session:
        error_of(path, {"auth": cloud.auth(), "verify": False})
    assert session.call_args.args[0].verify is False


def test_hosts_whose_names_mean_something_else_are_left_out(cloud: FakeCloud, path: Path) -> None:
    names = ["-oProxyCommand=touch evil", "all", "compute_hosts", "localhost", "service_up"]
    for name in names:
        cloud.host(name)
    settings = {"compose": {"ansible_host": "'192.0.2.7'"}, "groups": {"compute hosts": True}}
    with mock.patch.object(Display, "warning") as warned:
        inventory = parse(path, {"auth": cloud.auth(), **settings})
    assert list(inventory.hosts) == ["cmp01", "cmp02", "cmp03"]
    assert [host.name for host in inventory.groups["compute_hosts"].hosts] == ["cmp01", "cmp02", "cmp03"]
    assert not any(group.vars for group in inventory.groups.values())
    assert ", ".join(map(repr, names)) in warned.call_args.args[0]


def test_a_group_of_two_aggregates_is_a_warning(cloud: FakeCloud, path: Path) -> None:
    cloud.aggregate("rack 1", "cmp01")
    cloud.aggregate("rack-1", "cmp03")
    with mock.patch.object(Display, "warning") as warned:
        inventory = parse(path, {"auth": cloud.auth()})
    assert "There is no group aggregate_rack_1" in warned.call_args.args[0]
    assert "aggregate_rack_1" not in inventory.groups and "aggregate_nvme" in inventory.groups


def test_the_token_is_kept_where_clouds_yaml_says_so(cloud: FakeCloud, path: Path) -> None:
    clouds = {"cache": {"auth": True}, "clouds": {"one": {"auth": cloud.auth()}}}
    (path.parent / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    parse(path, {"cloud": "one"})
    assert set(parse(path, {"cloud": "one"}).hosts) == {"cmp01", "cmp02", "cmp03"}
    assert cloud.keystone.issued == 1


def test_a_connection_that_is_not_verified_is_a_warning(cloud: FakeCloud, path: Path) -> None:
    with mock.patch.object(Display, "warning") as warned:
        parse(path, {"auth": cloud.auth(), "validate_certs": False})
    assert any("are not verified" in str(call) for call in warned.call_args_list)
