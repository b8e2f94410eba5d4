# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The page that shows a roll: it needs nothing else, shows everything, and names in it stay text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._report.build import build_report
from ansible_collections.stackops.aggregates.plugins.module_utils._report.render import (
    Scale,
    clock,
    deviation,
    html_page,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import ASSUMED

from tests.unit.fake.past_roll import HYPERVISORS, NEW_HYPERVISOR, OLD_HYPERVISOR, OLD_KERNEL, PastRoll

HOSTILE = (
    "\"'><img src=http://evil.test/x onerror=\"document.title='owned'\">"
    "</title></style></script><script>document.title='owned'</script>{{{{ 7*7 }}}}{{% raw %}}&lt;\u202egnp\x07\ud800{}"
)
NAMES = {"plain": "web{}", "hostile": HOSTILE, "long": "W" * 251 + "{}", "right to left": "שרת{}"}
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "br", "input"}


def page_with(name: str) -> str:
    """The page of a roll with trouble in it, in which whatever others choose has such a name."""
    past = PastRoll(name=name)
    past.events[0].update(pool=name, owner=name, roll=name, upgrade=name)
    for event in past.events:
        event.update({"reason": name} if event["event"] == "failed" else {})
    past.hold(name)
    past.event(past.end, "stopped", reason=name, until=None)
    samples = ({**sample, "message": name} for sample in past.samples(every=10))
    return html_page(build_report(past.roll(), past.migrations, {}, HYPERVISORS, samples, False, past.end))


class Element(NamedTuple):
    """An element of a page. ``inside`` are the tags around it, the outermost first."""

    tag: str
    attributes: dict[str, str]
    inside: tuple[str, ...]


class Page(HTMLParser):
    """The elements and the text of a page, all of whose elements are closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {key: value or "" for key, value in attrs}, tuple(self._open)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def tags(self) -> set[str]:
        return {element.tag for element in self.elements}

    def of_class(self, name: str) -> list[Element]:
        return [element for element in self.elements if name in element.attributes.get("class", "").split()]


@pytest.fixture(params=NAMES.values(), ids=[*NAMES])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(page_with(request.param))


def test_nothing_is_fetched_and_nothing_is_run(page: Page) -> None:
    assert page.tags.isdisjoint({"script", "img", "link", "iframe", "object", "a", "image"})
    for element in page.elements:
        assert not any(name.startswith("on") or name in ("src", "srcset", "action") for name in element.attributes)
        assert element.attributes.get("href", "#").startswith("#")
        assert "url(" not in element.attributes.get("style", "")
    policies = [element for element in page.elements if element.attributes.get("http-equiv")]
    assert [policy.attributes["http-equiv"] for policy in policies] == ["Content-Security-Policy"]
    assert (
        policies[0].attributes["content"]
        == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def test_every_host_has_a_lane_and_every_phase_and_move_a_bar(page: Page) -> None:
    past = PastRoll()
    assert len(page.of_class("lane")) == 12 and len(page.of_class("guest")) == 2
    assert len(page.of_class("phase")) == sum(len(host.phases) for host in past.roll().progress.values())
    moves = [move.attributes["class"] for move in page.of_class("move") if "td" in move.inside]
    assert len(moves) == len(past.migrations)
    assert moves.count("move other") == moves.count("move aborted") == 1


def test_bars_lie_inside(page: Page) -> None:
    in_line = [element.attributes for element in page.elements if element.inside[-2:] == ("td", "svg")]
    bars = [attributes for attributes in in_line if "width" in attributes]
    assert len(bars) > 100
    for shape in bars:
        left, width = (float(shape[key].removesuffix("%")) for key in ("x", "width"))
        assert 0 <= left <= 100 and width >= 0 and left + width <= 100.001


def test_names_stay_text() -> None:
    texts = "".join(Page(page_with(HOSTILE)).texts)
    assert "<script>document.title='owned'</script>{{ 7*7 }}{% raw %}&lt;\\u202egnp\\x07\\ud8000" in texts
    assert not re.search("[\u202a-\u202e\x00-\x08\ud800-\udfff]", texts)
    page_with(HOSTILE).encode()


def test_a_roll_without_trouble_needs_no_attention() -> None:
    past = PastRoll(hosts=1)
    past.event(past.end, "closed")
    text = html_page(build_report(past.roll(), past.migrations, {}, HYPERVISORS, [], False, past.end))
    assert "<p>Nothing.</p>" in text and "<h2>Guests</h2>" not in text


def test_silent_guests_alone_need_attention() -> None:
    past = PastRoll(hosts=1)
    past.event(past.end, "closed")
    text = html_page(build_report(past.roll(), past.migrations, {}, HYPERVISORS, past.samples(), False, past.end))
    assert "<p>Nothing.</p>" not in text and "Guests that did not always answer: 1" in text


def test_a_roll_that_just_began() -> None:
    past = PastRoll(hosts=0)
    assert "under way" in html_page(build_report(past.roll(), [], {}, {}, [], True, past.end))


@pytest.mark.parametrize("length", [1, 59, 60, 3600, 86399, 86400 * 30])
def test_the_axis_has_a_few_round_marks(length: float) -> None:
    marks = Scale(1000.5, 1000.5 + length).marks(8)
    assert len(marks) <= 9 and all(0 <= mark["x"] <= 100 for mark in marks)
    assert len({mark["text"] for mark in marks}) == len(marks)


def test_times_are_written_for_people() -> None:
    assert clock(0) == "01 Jan 1970 00:00:00"


def in_browser(file: Path) -> str:
    """The document as a real browser makes it of the page, after its scripts ran, if it has any."""
    assert BROWSER
    options = [
        "--headless",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--virtual-time-budget=2000",
        f"--user-data-dir={file.parent / 'browser'}",
    ]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    command = [BROWSER, *options, "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.skipif(not BROWSER, reason="no browser is here: install Debian's chromium to see the page in a real one")
def test_in_a_real_browser_no_name_is_run(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<title>page</title><body><script>document.title='owned'</script>")
    assert "<title>owned</title>" in in_browser(file)  # it does run scripts

    file.write_text(page_with(HOSTILE), encoding="utf-8")
    document = in_browser(file)
    assert "<title>Rolling upgrade of " in document
    page = Page(document)
    assert len(page.of_class("lane")) == 12 and "script" not in page.tags


def text_of(page: str) -> str:
    return " ".join(Page(page).texts).replace("\u00a0", " ")


def report_page(past: PastRoll) -> str:
    return html_page(build_report(past.roll(), past.migrations, {}, HYPERVISORS, (), False, past.end))


def page_of(past: PastRoll) -> str:
    return text_of(report_page(past))


def test_versions_that_did_not_change_where_others_did_are_seen_in_the_row() -> None:
    past = PastRoll()
    text = page_of(past)
    assert f"cmp06: hypervisor {OLD_HYPERVISOR} as before" in text  # needs attention
    assert f"cmp04: version {OLD_KERNEL} as before" in text
    marked = [element for element in Page(report_page(past)).of_class("left") if element.tag == "small"]
    assert len(marked) == 2
    assert re.search(f"{OLD_HYPERVISOR}\\s+→\\s+{NEW_HYPERVISOR}", text)


def test_a_version_of_which_nothing_is_known_has_no_column() -> None:
    past = PastRoll()
    past.events[0]["versions"] = {}
    for event in past.events:
        event.pop("version", None)
    page = html_page(build_report(past.roll(), past.migrations, {}, {}, (), False, past.end))
    assert ">Moves</th>" in page and ">Hypervisor</th>" not in page and ">Version</th>" not in page


def test_forecast_and_fact_stand_side_by_side() -> None:
    past = PastRoll()
    text = page_of(past)
    assert ASSUMED.basis in text and re.search(r"5 min 50 s\s+[+-]\d+ %", text)
    past.event(past.end, "closed")
    assert re.search(r"Forecast\s+25 min\s+[+-]\d+ %", page_of(past))


def test_a_roll_that_waits_says_until_when() -> None:
    past = PastRoll(hosts=2)
    past.event(past.end, "stopped", reason="it is Sat 05:00; the window opens at 22:00", until=past.end + 3600)
    text = page_of(past)
    assert "waiting" in text and "Waiting:" in text and "Nothing failed. The same command goes on from" in text


def test_deviations() -> None:
    assert [deviation(percent) for percent in (None, 0.4, 12.5, -3.0)] == ["", "+0 %", "+12 %", "-3 %"]
