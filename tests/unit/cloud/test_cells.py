# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The last hosts lie in the second cell, and a cell is down while its database's marker exists."""

from __future__ import annotations

import configparser
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cloud.embedded import cells, cloud, configuration
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout


@pytest.fixture
def two_cells(layout: Layout) -> Layout:
    """Of the two hosts the second lies in the second cell."""
    layout.record(replace(layout.settings, cell2_hosts=1))
    (layout.state / "db").mkdir()
    (layout.state / "nova").mkdir()
    return layout


def section(path: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    return parser["DEFAULT"]


def test_hosts_are_divided(two_cells: Layout) -> None:
    settings = two_cells.settings
    assert [cells.of_host(settings, host) for host in ("cmp01", "cmp02", "new")] == ["cell1", "cell2", "cell1"]
    one_cell = replace(settings, cell2_hosts=0)
    assert [cells.of_host(one_cell, host) for host in settings.hosts] == ["cell1", "cell1"]
    assert (cells.names(one_cell), cells.names(settings)) == (["cell1"], ["cell1", "cell2"])


def test_each_cell_has_its_bus_and_the_second_its_conductor(two_cells: Layout) -> None:
    for host, bus in (("cmp01", "embedded://127.0.0.1:20072/"), ("cmp02", "embedded://127.0.0.1:20072/cell2")):
        configuration.write_host(two_cells, host, vcpus=1)
        assert section(two_cells.etc / f"nova-{host}.conf")["transport_url"] == bus
    conductor = configuration.conductor2(two_cells)
    assert conductor["DEFAULT"]["transport_url"] == "embedded://127.0.0.1:20072/cell2"
    assert conductor["database"]["connection"] == two_cells.database("nova_cell2")
    assert conductor["api_database"] == configuration.nova_databases(two_cells)["api_database"]
    assert cells.CONDUCTOR2 in cloud.controller(two_cells.settings)
    assert cells.CONDUCTOR2 not in cloud.controller(replace(two_cells.settings, cell2_hosts=0))


def test_a_cell_goes_away_and_comes_back(two_cells: Layout) -> None:
    marker = Path(two_cells.database("nova_cell2").removeprefix("sqlite:///") + cells.AWAY)
    cells.bring_up(two_cells, "cell2")  # it is there already, which is all right
    cells.take_down(two_cells, "cell2")
    assert marker.exists() and not cells.marker(two_cells, "cell1").exists()
    cells.bring_up(two_cells, "cell2")
    assert not marker.exists()


def test_a_cell_that_there_is_not_is_refused(layout: Layout) -> None:
    with pytest.raises(CloudError, match="There is no cell cell2: there is cell1."):
        cells.take_down(layout, "cell2")
