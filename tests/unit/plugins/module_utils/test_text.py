# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Text for people."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._text import duration, grouped


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (4.25, "4.2 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (180, "3 min"),
        (200, "3 min 20 s"),
        (3599.6, "1 h"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_many_names_with_one_reason_are_one_sentence() -> None:
    many = [(f"cmp{number:03}", "it is off") for number in range(500)]
    assert grouped([("old", "it is old"), *many]) == [
        "cmp000, cmp001, cmp002 and 497 more: it is off",
        "old: it is old",
    ]
    assert grouped([]) == []


def test_reasons_without_end_are_counted() -> None:
    sentences = grouped((f"cmp{number:03}", f"reason {number}") for number in range(500))
    assert len(sentences) == 11 and sentences[-1] == "490 more, each with a reason of its own."
