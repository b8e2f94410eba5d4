# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""An account that lacks a right of whose lack Nova says nothing: it is named, and no answer is believed that lies."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Interrupted

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator
from tests.unit.fake.policies import ALL_FILTERS, EXTENDED_ATTRIBUTES, EXTRA_SPECS, PROGRESS_HOSTS, RECORD_HOSTS


@pytest.mark.parametrize("rule", [ALL_FILTERS, EXTENDED_ATTRIBUTES, RECORD_HOSTS, EXTRA_SPECS])
def test_a_start_names_the_right_that_is_lacking(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], rule: str
) -> None:
    cloud.resize(cloud.boot("moved", "cmp01"), "cmp02", "confirmed")
    cloud.policies.deny(rule)
    with pytest.raises(CloudError, match=f"these credentials lack the policy {rule}"):
        operator.look_to_start("cmp01")
    assert cloud.writes == [] and cloud.world.hosts["cmp01"].enabled


@pytest.mark.parametrize("rule", [ALL_FILTERS, RECORD_HOSTS])
def test_a_stop_names_it_too(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], rule: str) -> None:
    operator.start("cmp01")
    cloud.forget_requests()
    cloud.policies.deny(rule)
    with pytest.raises(CloudError, match=f"lack the policy {rule}"):
        operator.look_to_stop("cmp01")
    assert cloud.writes == [] and not cloud.world.hosts["cmp01"].enabled


@pytest.mark.parametrize("rule", [EXTENDED_ATTRIBUTES, EXTRA_SPECS])
def test_a_return_names_it_when_it_looks_at_the_first_server(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], rule: str
) -> None:
    operator.start("cmp01")
    cloud.policies.deny(rule)
    with pytest.raises(Interrupted, match=f"lack the policy {rule}"):
        operator.stop("cmp01")
    assert cloud.returning("cmp01") and len(cloud.moves.started) == len(guests)


def test_no_server_of_another_host_is_touched(cloud: FakeCloud, operator: Operator) -> None:
    """The host itself has no server, so every one that is listed is another host's."""
    cloud.boot("theirs", "cmp02")
    cloud.boot("outside", "cmp03", "stopped")
    cloud.policies.deny(ALL_FILTERS)
    with pytest.raises(CloudError, match="asked about cmp01 alone and answered about cmp02 too"):
        operator.look_to_start("cmp01")
    assert cloud.writes == []


def test_a_right_that_is_lost_in_the_middle_ends_the_drain(cloud: FakeCloud, operator: Operator) -> None:
    for number in range(6):
        cloud.boot(f"web{number}", "cmp01")
    cloud.boot("theirs", "cmp02")
    work = operator.look_to_start("cmp01")
    cloud.clock.after(4.0, lambda: cloud.policies.deny(ALL_FILTERS))
    with pytest.raises(Interrupted, match="lack the policy"):
        work.apply()
    assert cloud.names_on("cmp02").count("theirs") == 1 and "theirs" not in [
        name for name, _target in cloud.moves.started
    ]


def test_who_sees_no_hosts_of_progress_needs_none(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    cloud.policies.deny(PROGRESS_HOSTS)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []
