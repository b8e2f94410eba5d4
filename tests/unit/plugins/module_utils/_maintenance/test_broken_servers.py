# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A server that breaks at the end of its move, when it has left the host: it is named, and the drain fails."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator

LOOK = "find .* on the hypervisors before anything is reset"


@pytest.mark.parametrize("outcome", [Outcome.BROKEN_AT_TARGET, Outcome.RUNS_AT_TARGET])
@pytest.mark.parametrize("others", [0, 3])
def test_one_that_breaks_at_its_target_is_named(
    cloud: FakeCloud, operator: Operator, outcome: Outcome, others: int
) -> None:
    """As Nova leaves it: its host is the target already, and then the record ends in error."""
    guest = cloud.boot("web", "cmp01")
    for number in range(others):
        cloud.boot(f"other{number}", "cmp01")
    cloud.moves.behave("web", Behaviour(outcome))
    with pytest.raises(
        Interrupted, match=rf"'web' \({guest.id}\) left and is broken: .*on cmp0[23].*{LOOK}"
    ) as stopped:
        operator.start("cmp01")
    facts = stopped.value.facts
    assert guest.host != "cmp01" and [server["name"] for server in facts["left"]] == ["web"]
    assert facts["left"][0]["running"] is True and "web" not in [move["name"] for move in facts["moved"]]
    assert len(facts["moved"]) == others and [name for name, _host in cloud.moves.started].count("web") == 1
    assert any("web failed: " in line for line in operator.lines)


def test_one_that_breaks_at_the_source_is_named(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN))
    with pytest.raises(Interrupted, match=rf"'web' \({guest.id}\) is still there: it is in ERROR on cmp01.*{LOOK}"):
        operator.start("cmp01")


def test_what_may_stay_does_not_hide_a_broken_one(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN_AT_TARGET))
    with pytest.raises(Interrupted, match="'web' .* left and is broken"):
        operator.start("cmp01", leave_unmovable=True, leave_stopped=True)


@pytest.mark.parametrize("outcome", [Outcome.BROKEN_AT_TARGET, Outcome.RUNS_AT_TARGET])
def test_one_that_breaks_on_its_way_back_is_named(cloud: FakeCloud, operator: Operator, outcome: Outcome) -> None:
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(outcome))
    work = operator.look_to_stop("cmp01")
    result = work.apply()
    assert guest.host == "cmp01" and result["brought_back"] == []
    assert [server["name"] for server in result["left"]] == ["web"] and "hypervisors" in result["left"][0]["reason"]
    assert any("'web'" in warning for warning in work.warnings)


def test_one_that_breaks_on_its_way_back_is_a_failure_where_it_is_required(
    cloud: FakeCloud, operator: Operator
) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN_AT_TARGET))
    with pytest.raises(Interrupted, match="Not back: 'web'"):
        operator.stop("cmp01", bring_back_required=True)
