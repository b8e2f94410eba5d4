# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What happens in the rounds of a storm is drawn from the seed, and holds everything that can happen."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "cloud"), str(TESTS / "soak")]

from script import FRONT, OPERATOR, SECONDS, TENANT, script  # noqa: E402

HOSTS = ["cmp01", "cmp02", "cmp03", "cmp04"]
ROUNDS = [script(1, number, HOSTS) for number in range(40)]


def test_the_seed_and_the_number_decide() -> None:
    assert script(1, 7, HOSTS) == script(1, 7, HOSTS[::-1]) == ROUNDS[7]
    assert script(2, 7, HOSTS) != ROUNDS[7] != script(1, 8, HOSTS)


def test_each_host_is_maintained_by_one_owner() -> None:
    for one in ROUNDS:
        assert len({plan.host for plan in one.plans}) == len({plan.owner for plan in one.plans}) == len(one.plans)


def test_everything_happens_and_in_time() -> None:
    assert {act.what for one in ROUNDS for act in one.tenants} == set(TENANT)
    assert {act.what for one in ROUNDS for act in one.operators} == set(OPERATOR)
    assert {outage.fail for one in ROUNDS for outage in one.outages} == set(FRONT)
    assert {plan.host for one in ROUNDS for plan in one.plans} == set(HOSTS)
    assert {len(one.plans) for one in ROUNDS} == {1, 2}
    assert all(0 <= act.at <= SECONDS for one in ROUNDS for act in [*one.tenants, *one.operators, *one.outages])


def test_drains_and_returns_are_killed_and_some_are_not() -> None:
    kills = [kill for one in ROUNDS for plan in one.plans for kill in (plan.start, plan.stop)]
    assert None in kills and len({(kill.victim, kill.execution) for kill in kills if kill}) == 4
