# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The role host_maintenance offers the module's options, and chooses targets that have no turn of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.unit.collection.repository import load, text

ROLE = Path(__file__).resolve().parents[3] / "roles" / "host_maintenance"
SPECS = load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]
# Options that the role works out, or that are for the turns of a roll.
OWN = {"host", "state", "moves", "roll", "standing", "roll_folder", "max_concurrent_in_pool"}
MODULE = text("modules/os_host_maintenance.py", "DOCUMENTATION")["options"]
OMITTED = "omitted"


def work_out(name: str, **given: Any) -> Any:
    """Return the role's variable ``__host_maintenance_<name>`` for cmp01, on a cloud of cmp01 to cmp04."""
    loader = DataLoader()
    own = given.pop("own", ["nvme"])
    variables = {
        **loader.load_from_file(str(ROLE / "vars" / "main.yml"), trusted_as_template=True),
        "__host_maintenance_cloud": {"hosts": [{"name": f"cmp0{number}", "aggregates": own} for number in range(1, 5)]},
        "__host_maintenance_host": "cmp01",
        "omit": OMITTED,
        "__host_maintenance_results": given.pop("results", None),
        **{f"host_maintenance_{key}": value for key, value in given.items()},
    }
    templar = Templar(loader=loader, variables=variables)
    return templar.template(trust_as_template(f"{{{{ __host_maintenance_{name} }}}}"))


@pytest.mark.parametrize("option", sorted(MODULE.keys() - OWN))
def test_role_offers_the_option_of_the_module(option: str) -> None:
    offered = SPECS["main"]["options"][f"host_maintenance_{option}"]
    for part in ("type", "elements", "choices", "default"):
        assert offered.get(part) == MODULE[option].get(part), part


def test_entry_points_share_their_options() -> None:
    everything = SPECS["main"]["options"]
    assert everything.keys() - {"host_maintenance_state"} == SPECS["start"]["options"].keys() | SPECS["stop"]["options"]
    for entry_point in ("start", "stop"):
        for name, option in SPECS[entry_point]["options"].items():
            assert option == everything[name], name


@pytest.mark.parametrize("hosts", ["cmp01, cmp02", ["cmp01", "cmp02", "cmp01"]])
def test_hosts_may_be_a_list_or_a_text(hosts: Any) -> None:
    assert work_out("hosts", hosts=hosts) == ["cmp01", "cmp02"]


@pytest.mark.parametrize(
    "given, aggregate, targets",
    [
        ({}, "nvme", ["cmp03", "cmp04"]),
        ({"aggregate": "ssd"}, "ssd", ["cmp03", "cmp04"]),
        ({"targets": ["cmp02", "cmp04"]}, OMITTED, ["cmp04"]),
        ({"targets": "cmp02,cmp03"}, OMITTED, ["cmp03"]),
        ({"aggregate_metadata": {"ssd": "true"}}, OMITTED, ["cmp03", "cmp04"]),
        ({"own": ["nvme", "az1"]}, OMITTED, OMITTED),
        ({"own": []}, OMITTED, OMITTED),
    ],
)
def test_no_server_goes_to_a_host_that_has_its_own_turn(given: dict[str, Any], aggregate: Any, targets: Any) -> None:
    assert work_out("aggregate", hosts=["cmp01", "cmp02"], **given) == aggregate
    assert work_out("targets", hosts=["cmp01", "cmp02"], **given) == targets


def test_what_was_done_and_what_was_not_is_told() -> None:
    results = [
        {"__host_maintenance_host": "cmp01", "failed": False},
        {"__host_maintenance_host": "cmp02", "failed": True, "msg": "no capacity"},
    ]
    given = {"hosts": "cmp01,cmp02,cmp03", "results": {"results": results}}
    assert work_out("done", **given) == ["cmp01"]
    assert work_out("failure", **given)["msg"] == "no capacity"
    assert work_out("not_begun", **given) == ["cmp03"]
