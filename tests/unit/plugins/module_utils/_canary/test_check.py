# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the operator's own check says of a throw-away server."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._canary.check import Check, check_since


def sample(at: float, ok: bool, server: str = "id", seconds: float = 1.0) -> dict[str, Any]:
    return {"at": at, "ok": ok, "server": server, "seconds": seconds, "message": None if ok else "no answer"}


def test_only_a_check_that_began_afterwards_counts() -> None:
    assert check_since("id", [sample(9, True), sample(10.5, True)], 10.0) == Check()
    assert check_since("id", [sample(9, True), sample(11, True), sample(16, True)], 10.0) == Check(11, 0.0)


def test_what_another_server_answers_does_not_count() -> None:
    assert check_since("id", [sample(20, True, "other")], 10.0) == Check()


def test_a_silence_around_the_move_is_told() -> None:
    samples = [sample(5, False), sample(6, True), sample(9, True), sample(12, False), sample(15, True)]
    assert check_since("id", samples, 10.0) == Check(15, 6.0, "no answer")


def test_a_guest_that_only_now_answers_was_not_silent() -> None:
    assert check_since("id", [sample(12, False), sample(15, True)], 10.0) == Check(15, 0.0, "no answer")


def test_one_that_never_answers_says_why() -> None:
    assert check_since("id", [sample(12, False)], 10.0) == Check(message="no answer")
