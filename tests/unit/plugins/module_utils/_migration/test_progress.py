# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Lines of progress: how to go on comes first, then one for each change."""

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


class Told:
    """A progress whose looks are a second apart, and what it tells at each of them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tracker = Tracker(retries=0)
        self._now = 0.0
        self._progress = Progress(self.lines.append, "cmp01 drain", 0.0)

    def look(self, waiting: int = 0, **percents: int | None) -> list[str]:
        self._now += 1.0
        self.lines.clear()
        self._progress.show(self.tracker, waiting, percents, self._now)
        return [line.removeprefix("cmp01 drain: ") for line in self.lines]


def test_each_change_is_one_line_and_no_change_is_none() -> None:
    told = Told()
    told.tracker.under_way["web"] = attempt("web")
    assert told.look(waiting=2) == ["web is going to cmp02 [0 moved, 1 moving, 2 waiting]"]
    assert told.look(waiting=2) == []
    told.tracker.done.append(told.tracker.under_way.pop("web"))
    assert told.look(waiting=2) == ["web moved to cmp02 [1 moved, 0 moving, 2 waiting, about 6 s left]"]
    assert told.look(waiting=2) == []


def test_a_quarter_of_the_copying_is_worth_a_line() -> None:
    told = Told()
    told.tracker.under_way["web"] = attempt("web")
    shown = [told.look(web=percent) for percent in (0, 10, 24, 25, 30, 49, 50, 49, 100, 100, None)]
    assert [line.split(" [")[0] for lines in shown[1:] for line in lines] == [
        f"web {percent} % copied" for percent in (25, 50, 100)
    ]


def test_refusals_and_failures_are_told_once() -> None:
    told = Told()
    told.tracker.under_way["web"] = attempt("web")
    told.look()
    del told.tracker.under_way["web"]
    told.tracker.refused["web"] = {"cmp02": "no"}
    assert told.look(waiting=1) == ["web: cmp02 refused: no [0 moved, 0 moving, 1 waiting]"]
    assert told.look(waiting=1) == []
    told.tracker.under_way["web"] = attempt("web", "cmp03")
    told.look()
    told.tracker.given_up["web"] = "it is in ERROR"
    del told.tracker.under_way["web"]
    assert told.look() == ["web failed: it is in ERROR [0 moved, 0 moving, 0 waiting, 1 failed]"]
    assert told.look() == []


def test_the_same_refusal_in_the_next_round_is_told_again() -> None:
    told = Told()
    for _round in range(2):
        told.tracker.refused["web"] = {"cmp02": "no"}
        assert len(told.look(waiting=1)) == 1
        told.tracker.refused["web"] = {}
        assert told.look(waiting=1) == []


names = st.text(max_size=8) | st.sampled_from(["%s", "{0}", "\n", "\x1b[31m"])


@given(st.lists(st.tuples(names, names, st.none() | st.integers(-5, 205)), max_size=6), st.integers(0, 3))
def test_no_name_and_no_number_makes_it_fail(moves: list[tuple[str, str, int | None]], waiting: int) -> None:
    told = Told()
    for name, target, percent in moves:
        told.tracker.under_way[name] = attempt(name, target)
        told.look(waiting)
        told._progress.show(told.tracker, waiting, {name: percent}, 0.0)
        told.tracker.refused[name] = {target: name}
        told.tracker.given_up[name] = target
        told.tracker.done.append(told.tracker.under_way.pop(name))
        told.look(waiting)


# -- of a drain and a return


def test_the_first_line_says_how_to_go_on(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    assert operator.lines[0].startswith("cmp01 drain: 3 servers to move.")
    assert "run the same again" in operator.lines[0]
    assert sum(" moved to " in line for line in operator.lines) == len(guests)
    operator.lines.clear()
    operator.stop("cmp01")
    assert operator.lines[0].startswith("cmp01 return: 3 servers to move.")
    assert sum(" moved to cmp01 " in line for line in operator.lines) == len(guests)


def test_it_comes_before_the_first_move(cloud: FakeCloud, guests: dict[str, Guest]) -> None:
    """Whoever is killed right after it has been told."""
    before: list[int] = []
    operator = Operator(cloud)
    operator.lines = Listening(before, cloud)
    operator.start("cmp01")
    assert before[0] == 0 and max(before) == len(guests)


class Listening(list[str]):
    """Notes at each line how many moves were asked for by then."""

    def __init__(self, counts: list[int], cloud: FakeCloud) -> None:
        super().__init__()
        self._counts, self._cloud = counts, cloud

    def append(self, line: str) -> None:
        self._counts.append(len(self._cloud.moves.started))
        super().append(line)


def test_no_line_is_told_twice(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("one", "two"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("*", Behaviour(seconds=120.0))
    operator.start("cmp01")
    told = [line.split(" [")[0] for line in operator.lines]
    assert len(told) == len(set(told)) and any(line.endswith(" % copied") for line in told)
    assert len(told) <= 13  # of some hundred looks


def test_one_that_breaks_is_told_as_failed(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN))
    with pytest.raises(Interrupted):
        operator.start("cmp01")
    assert any("web failed: it is in ERROR on" in line and "1 failed" in line for line in operator.lines)
