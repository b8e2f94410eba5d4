# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the rehearsal of the writes finds is what Nova refuses: nothing less and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.change import Change, Step
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.desired import all_declared
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.rehearsal import Rehearsal
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.steps import ordered
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.nova import Nova
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.fake.cloud import FakeCloud

HOSTS = ("cmp01", "cmp02", "cmp03")
NAMES = ("one", "two", "three", "four")


ZONES = (None, "z1", "z2", "nova")


@st.composite
def some_declarations(draw: st.DrawFn) -> tuple[FakeCloud, list[dict[str, Any]]]:
    """A cloud with a few aggregates and a server on some hosts, and declarations of most of those and of new ones."""
    cloud = FakeCloud(*HOSTS)
    zone_of = {host: draw(st.sampled_from(ZONES[1:])) for host in HOSTS}
    names = draw(st.permutations(NAMES))
    standing = draw(st.integers(1, 3))
    for name in names[:standing]:
        zone = draw(st.sampled_from(ZONES))
        members = draw(st.sets(st.sampled_from(HOSTS)))
        cloud.aggregate(name, *sorted(host for host in members if zone in (None, zone_of[host])), zone=zone)
    for host in draw(st.sets(st.sampled_from(HOSTS), max_size=2)):
        cloud.boot(f"server-{host}", host)
    wanted = []
    for key in draw(st.sets(st.integers(1, standing + 1))):
        new = key > standing
        hosts = draw(st.none() | st.sets(st.sampled_from(HOSTS)))
        wanted.append(
            {
                "id": None if new else str(key),
                "name": names[key - 1] if new else draw(st.none() | st.sampled_from(names[:standing])),
                "availability_zone": draw(st.sampled_from(ZONES)),
                "hosts": sorted(hosts or ()),
                "purge_hosts": hosts is not None and draw(st.booleans()),
                "metadata": None,
                "purge_metadata": False,
            }
        )
    return cloud, wanted


def is_refused(nova: Nova, changes: Sequence[Change], steps: Sequence[Step]) -> bool:
    """Whether Nova refuses one of the steps, when one after another is sent."""
    made = [change.before for change in changes]
    for step in steps:
        assert step.change is not None
        aggregate = made[step.change]
        key = () if aggregate is None else (aggregate.id,)
        try:
            made[step.change] = getattr(nova, step.operation)(*key, *step.arguments)
        except CloudError as error:
            assert error.status in (400, 409), error
            return True
    return False


@settings(max_examples=200)
@given(some_declarations(), st.booleans())
def test_nova_refuses_what_the_rehearsal_finds(case: tuple[FakeCloud, list[dict[str, Any]]], prune: bool) -> None:
    cloud, wanted = case
    nova = cloud.connect_directly().nova
    aggregates = nova.aggregates()
    decision = all_declared(aggregates, wanted, prune)
    assume(not decision.problems)
    steps = ordered(decision.changes)
    rehearsal = Rehearsal(aggregates, decision.changes, steps)
    busy = {guest.host for guest in cloud.world.guests.values()}
    foretold = bool(rehearsal.problems or busy & rehearsal.to_be_empty.keys())
    assert is_refused(nova, decision.changes, steps) == foretold
