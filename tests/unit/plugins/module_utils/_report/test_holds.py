# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The report says what held a roll, for how long, and who asked for what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._report.build import build_report
from ansible_collections.stackops.aggregates.plugins.module_utils._report.render import html_page

from tests.unit.fake.past_roll import OPENED, OPTIONS, PastRoll


def report(running: bool = False) -> dict[str, Any]:
    past = PastRoll()
    past.events[0]["options"] = {**OPTIONS, "ramp": [1, 2], "soak": 600, "approve": "each"}
    past.hold("ceph is rebalancing")
    return build_report(past.roll(), past.migrations, {}, {}, [], running, past.end + 5)


def test_each_hold_has_its_time_and_its_reason() -> None:
    told = [(hold["what"], hold["host"], hold["begin"] - OPENED, hold["seconds"]) for hold in report()["holds"][:3]]
    assert told == [("pause", None, 130, 60), ("soak", None, 190, 60), ("gate", "cmp06", 220, 60)]
    gate = report()["holds"][2]
    assert gate["reason"] == "the gate before the drain of cmp06: ceph is rebalancing"


@pytest.mark.parametrize("running", [True, False])
def test_a_hold_that_did_not_end_lasts_as_long_as_the_roll(running: bool) -> None:
    told = report(running)
    last = told["holds"][-1]
    assert last["what"] == "approval" and (last["end"] is None) is running
    assert last["begin"] + last["seconds"] == (told["roll"]["until"] if running else last["end"])


def test_who_asked_for_what() -> None:
    asked = [(control["action"], control["who"], control["reason"]) for control in report()["controls"]]
    assert asked == [("pause", "ceph is rebalancing", "ceph is rebalancing"), ("resume", "ann", "")]
    assert [notice["reason"] for notice in report()["not_told"]] == ["ceph is rebalancing"]


def test_the_page_shows_ramp_soak_holds_and_people() -> None:
    text = " ".join(re.sub(r"<[^>]*>", " ", html_page(report())).split())
    for shown in (
        "Ramp: 1, then 2 at once, and 10 min of soak after each step. It waits for an approval after each host.",
        "resume , asked by ann",
        "nobody was told: ceph is rebalancing",
        "the gate before the drain of cmp06: ceph is rebalancing",
        "held 4 times",
    ):
        assert shown in text, shown


def test_a_roll_that_nothing_held_says_nothing_of_it() -> None:
    past = PastRoll()
    page = html_page(build_report(past.roll(), past.migrations, {}, {}, [], False, past.end))
    assert "What held it" not in page and ">held<" not in page
