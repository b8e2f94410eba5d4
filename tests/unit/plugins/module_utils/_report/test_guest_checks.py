# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which guests were silent, when, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._report.guest_checks import guest_checks


def rounds(*, server: str = "web", begin: float = 0, every: float = 5, answers: str) -> list[dict[str, Any]]:
    """One sample a round: ``+`` a good answer, ``-`` none, a space when the guest was not asked."""
    samples = []
    for number, answer in enumerate(answers):
        at = begin + number * every
        message = None if answer == "+" else "no answer"
        sample = {"at": at + 1, "pass": at, "server": server, "name": server, "ok": answer == "+", "message": message}
        if answer != " ":
            samples.append(sample)
    return samples


def checks_of(*samples: dict[str, Any], resumed: tuple[float, ...] = ()) -> dict[str, Any]:
    checks = guest_checks(sorted(samples, key=lambda sample: sample["at"]), resumed)
    assert checks is not None
    return checks


def test_no_samples_no_probe() -> None:
    assert guest_checks([]) is None


@pytest.mark.parametrize(
    "answers, gaps",
    [
        ("+++", []),
        ("+-+", [(1, 11, 10, 1)]),
        ("+--+-++", [(1, 16, 15, 2), (16, 26, 10, 1)]),
        ("-++", [(1, 6, 5, 1)]),
        ("++--", [(6, None, 10, 2)]),
        ("+- +", [(1, 16, 15, 1)]),
        ("--", [(1, None, 5, 2)]),
    ],
)
def test_a_gap_lasts_from_the_last_good_answer_to_the_next(answers: str, gaps: list[tuple[Any, ...]]) -> None:
    (guest,) = checks_of(*rounds(answers=answers))["guests"]
    assert [(gap["begin"], gap["end"], gap["seconds"], gap["failures"]) for gap in guest["gaps"]] == gaps
    assert guest["longest_gap"] == max((seconds for _begin, _end, seconds, _failures in gaps), default=0)
    assert (guest["samples"], guest["failures"]) == (len(answers.replace(" ", "")), answers.count("-"))
    assert {gap["message"] for gap in guest["gaps"]} <= {"no answer"}


def test_a_guest_that_never_answered_is_no_gap_of_the_roll_and_comes_last() -> None:
    probe = checks_of(*rounds(answers="+-+"), *rounds(server="mute", answers="---"))
    assert [(guest["name"], guest["answered"]) for guest in probe["guests"]] == [("web", True), ("mute", False)]
    assert (probe["longest_gap"], probe["samples"], probe["failures"], probe["rounds"]) == (10, 6, 4, 3)


def test_a_guest_that_is_not_asked_any_more_is_lost() -> None:
    probe = checks_of(*rounds(answers="+++"), *rounds(server="deleted", answers="+"))
    assert {guest["name"]: (guest["lost"], guest["last"]) for guest in probe["guests"]} == {
        "web": (False, 11),
        "deleted": (True, 1),
    }


def test_time_between_two_runs_is_not_time_between_rounds() -> None:
    samples = [*rounds(answers="++ +"), *rounds(begin=1000, answers="++")]
    assert checks_of(*samples)["longest_between_rounds"] == 985
    assert checks_of(*samples, resumed=(999,))["longest_between_rounds"] == 10
