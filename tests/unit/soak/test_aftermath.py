# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The checks at the end of a round of a storm find each consequence that it must not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.soak.aftermath import guests, left_behind, lost, not_empty, tracebacks
from tests.soak.world import OURS, RETURN, Compute, Observation

IN_SERVICE = Compute(enabled=True, reason=None, version=1)
NOW = Observation(
    names={"a": "web", "b": "other"},
    hosts={"a": "cmp02", "b": "cmp02"},
    statuses={"a": "ACTIVE", "b": "SHUTOFF"},
    guests={"a": (("cmp02", "running"),), "b": (("cmp02", "shutdown"),)},
    computes={"cmp01": IN_SERVICE, "cmp02": IN_SERVICE},
    returns=(),
    moving=frozenset(),
    last_record=2,
)
BEGAN = "20261121T101500Z"


def record(number: int, source: str, target: str, user: str = "us", status: str = "completed") -> dict[str, Any]:
    hosts = {"source_compute": source, "dest_compute": target}
    return {"id": number, "instance_uuid": "a", "user_id": user, "status": status, **hosts}


LEFT = record(1, "cmp01", "cmp02")


def missing(*records: dict[str, Any], told: str = "", **more: Any) -> list[str]:
    """Who is lost after a maintenance of cmp01."""
    options: dict[str, Any] = {"taken": (), "at_liberty": (), **more}
    return lost(NOW, records, "us", {"cmp01": told}, **options)


def test_a_server_that_left_and_is_not_back_is_lost() -> None:
    assert missing(LEFT) == ["web (a) left cmp01 by record 1, is on cmp02, and nobody says why"]


def test_home_is_where_it_left_first() -> None:
    again = [LEFT, record(2, "cmp02", "cmp03")]
    assert len(lost(NOW, again, "us", {"cmp01": "", "cmp02": ""}, (), ())) == 1
    back = replace(NOW, hosts={"a": "cmp01", "b": "cmp02"})
    assert lost(back, again, "us", {"cmp01": "", "cmp02": ""}, (), ()) == []


@pytest.mark.parametrize("told", ["The server a is not brought back", "The server 'web' was not brought back"])
def test_whoever_is_named_is_not_lost(told: str) -> None:
    assert missing(LEFT, told=told) == []


def test_a_name_within_another_name_is_not_named() -> None:
    assert missing(LEFT, told="'web2'") != []


def test_what_others_did_is_not_our_loss() -> None:
    assert missing(LEFT, record(2, "cmp02", "cmp03", user="demo", status="confirmed")) == []
    assert missing(LEFT, taken=("cmp01",)) == missing(LEFT, at_liberty=("a",)) == []
    assert missing(record(1, "cmp01", "cmp02", user="demo")) == missing(record(1, "cmp03", "cmp02")) == []


def test_what_others_did_before_or_in_vain_does_not_count() -> None:
    assert missing(record(1, "cmp02", "cmp01", user="demo"), record(2, "cmp01", "cmp02")) != []
    assert missing(LEFT, record(2, "cmp02", "cmp03", user="demo", status="error")) != []


def test_a_deleted_server_is_not_lost() -> None:
    assert lost(replace(NOW, names={}, hosts={}), [LEFT], "us", {"cmp01": ""}, (), ()) == []


def test_nothing_is_left_behind() -> None:
    old = replace(NOW, returns=(f"{RETURN}20261121T101000Z_20261121T101100Z_BY_61",))
    assert left_behind(NOW, BEGAN, (), False) == left_behind(old, BEGAN, (), False) == []
    remembered = replace(NOW, returns=(f"{OURS}ED_{BEGAN}_{BEGAN}_{BEGAN}_OF_61",))
    assert left_behind(remembered, BEGAN, (), True) == []


@pytest.mark.parametrize(
    ("change", "leftovers", "says"),
    [
        ({"computes": {"cmp01": Compute(False, "stackops:me", 1)}}, (), "cmp01 is disabled with the reason"),
        ({"returns": (f"{RETURN}{BEGAN}_{BEGAN}_BY_61",)}, (), "the return trait CUSTOM_STACKOPS_RETURN_2026"),
        ({"returns": (f"{OURS}ED_{BEGAN}_{BEGAN}_{BEGAN}_OF_61",)}, (), "the return trait CUSTOM_STACKOPS_RETURNED_"),
        ({}, ("uuid",), "the migration uuid, which is over, holds an allocation"),
    ],
)
def test_what_is_left_behind_is_found(change: dict[str, Any], leftovers: tuple[str, ...], says: str) -> None:
    (sentence,) = left_behind(replace(NOW, **change), BEGAN, leftovers, False)
    assert sentence.startswith(says)


def test_guests_are_where_nova_has_them() -> None:
    assert guests(NOW) == []
    both = replace(NOW, guests={**NOW.guests, "a": (("cmp01", "running"), ("cmp02", "running"))})
    assert len(guests(both)) == len(guests(replace(NOW, guests={}, statuses={"a": "ACTIVE"}))) == 1
    assert guests(replace(NOW, statuses={"a": "SHELVED_OFFLOADED"}, guests={})) == []
    assert len(guests(replace(NOW, statuses={"a": "SHELVED_OFFLOADED"}))) == 1


def test_a_host_that_was_called_empty_and_was_not_is_found() -> None:
    held = {"host": "cmp01", "guests": [["a", "web", "running"]], "at": 5.0}
    assert not_empty([{"host": "cmp01", "guests": [], "at": 5.0}], {}) == []
    assert not_empty([held], {}) == not_empty([held], {"a": 6.0}) == not_empty([held], {"b": 1.0})
    assert not_empty([held], {}) == ["cmp01 was called empty and held web, which was running"]


def test_what_a_deleted_server_left_behind_is_nobodys_guest() -> None:
    assert not_empty([{"host": "cmp01", "guests": [["a", "web", "running"]], "at": 5.0}], {"a": 4.0}) == []


def test_a_traceback_is_found() -> None:
    assert tracebacks({"1.log": "ok", "2.log": "Traceback (most recent call last)"}) == ["2.log holds a traceback"]
