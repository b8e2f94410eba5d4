# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What one host went through."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.host_progress import HostProgress


def test_the_last_duration_is_that_of_the_phase_that_ended_last() -> None:
    progress = HostProgress("a")
    progress.begin("drain", 100)
    progress.end("done", 110)
    progress.begin("upgrade", 110)
    assert (progress.last_duration, progress.under_way) == (10, True)
    progress.end("failed", 140)
    progress.end("done", 150)  # there is none to end
    assert (progress.last_duration, progress.under_way) == (30, False)
    assert [phase.outcome for phase in progress.phases] == ["done", "failed"]
