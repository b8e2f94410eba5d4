# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the heartbeats of real guests mean."""

from __future__ import annotations

import pytest

from tests.hypervisors.beats import Beat, Pause, alive, longest_pause, parse, percentile, restarts, summary


def beats(*times: float) -> list[Beat]:
    return [Beat(at, number) for number, at in enumerate(times)]


def test_a_beat_that_was_cut_in_two_waits_for_its_other_half() -> None:
    numbers, rest = parse(b"HB 7 70000\r\nHB 8 80000\r\nHB 9 9")
    assert (numbers, parse(rest + b"0000\r\nHB 10 100000\r\n")[0]) == ([7, 8], [9, 10])


def test_what_else_a_guest_prints_is_no_beat() -> None:
    assert parse(b"SeaBIOS\r\nSTALE PAGES 3\r\nHB x 1\r\n") == ([], b"SeaBIOS\r\nSTALE PAGES 3\r\nHB x 1\r\n")


@pytest.mark.parametrize(
    ("begin", "end", "pause"),
    [
        (0.0, 9.0, Pause(4.0, 5.0)),  # silent to the end
        (0.0, 5.5, Pause(3.0, 2.0)),
        (2.5, 4.0, Pause(2.0, 2.0)),  # as far as the end, and from before the begin
        (0.0, 2.0, Pause(1.0, 0.0)),
    ],
)
def test_the_longest_pause_is_the_longest_silence_that_touches_the_time(begin: float, end: float, pause: Pause) -> None:
    assert longest_pause(beats(0.0, 1.0, 2.0, 5.0), begin, end) == pause


def test_a_guest_that_was_never_heard_paused_all_along() -> None:
    assert longest_pause([], 3.0, 5.0) == Pause(2.0, 3.0)


def test_a_guest_that_counts_anew_was_restarted_and_one_whose_beats_overlap_was_not() -> None:
    moved = [Beat(0.0, 0), Beat(1.0, 1), Beat(2.0, 3), Beat(2.1, 2), Beat(3.0, 4)]
    assert restarts(moved) == 0
    assert restarts([*moved, Beat(9.0, 0), Beat(10.0, 1)]) == 1


def test_a_guest_lives_that_was_heard_lately() -> None:
    assert alive(beats(0.0, 10.0), 10.5, 1.0)
    assert not alive(beats(0.0, 10.0), 11.5, 1.0)
    assert not alive([], 0.0, 1.0)


def test_figures_are_of_all_moves() -> None:
    pauses = [0.1] * 98 + [0.2, 0.9]
    assert percentile(pauses, 0.99) == 0.2
    assert percentile([0.3], 0.99) == 0.3
    assert summary(pauses).startswith("100 moves: median 100 ms, p99 200 ms, longest 900 ms")
