# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding which aggregate is meant, and what is wanted of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.desired import merged, with_hosts
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.lookup import (
    chosen_aggregate,
    existing_aggregate,
    find_aggregate,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.metadata import metadata_text
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Aggregate

NVME = Aggregate("nvme", 1, "uuid-1", hosts=("a", "b"), metadata={"ssd": "true"})
AZ1 = Aggregate("az1", 2, "uuid-2", zone="az1", hosts=("c",))
SEVEN = Aggregate("7", 3, "uuid-3")
ALL = [NVME, AZ1, SEVEN]


@pytest.mark.parametrize(
    ("reference", "found"), [("nvme", NVME), ("uuid-2", AZ1), ("2", AZ1), ("7", SEVEN), ("nope", None), ("", None)]
)
def test_find(reference: str, found: Aggregate | None) -> None:
    assert find_aggregate(ALL, reference) is found


def test_a_name_that_is_another_ones_id_is_refused() -> None:
    with pytest.raises(Refused, match="name of the aggregate with id 3 and the id of the aggregate 'eight'"):
        find_aggregate([SEVEN, Aggregate("eight", 7, "uuid-7")], "7")


def test_a_name_that_is_its_own_id_is_clear() -> None:
    assert find_aggregate([replace(SEVEN, id=7)], "7") is not None


def test_what_must_exist() -> None:
    with pytest.raises(Refused, match="no aggregate 'x': the cloud has 7, az1, nvme"):
        existing_aggregate(ALL, "x")


@pytest.mark.parametrize(
    ("name", "identifier", "found"),
    [("nvme", None, NVME), ("1", None, None), (None, "1", NVME), ("new", "uuid-1", NVME), ("nvme", "99", None)],
)
def test_chosen(name: str | None, identifier: str | None, found: Aggregate | None) -> None:
    assert chosen_aggregate(ALL, name, identifier) is found


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (4, "4"), (1.5, "1.5"), ("x", "x"), ("", ""), (None, None)],
)
def test_metadata_is_text(value: Any, text: str | None) -> None:
    assert metadata_text({"key": value}) == {"key": text}


def test_keys_are_text_too() -> None:
    assert metadata_text({4: "x"}) == {"4": "x"}


def test_all_bad_metadata_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        metadata_text({"list": [1], "dict": {}, "a/b": 1, "long": "x" * 256, "availability_zone": "z", "good": 1})
    assert len(refused.value.problems) == 5


@pytest.mark.parametrize(
    ("wanted", "purge", "becomes"),
    [
        ({"x": "1"}, False, {"ssd": "true", "x": "1"}),
        ({"x": "1"}, True, {"x": "1"}),
        ({"ssd": None}, False, {}),
        ({"ssd": None, "x": "1"}, True, {"x": "1"}),
        ({}, True, {}),
        ({}, False, {"ssd": "true"}),
    ],
)
def test_merged(wanted: dict[str, str | None], purge: bool, becomes: dict[str, str]) -> None:
    assert merged({"ssd": "true"}, wanted, purge) == becomes


def test_hosts_added_and_removed() -> None:
    assert with_hosts(NVME, ["b", "c"], present=True).after == replace(NVME, hosts=("a", "b", "c"))
    assert with_hosts(NVME, ["b", "c"], present=False).after == replace(NVME, hosts=("a",))
