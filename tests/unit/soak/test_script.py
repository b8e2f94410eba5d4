# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What happens in the rounds of a storm is drawn from the seed, and holds everything that can happen."""

from __future__ import annotations

from tests.soak.script import FRONT, OPERATOR, SECONDS, TENANT, script

HOSTS = ["cmp01", "cmp02", "cmp03", "cmp04"]
ROUNDS = [script(1, number, HOSTS) for number in range(40)]


def test_the_seed_and_the_number_decide() -> None:
    assert script(1, 7, HOSTS) == script(1, 7, HOSTS[::-1]) == ROUNDS[7]
    assert script(2, 7, HOSTS) != ROUNDS[7] != script(1, 8, HOSTS)


def test_each_host_is_maintained_by_one_owner() -> None:
    for round_ in ROUNDS:
        assert (
            len({plan.host for plan in round_.plans}) == len({plan.owner for plan in round_.plans}) == len(round_.plans)
        )


def test_everything_happens_and_in_time() -> None:
    assert {act.what for round_ in ROUNDS for act in round_.tenants} == set(TENANT)
    assert {act.what for round_ in ROUNDS for act in round_.operators} == set(OPERATOR)
    assert {outage.fail for round_ in ROUNDS for outage in round_.outages} == set(FRONT)
    assert {plan.host for round_ in ROUNDS for plan in round_.plans} == set(HOSTS)
    assert {len(round_.plans) for round_ in ROUNDS} == {1, 2}
    assert all(0 <= act.at <= SECONDS for round_ in ROUNDS for act in (*round_.tenants, *round_.operators))
    assert all(0 <= outage.at <= SECONDS for round_ in ROUNDS for outage in round_.outages)


def test_drains_and_returns_are_killed_and_some_are_not() -> None:
    kills = [kill for round_ in ROUNDS for plan in round_.plans for kill in (plan.start, plan.stop)]
    assert None in kills and len({(kill.victim, kill.execution) for kill in kills if kill}) == 4
