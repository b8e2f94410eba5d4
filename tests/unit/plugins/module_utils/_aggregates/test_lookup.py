# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which aggregate a text means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.lookup import (
    aggregate_to_delete,
    declared_aggregate,
    existing_aggregate,
    find_aggregate,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate

NVME = Aggregate("nvme", 1, "uuid-1", hosts=("a", "b"), metadata={"ssd": "true"})
AZ1 = Aggregate("az1", 2, "uuid-2", zone="az1", hosts=("c",))
SEVEN = Aggregate("7", 3, "uuid-3")
ALL = [NVME, AZ1, SEVEN]


@pytest.mark.parametrize(
    ("reference", "expected"), [("nvme", NVME), ("uuid-2", AZ1), ("2", AZ1), ("7", SEVEN), ("nope", None), ("", None)]
)
def test_find(reference: str, expected: Aggregate | None) -> None:
    assert find_aggregate(ALL, reference) is expected


def test_a_name_that_is_another_ones_id_is_refused() -> None:
    with pytest.raises(Refused, match="name of the aggregate with id 3 and the id of the aggregate 'eight'"):
        find_aggregate([SEVEN, Aggregate("eight", 7, "uuid-7")], "7")


def test_a_name_that_is_its_own_id_is_clear() -> None:
    assert find_aggregate([replace(SEVEN, id=7)], "7") is not None


def test_what_must_exist() -> None:
    with pytest.raises(Refused, match="no aggregate 'x': the cloud has 7, az1, nvme"):
        existing_aggregate(ALL, "x")


@pytest.mark.parametrize(
    ("name", "identifier", "expected"),
    [("nvme", None, NVME), ("1", None, None), (None, "1", NVME), ("new", "uuid-1", NVME), ("nvme", "99", None)],
)
def test_declared(name: str | None, identifier: str | None, expected: Aggregate | None) -> None:
    assert declared_aggregate(ALL, name, identifier) is expected


@pytest.mark.parametrize(
    ("name", "identifier", "expected"),
    [
        ("nvme", None, NVME),
        ("gone", None, None),
        (None, "uuid-1", NVME),
        (None, "99", None),
        ("nvme", "1", NVME),
        ("nvme", "uuid-1", NVME),
        ("gone", "99", None),
    ],
)
def test_to_delete(name: str | None, identifier: str | None, expected: Aggregate | None) -> None:
    assert aggregate_to_delete(ALL, name, identifier) is expected


@pytest.mark.parametrize(
    ("name", "identifier", "told"),
    [
        ("nvme", "2", "the id 2 is that of 'az1' and 'nvme' has the id 1"),
        ("nvme", "99", "'nvme' has the id 1"),
        ("gone", "uuid-1", "the id uuid-1 is that of 'nvme'"),
    ],
)
def test_only_what_has_both_is_deleted(name: str, identifier: str, told: str) -> None:
    with pytest.raises(Refused, match=f"for {told}: give only the one"):
        aggregate_to_delete(ALL, name, identifier)
