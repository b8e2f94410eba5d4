# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The mark of a maintenance, in both of its places."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import MarkError
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import (
    MODES,
    Mark,
    mark_time,
    read_mark,
    read_trait,
)
from hypothesis import given
from hypothesis import strategies as st

PROVIDER = "0a" * 4 + "-0a0a" * 3 + "-" + "0a" * 6
SINCE, NOW = "20261121T101500Z", "20261121T112000Z"
OWNERS = st.text(st.characters(exclude_characters=":", exclude_categories=["Z", "C"]), min_size=1, max_size=40)
REASONS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80).map(str.strip)


def test_the_mark_as_reason_and_as_trait() -> None:
    mark = Mark("ops@bastion", SINCE, "migrate", "new kernel")
    assert mark.text == "stackops:ops@bastion:20261121T101500Z:migrate new kernel"
    assert mark.trait(PROVIDER) == f"CUSTOM_STACKOPS_RETURN_{SINCE}_{SINCE}_BY_6F70734062617374696F6E_OF_{'0A' * 16}"
    assert mark.records_since == "2026-11-21T10:14:00"


@given(OWNERS, st.sampled_from(MODES), REASONS)
def test_a_written_mark_is_read(owner: str, mode: str, reason: str) -> None:
    try:
        mark = Mark(owner, SINCE, mode, reason)
    except MarkError:
        assert len(owner.encode()) > 79  # hex doubles it, and a trait has 255 characters
        return
    assert read_mark(mark.text) == mark
    returning = Mark(owner, SINCE, "migrate", until=NOW)
    assert read_trait(replace(mark, until=NOW).trait(PROVIDER)) == (PROVIDER, returning)
    assert len(mark.text) <= 255 and len(mark.trait(PROVIDER)) <= 255


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "broken fan",
        "stackops",
        "stackops:me:yesterday:migrate",
        "stackops:me:20261121T101500Z:explode x",
        "stackops::20261121T101500Z:migrate",
        "stackops:a b:20261121T101500Z:migrate",
        "xstackops:me:20261121T101500Z:migrate",
        "stackops:me:20261121T101500Z:migrated",
        "New compute service disabled due to config option.",
    ],
)
def test_text_that_others_wrote_is_no_mark(text: str | None) -> None:
    assert read_mark(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "stackops:me:20269999T999999Z:migrate",  # no such day
        f"stackops:{'x' * 150}:20261121T101500Z:migrate",  # the owner fits into a reason, and not into a trait
    ],
)
def test_a_mark_that_this_collection_cannot_have_written_is_foreign(text: str) -> None:
    assert read_mark(text) is None


@given(st.text(max_size=255))
def test_any_text_can_be_read(text: str) -> None:
    read_mark(text)
    read_mark(f"stackops:{text}")
    read_trait(text)
    read_trait(f"CUSTOM_STACKOPS_RETURN_{SINCE}_{NOW}_BY_{text}_OF_{'0A' * 16}")


@pytest.mark.parametrize("owner", ["", "a:b", "a b", "a\tb", "a\nb"])
def test_an_owner_that_no_mark_can_hold_is_refused(owner: str) -> None:
    with pytest.raises(MarkError, match="must not be empty nor hold a colon or white space"):
        Mark(owner, SINCE, "migrate")


@pytest.mark.parametrize(("owner", "reason", "what"), [("me", "x" * 219, "reason"), ("x" * 120, "", "owner")])
def test_a_text_that_is_too_long_is_refused_and_not_cut(owner: str, reason: str, what: str) -> None:
    with pytest.raises(MarkError, match=f"The {what} is .* too long for Nova: shorten it"):
        Mark(owner, SINCE, "migrate", reason)


def test_the_time_of_a_mark_is_that_of_the_cloud() -> None:
    assert mark_time("2026-11-21T10:15:00") == SINCE


@pytest.mark.parametrize("now", [None, ""])
def test_a_cloud_that_gives_no_time_is_an_error(now: str | None) -> None:
    with pytest.raises(MarkError, match="no Date header"):
        mark_time(now)


@pytest.mark.parametrize("after", [0, 17])
def test_the_number_of_the_record_before_a_maintenance_is_read(after: int) -> None:
    mark = Mark("me", SINCE, "migrate", "kernel", after=after)
    assert read_mark(mark.text) == mark
    returning = Mark("me", SINCE, "migrate", until=NOW, after=after)
    assert read_trait(returning.trait(PROVIDER)) == (PROVIDER, returning)


def test_records_belong_to_a_maintenance_by_their_numbers_and_not_by_clocks() -> None:
    mark = Mark("me", SINCE, "migrate", after=17)
    behind = "2026-11-21T10:14:40.000000"  # a conductor that is twenty seconds behind the API
    assert mark.covers(18, behind) and not mark.covers(17, "2026-11-21T10:15:01.000000")
