# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Hosts of one roll may stand at different stages: each has only those steps ahead that are left."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.steps import steps_of

from tests.unit.plugins.module_utils._roll.events import all_phases, begun, resumed, roll_of

ALL = ("drain", "upgrade", "verify", "return")


def test_a_host_that_was_not_begun_has_all_steps_ahead() -> None:
    assert steps_of(roll_of(), "a") == ALL


def test_what_was_verified_has_only_to_return() -> None:
    roll = roll_of(begun(100, "a"), *all_phases(100, "a")[:3], resumed(200, "a", "b", upgraded=["a"]))
    assert (steps_of(roll, "a"), steps_of(roll, "b")) == (("return",), ALL)


def test_what_needs_the_upgrade_no_more_is_verified_first() -> None:
    roll = roll_of(begun(100, "a"), *all_phases(100, "a")[:1], resumed(200, "a", "b", upgraded=["a"]))
    assert (steps_of(roll, "a"), steps_of(roll, "b")) == (("verify", "return"), ALL)


def test_what_was_begun_and_still_needs_the_upgrade_is_drained_again() -> None:
    """Also one that was upgraded and not verified: its tasks may say that it needs the upgrade still."""
    roll = roll_of(begun(100, "a"), *all_phases(100, "a")[:2], resumed(200, "a"))
    assert steps_of(roll, "a") == ALL
