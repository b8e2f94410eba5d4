# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How long the parts of a turn are taken to last. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """What predictions of time rest on.

    The defaults are assumptions, not measurements: a guest of some GiB over 10 Gbit/s, two moves at once as Nova's and
    os_host_maintenance's defaults have it, and an upgrade with a reboot of a large machine.

    :ivar seconds_per_move: how long one server takes to its target or back.
    :ivar moves_at_once: how many servers leave a host, or come back to it, at the same time.
    :ivar upgrade_seconds: how long a host takes from when it is empty until its servers may come back.
    """

    seconds_per_move: float = 30.0
    moves_at_once: int = 2
    upgrade_seconds: float = 900.0

    def turn_seconds(self, moves: int, brought_back: int, upgraded: bool = False) -> float:
        """Return how long a turn lasts.

        :param moves: how many servers leave the host.
        :param brought_back: how many servers come back to it.
        :param upgraded: whether the host has the upgrade already.
        """
        return self._moving(moves) + (0.0 if upgraded else self.upgrade_seconds) + self._moving(brought_back)

    def _moving(self, servers: int) -> float:
        return -(-servers // max(1, self.moves_at_once)) * self.seconds_per_move


ASSUMED = Pace()
