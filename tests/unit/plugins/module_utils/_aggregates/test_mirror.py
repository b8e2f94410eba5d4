# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which hosts Placement has in other aggregates than Nova, from few answers."""

from __future__ import annotations

from itertools import combinations

from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.mirror import Drift, disjoint, drift
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from hypothesis import given
from hypothesis import strategies as st

MEMBERSHIPS = st.lists(st.sets(st.sampled_from("abcde")), min_size=1, max_size=7)


def aggregates(memberships: list[set[str]]) -> list[Aggregate]:
    return [Aggregate(f"agg{key}", key, hosts=tuple(sorted(hosts))) for key, hosts in enumerate(memberships)]


@given(MEMBERSHIPS)
def test_a_mirror_that_is_right_differs_nowhere(memberships: list[set[str]]) -> None:
    groups = disjoint(aggregates(memberships))
    assert sorted(aggregate.name for group in groups for aggregate in group) == [
        f"agg{key}" for key in range(len(memberships))
    ]
    for group in groups:
        assert not any({*one.hosts} & {*other.hosts} for one, other in combinations(group, 2))
    assert drift(groups, [{host for aggregate in group for host in aggregate.hosts} for group in groups]) == []


@given(MEMBERSHIPS, MEMBERSHIPS, st.booleans())
def test_what_differs_is_named(memberships: list[set[str]], others: list[set[str]], lacks: bool) -> None:
    """Either hosts are missing in Placement, or there are more; where both happen to one host they may hide."""
    groups = disjoint(aggregates(memberships))
    changed = [*others, *([set()] * len(memberships))]
    mirror = {
        f"agg{key}": hosts - changed[key] if lacks else hosts | changed[key] for key, hosts in enumerate(memberships)
    }
    told = drift(groups, [{host for aggregate in group for host in mirror[aggregate.name]} for group in groups])
    for key, hosts in enumerate(memberships):
        name = f"agg{key}"
        assert {each.host for each in told if name in each.missing} == hosts - mirror[name]
        extra = mirror[name] - hosts
        hidden = {host for group in groups if name in {a.name for a in group} for a in group for host in a.hosts}
        assert {each.host for each in told if name in each.extra_in} >= extra - hidden


def test_zones_and_racks_of_a_thousand_hosts_are_few_groups() -> None:
    hosts = [f"cmp{number:04}" for number in range(1000)]
    zones = [Aggregate(f"az{at}", hosts=tuple(hosts[at::3])) for at in range(3)]
    racks = [Aggregate(f"rack{at}", hosts=tuple(hosts[at::40])) for at in range(40)]
    assert [len(group) for group in disjoint([*zones, *racks])] == [3, 40]


def test_a_request_does_not_get_too_long() -> None:
    assert [len(group) for group in disjoint([Aggregate(f"agg{at}") for at in range(120)])] == [50, 50, 20]


def test_a_host_in_a_wrong_one_of_two() -> None:
    one, two = Aggregate("one", hosts=("a",)), Aggregate("two", hosts=("b",))
    assert drift([[one], [two]], [{"a", "c"}, set()]) == [Drift("b", missing=("two",)), Drift("c", extra_in=("one",))]
