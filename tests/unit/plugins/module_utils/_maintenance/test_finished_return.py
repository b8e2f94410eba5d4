# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Returns that are over, as traits remember them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.finished_return import (
    FinishedReturn,
    not_needed,
    read_finished_returns,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import TRAIT_LIMIT, Mark

SERVICE = "0f3c6a0e-5b0b-4d9c-8b1e-2a7d4c5f6e70"
MARK = Mark("unknown", "20261121T100000Z", "migrate", until="20261121T103000Z", after=57)
PAST = FinishedReturn(SERVICE, MARK, "20261121T110000Z")


@pytest.mark.parametrize("mark", [MARK, replace(MARK, after=0), replace(MARK, after=10**18)])
def test_a_trait_tells_all_of_it(mark: Mark) -> None:
    past = replace(PAST, mark=mark)
    assert read_finished_returns([past.trait]) == [past] and len(past.trait) <= TRAIT_LIMIT


@pytest.mark.parametrize(
    "name",
    [
        MARK.trait(str(UUID(int=1))),
        "CUSTOM_STACKOPS_RETURNED_",
        PAST.trait.replace("20261121T100000Z", "20261399T990000Z"),
        PAST.trait[:-1],
        f"{PAST.trait}\n",
    ],
)
def test_what_only_looks_like_one_is_none(name: str) -> None:
    assert read_finished_returns([name]) == []


@pytest.mark.parametrize(
    ("begun", "forgotten"),
    [
        ([], True),
        (["20261121T110001Z"], True),
        (["20261121T110000Z"], False),
        (["20261121T120000Z", "20261121T090000Z"], False),
    ],
)
def test_it_is_needed_while_a_maintenance_is_open_that_began_before_its_end(begun: list[str], forgotten: bool) -> None:
    assert not_needed([PAST], begun) == ([PAST] if forgotten else [])
