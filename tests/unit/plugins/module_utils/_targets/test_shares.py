# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers of hosts under way are shared out among targets that are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.shares import Shares

TARGETS = ("a", "b", "c", "d")


def give(shares: Shares, servers: int, targets: Sequence[str] = TARGETS) -> dict[str, int]:
    """How many of a host's servers each target takes."""
    given: Counter[str] = Counter()
    shares.begin(servers)
    for _server in range(servers):
        target = shares.choose(targets)
        assert target is not None
        shares.add(target)
        given[target] += 1
    return dict(given)


def test_each_of_the_first_targets_gets_its_share() -> None:
    assert give(Shares(3), 6) == {"a": 2, "b": 2, "c": 2}


def test_servers_of_several_hosts_add_up_to_the_same_on_each_target() -> None:
    shares, total = Shares(3), Counter[str]()
    for servers in (4, 4, 4):
        total.update(give(shares, servers))
    assert total == {"a": 4, "b": 4, "c": 4}


def test_hosts_whose_shares_are_large_go_to_different_targets() -> None:
    shares = Shares(2)
    assert [give(shares, 1), give(shares, 1), give(shares, 1)] == [{"a": 1}, {"b": 1}, {"a": 1}]


def test_what_has_gone_back_leaves_its_target_to_others() -> None:
    shares = Shares(2)
    assert give(shares, 1) == {"a": 1}
    shares.remove("a")
    assert give(shares, 1) == {"a": 1}


def test_a_target_takes_more_than_its_share_where_no_other_can() -> None:
    assert give(Shares(3), 6, ["a"]) == {"a": 6}


@pytest.mark.parametrize("alike", [1, 2])
def test_there_may_be_no_target(alike: int) -> None:
    shares = Shares(alike)
    shares.begin(1)
    assert shares.choose([]) is None
