# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of writes, tried on a model that refuses what Nova refuses."""

from __future__ import annotations

from random import Random
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.change import Change, Step
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.steps import ordered, waves
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from hypothesis import given
from hypothesis import strategies as st

HOSTS = ("cmp01", "cmp02", "cmp03", "cmp04")
ZONES = (None, "z1", "z2")


class Model:
    """Aggregates with Nova's rules about zones, names and deletion, but without servers."""

    def __init__(self, changes: list[Change]) -> None:
        self.aggregates: dict[int, Aggregate] = {
            key: change.before for key, change in enumerate(changes) if change.before
        }
        self.new = {key for key, change in enumerate(changes) if change.before is None}
        self.metadata_due = {key for key in self.new if (after := changes[key].after) and after.metadata}

    def apply(self, step: Step) -> None:
        assert step.change is not None
        getattr(self, step.operation)(step.change, *step.arguments)

    def create_aggregate(self, key: int, name: str, zone: str | None) -> None:
        assert name not in {aggregate.name for aggregate in self.aggregates.values()}
        self.aggregates[key] = Aggregate(name, zone=zone)

    def update_aggregate(self, key: int, values: dict[str, str]) -> None:
        assert len(values) == 1
        if "name" in values:
            assert values["name"] not in {aggregate.name for aggregate in self.aggregates.values()}
            self._replace(key, name=values["name"])
            return
        zone = values["availability_zone"]
        for host in self.aggregates[key].hosts:
            assert self._zones(host, but=key) <= {zone}, "a host of the aggregate is in another zone"
        self._replace(key, zone=zone)

    def set_aggregate_metadata(self, key: int, values: dict[str, str | None]) -> None:
        merged = {**self.aggregates[key].metadata, **values}
        self._replace(key, metadata={name: value for name, value in merged.items() if value is not None})
        self.metadata_due.discard(key)

    def add_host(self, key: int, host: str) -> None:
        aggregate = self.aggregates[key]
        assert host not in aggregate.hosts
        assert not aggregate.zone or self._zones(host, but=key) <= {aggregate.zone}, "the host is in another zone"
        assert key not in self.metadata_due, "a host joined before the metadata was set"
        self._replace(key, hosts=(*aggregate.hosts, host))

    def remove_host(self, key: int, host: str) -> None:
        hosts = self.aggregates[key].hosts
        assert host in hosts
        self._replace(key, hosts=tuple(member for member in hosts if member != host))

    def delete_aggregate(self, key: int) -> None:
        assert not self.aggregates[key].hosts
        del self.aggregates[key]

    def _zones(self, host: str, but: int) -> set[str]:
        return {
            other.zone for key, other in self.aggregates.items() if key != but and host in other.hosts and other.zone
        }

    def _replace(self, key: int, **values: Any) -> None:
        old = self.aggregates[key]
        fields = {"name": old.name, "id": old.id, "zone": old.zone, "hosts": old.hosts, "metadata": old.metadata}
        self.aggregates[key] = Aggregate(**{**fields, **values})


@st.composite
def fleets(draw: st.DrawFn, count: int) -> list[tuple[str | None, tuple[str, ...]]]:
    """Zones and hosts of some aggregates; no host is in two zones."""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=count, max_size=count))
    zone_of = {host: draw(st.sampled_from(("z1", "z2"))) for host in HOSTS}
    members = [draw(st.sets(st.sampled_from(HOSTS))) for _number in range(count)]
    return [
        (zone, tuple(sorted(host for host in hosts if zone in (None, zone_of[host]))))
        for zone, hosts in zip(zones, members, strict=True)
    ]


@st.composite
def some_changes(draw: st.DrawFn) -> list[Change]:
    count = draw(st.integers(1, 4))
    before, after = draw(fleets(count)), draw(fleets(count))
    fates = draw(st.lists(st.sampled_from(["keep", "create", "delete"]), min_size=count, max_size=count))
    metadata = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"))
    kept = [f"agg{key}" for key, fate in enumerate(fates) if fate == "keep"]
    names = dict(zip(kept, draw(st.permutations([*kept, "new1", "new2"])), strict=False))
    changes = []
    for key, fate in enumerate(fates):
        old = Aggregate(f"agg{key}", key, zone=before[key][0], hosts=before[key][1], metadata=draw(metadata))
        # A zone can be changed and never removed.
        zone = after[key][0] or (old.zone if fate == "keep" else None)
        hosts = after[key][1] if zone == after[key][0] else ()
        new = Aggregate(names.get(old.name, old.name), old.id, zone=zone, hosts=hosts, metadata=draw(metadata))
        changes.append(Change(None if fate == "create" else old, None if fate == "delete" else new))
    return changes


@given(some_changes(), st.randoms(use_true_random=False))
def test_every_write_is_allowed_and_all_of_them_make_what_is_wanted(changes: list[Change], dice: Random) -> None:
    model = Model(changes)
    for wave in waves(ordered(changes)):
        dice.shuffle(wave)
        for step in wave:
            model.apply(step)
    for key, change in enumerate(changes):
        if change.after is None:
            assert key not in model.aggregates
            continue
        result = model.aggregates[key]
        assert (result.name, result.zone, sorted(result.hosts), result.metadata) == (
            change.after.name,
            change.after.zone,
            sorted(change.after.hosts),
            change.after.metadata,
        )


@given(some_changes())
def test_nothing_is_under_way_twice_at_once(changes: list[Change]) -> None:
    for wave in waves(ordered(changes)):
        hosts = [step.arguments[0] for step in wave if step.operation in ("add_host", "remove_host")]
        aggregates = [step.change for step in wave]
        assert len(set(hosts)) == len(hosts) and len(set(aggregates)) == len(aggregates)
        assert len({step.operation for step in wave}) == 1


def test_what_is_as_wanted_needs_no_step() -> None:
    aggregate = Aggregate("pool", 1, zone="z1", hosts=("cmp01",), metadata={"ssd": "true"})
    assert ordered([Change(aggregate, aggregate), Change(None, None)]) == []


def test_a_host_joins_before_it_leaves_where_zones_allow_it() -> None:
    old = Change(Aggregate("old", 1, hosts=("cmp01",)), Aggregate("old", 1))
    new = Change(Aggregate("new", 2), Aggregate("new", 2, hosts=("cmp01",)))
    assert [step.operation for step in ordered([old, new])] == ["add_host", "remove_host"]


def test_a_host_leaves_first_when_it_changes_its_zone() -> None:
    old = Change(Aggregate("old", 1, zone="z1", hosts=("cmp01",)), Aggregate("old", 1, zone="z1"))
    new = Change(Aggregate("new", 2, zone="z2"), Aggregate("new", 2, zone="z2", hosts=("cmp01",)))
    steps = ordered([new, old])
    assert [step.description for step in steps] == [
        "remove host cmp01 from 'old'",
        "add host cmp01 to 'new'",
    ]
