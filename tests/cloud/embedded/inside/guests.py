# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The guests of one host as Nova's fake virt driver knows them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from nova.compute import power_state
from nova.virt import fake

from tests.cloud.embedded.hypervisors import DEAD, PAUSED, RUNNING, SHUTDOWN, Hypervisors

POWER_STATES = {
    RUNNING: power_state.RUNNING,
    DEAD: power_state.RUNNING,
    PAUSED: power_state.PAUSED,
    SHUTDOWN: power_state.SHUTDOWN,
}


class GuestsAboard(MutableMapping):
    """The guests of one host as the inherited code knows them: a dictionary, here a view of the store."""

    def __init__(self, store: Hypervisors, host: str) -> None:
        self._store, self._host = store, host

    def _guests(self) -> dict[str, fake.FakeInstance]:
        return {
            guest.uuid: fake.FakeInstance(guest.name, POWER_STATES[guest.state], guest.uuid)
            for guest in self._store.guests(self._host)
        }

    def __getitem__(self, key: str) -> fake.FakeInstance:
        return self._guests()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._guests())

    def __len__(self) -> int:
        return len(self._guests())

    def __setitem__(self, key: str, guest: fake.FakeInstance) -> None:
        raise NotImplementedError("Guests are defined through the store.")

    def __delitem__(self, key: str) -> None:
        if not self._store.undefine(self._host, key):
            raise KeyError(key)
