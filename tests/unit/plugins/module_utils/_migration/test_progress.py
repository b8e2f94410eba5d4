# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Lines of progress: how to go on comes first, then a line for each change."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import LIVE
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import MigrationAttempt
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.progress import Progress
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tracker import Tracker
from fake.cloud import FakeCloud
from fake.model import Guest
from fake.moves import Behaviour, Outcome
from fake.operator import Operator
from hypothesis import given
from hypothesis import strategies as st


def attempt(name: str, target: str = "cmp02") -> MigrationAttempt:
    return MigrationAttempt(name, name, LIVE, "cmp01", target, 0, 0.0)


class LinesOfProgress:
    """A progress that is shown every second, and the lines of each time."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tracker = Tracker(retries=0)
        self._now = 0.0
        self._progress = Progress(self.lines.append, "cmp01 drain", 0.0)

    def show(self, waiting: int = 0, **percents: int | None) -> list[str]:
        self._now += 1.0
        self.lines.clear()
        self._progress.show(self.tracker, waiting, percents, self._now)
        return [line.removeprefix("cmp01 drain: ") for line in self.lines]


def test_each_change_is_one_line_and_no_change_is_none() -> None:
    progress = LinesOfProgress()
    progress.tracker.under_way["web"] = attempt("web")
    assert progress.show(waiting=2) == ["web is going to cmp02 [0 moved, 1 moving, 2 waiting]"]
    assert progress.show(waiting=2) == []
    progress.tracker.done.append(progress.tracker.under_way.pop("web"))
    assert progress.show(waiting=2) == ["web moved to cmp02 [1 moved, 0 moving, 2 waiting, about 6 s left]"]
    assert progress.show(waiting=2) == []


def test_a_quarter_of_the_copying_is_worth_a_line() -> None:
    progress = LinesOfProgress()
    progress.tracker.under_way["web"] = attempt("web")
    lines_of_each = [progress.show(web=percent) for percent in (0, 10, 24, 25, 30, 49, 50, 49, 100, 100, None)]
    assert [line.split(" [")[0] for lines in lines_of_each[1:] for line in lines] == [
        f"web {percent} % copied" for percent in (25, 50, 100)
    ]


def test_refusals_and_failures_are_shown_once() -> None:
    progress = LinesOfProgress()
    progress.tracker.under_way["web"] = attempt("web")
    progress.show()
    del progress.tracker.under_way["web"]
    progress.tracker.refused["web"] = {"cmp02": "no"}
    assert progress.show(waiting=1) == ["web: cmp02 refused: no [0 moved, 0 moving, 1 waiting]"]
    assert progress.show(waiting=1) == []
    progress.tracker.under_way["web"] = attempt("web", "cmp03")
    progress.show()
    progress.tracker.given_up["web"] = "it is in ERROR"
    del progress.tracker.under_way["web"]
    assert progress.show() == ["web failed: it is in ERROR [0 moved, 0 moving, 0 waiting, 1 failed]"]
    assert progress.show() == []


def test_the_same_refusal_in_the_next_round_is_shown_again() -> None:
    progress = LinesOfProgress()
    for _round in range(2):
        progress.tracker.refused["web"] = {"cmp02": "no"}
        assert len(progress.show(waiting=1)) == 1
        progress.tracker.refused["web"] = {}
        assert progress.show(waiting=1) == []


names = st.text(max_size=8) | st.sampled_from(["%s", "{0}", "\n", "\x1b[31m"])


@given(st.lists(st.tuples(names, names, st.none() | st.integers(-5, 205)), max_size=6), st.integers(0, 3))
def test_no_name_and_no_number_makes_it_fail(moves: list[tuple[str, str, int | None]], waiting: int) -> None:
    progress = LinesOfProgress()
    for name, target, percent in moves:
        progress.tracker.under_way[name] = attempt(name, target)
        progress.show(waiting)
        progress._progress.show(progress.tracker, waiting, {name: percent}, 0.0)
        progress.tracker.refused[name] = {target: name}
        progress.tracker.given_up[name] = target
        progress.tracker.done.append(progress.tracker.under_way.pop(name))
        progress.show(waiting)


# -- of a drain, and of bringing servers back


def test_the_first_line_says_how_to_go_on(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    assert operator.lines[0].startswith("cmp01 drain: 3 servers to move.")
    assert "run the same again" in operator.lines[0]
    assert sum(" moved to " in line for line in operator.lines) == len(guests)
    operator.lines.clear()
    operator.stop("cmp01")
    assert operator.lines[0].startswith("cmp01 return: 3 servers to move.")
    assert sum(" moved to cmp01 " in line for line in operator.lines) == len(guests)


def test_the_first_line_comes_before_the_first_move(cloud: FakeCloud, guests: dict[str, Guest]) -> None:
    """So that a run that is killed right after its first move has shown it."""
    before: list[int] = []
    operator = Operator(cloud)
    operator.lines = CountedLines(before, cloud)
    operator.start("cmp01")
    assert before[0] == 0 and max(before) == len(guests)


class CountedLines(list[str]):
    """Lines of progress; records at each how many moves were asked for by then."""

    def __init__(self, counts: list[int], cloud: FakeCloud) -> None:
        super().__init__()
        self._counts, self._cloud = counts, cloud

    def append(self, line: str) -> None:
        self._counts.append(len(self._cloud.moves.started))
        super().append(line)


def test_no_line_is_shown_twice(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("web1", "web2"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("*", Behaviour(seconds=120.0))
    operator.start("cmp01")
    lines = [line.split(" [")[0] for line in operator.lines]
    assert len(lines) == len(set(lines)) and any(line.endswith(" % copied") for line in lines)
    assert len(lines) <= 13  # of some hundred passes


def test_a_server_that_breaks_is_shown_as_failed(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN))
    with pytest.raises(Interrupted):
        operator.start("cmp01")
    assert any("web failed: it is in ERROR on" in line and "1 failed" in line for line in operator.lines)
