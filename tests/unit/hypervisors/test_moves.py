# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's records beside the heartbeats of the guests that they are about."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hypervisors.beats import Beat
from tests.hypervisors.moves import AROUND_SECONDS, read, time_of

BEGIN = time_of("2026-11-27T10:00:00.000000")


def record(key: int, **values: Any) -> dict[str, Any]:
    return {
        "id": key,
        "instance_uuid": "web1",
        "migration_type": "live-migration",
        "status": "completed",
        "source_compute": "cmp01",
        "dest_compute": "cmp02",
        "created_at": "2026-11-27T10:00:00.000000",
        "updated_at": "2026-11-27T10:00:04.000000",
        **values,
    }


def test_a_move_has_the_longest_pause_around_its_record() -> None:
    times = [BEGIN + tenth / 10 for tenth in range(-50, 100) if not 21 <= tenth <= 23]
    (move,) = read([record(1)], {"web1": [Beat(at, number) for number, at in enumerate(times)]})
    assert (move.source, move.target, move.seconds) == ("cmp01", "cmp02", 4.0)
    assert move.pause.seconds == pytest.approx(0.4)
    assert move.text == "cmp01 to cmp02 completed in 4 s, pause 400 ms"


def test_a_guest_that_is_silent_after_its_move_paused_until_a_while_later() -> None:
    (move,) = read([record(1)], {"web1": [Beat(BEGIN + 1.0, 1)]})
    assert move.pause.seconds == pytest.approx(3.0 + AROUND_SECONDS)


def test_only_live_migrations_that_are_over_count_and_they_come_in_order() -> None:
    records = [
        record(3, status="cancelled"),
        record(2, status="running"),
        record(1),
        record(4, migration_type="migration"),
    ]
    assert [move.status for move in read(records, {})] == ["completed", "cancelled"]
