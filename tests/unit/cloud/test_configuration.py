# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Settings become the services' configuration."""

from __future__ import annotations

import configparser
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cloud.embedded import catalog, configuration
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import FRONTS, LISTENERS, Layout, listener_port, url


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    return parser


def test_render_writes_what_oslo_config_reads() -> None:
    text = configuration.render({"DEFAULT": {"on": True, "off": False, "number": 1.5}, "other": {"path": Path("/x")}})
    assert text == "[DEFAULT]\non = true\noff = false\nnumber = 1.5\n[other]\npath = /x\n"


def test_nova_follows_the_settings(layout: Layout) -> None:
    nova = configuration.nova(layout)
    assert nova["DEFAULT"]["enable_new_services"] is False
    assert nova["DEFAULT"]["max_concurrent_live_migrations"] == 2
    assert nova["DEFAULT"]["transport_url"] == "embedded://127.0.0.1:20072/"
    assert nova["embedded"] == {"store": layout.store, "memory_mb": 4096, "migration_seconds": 1.5}


def test_a_host_has_its_own_identity_and_size_and_knows_no_database(layout: Layout) -> None:
    (layout.state / "nova").mkdir()
    configuration.write_host(layout, "cmp01", vcpus=3)
    own = read(layout.etc / "nova-cmp01.conf")
    assert own["DEFAULT"]["host"] == "cmp01"
    assert own["DEFAULT"]["state_path"] == str(layout.state / "nova" / "cmp01")
    assert own["embedded"]["vcpus"] == "3"
    assert not {"database", "api_database"}.intersection({*configuration.nova(layout), *own})


def test_every_listener_has_a_port_of_its_own() -> None:
    assert len({listener_port(15000, name) for name in LISTENERS}) == len(LISTENERS)
    assert {listener for front in FRONTS.values() for listener in front} <= set(LISTENERS)
    assert url(15000, "nova") == "http://127.0.0.1:15074/v2.1"


def test_nova_reaches_placement_without_the_front_and_knows_how_late_heartbeats_are_dated(layout: Layout) -> None:
    layout.record(replace(layout.settings, front=True, conductor_lag=30))
    nova = configuration.nova(layout)
    assert nova["placement"]["endpoint_override"] == url(20000, "placement")
    assert nova["DEFAULT"]["service_down_time"] == 40


def test_clouds_yaml_is_private_and_names_all_users(layout: Layout) -> None:
    catalog.write_clouds(layout)
    assert stat.S_IMODE(layout.clouds.stat().st_mode) == 0o600
    text = layout.clouds.read_text(encoding="utf-8")
    accounts = {f"embedded-{job}{how}" for job in ("declare", "roll", "look") for how in ("", "-rules")}
    assert set(json.loads(text)["clouds"]) == {"embedded", "embedded-demo", *accounts}
    assert layout.settings.password in text


def test_two_clouds_have_two_passwords(layout: Layout) -> None:
    settings = layout.settings
    layout.record(
        settings.draw(
            layout.venv,
            20000,
            ("cmp01",),
            vcpus=1,
            memory_mb=1,
            migration_seconds=0,
            max_live_migrations=1,
            new_services_disabled=False,
        )
    )
    assert layout.settings.password != settings.password


def test_a_state_without_a_cloud_is_named(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match=f"There is no cloud in {tmp_path}"):
        Layout.recorded(tmp_path)
