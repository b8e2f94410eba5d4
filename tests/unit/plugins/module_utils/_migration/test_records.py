# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Migration records, by server and by number."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.records import by_server, newest, newest_id
from fake.attempts import record

FIRST, LAST = record("completed", number=6), record("running", number=9)
OTHER = replace(record("error", number=7), server="t")


def test_records_are_grouped_by_server_in_the_order_of_the_list() -> None:
    assert by_server([LAST, OTHER, FIRST]) == {"s": [LAST, FIRST], "t": [OTHER]}


def test_the_newest_record_is_that_with_the_highest_number() -> None:
    assert newest([LAST, FIRST]) == LAST and newest_id([LAST, FIRST]) == LAST.id
    assert newest([]) is None
    assert newest_id([]) == 0
