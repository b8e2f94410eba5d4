# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Wait for the turn of a host, and decide whose turn it is: the roll as a sliding window.

Each host waits here in a task of its own. Whenever the record changes, one of those that wait conducts: it looks at the
cloud, and begins all hosts that may go beside those under way, in the order of the plan. A turn and what is reserved
for it are in the record before anything is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._errors import CloudError, Refused
from .._openstack.cloud import Cloud
from .._text import counted, grouped
from .forecast import learnt_pace, seconds_of
from .limits import Stop, reason_to_stop, too_late
from .probe_rounds import probe_ended, probe_is_late
from .progress import about, how_far
from .roll import Roll, Turn
from .store import Conductor, LockedRecord, RecordStore
from .waits import Wait, has_place, reason_to_wait

# Seconds between two readings of the record.
POLL = 0.3
# Seconds after which the cloud is looked at again although nothing happened in this roll.
LOOK_AGAIN = 10.0
# Seconds after the last event of the roll for which it waits for an API that does not answer, such as a load balancer
# that fails over.
LONGEST_OUTAGE = 3600.0
# Seconds that one task waits. Then it is asked again, for only a new task sees which hosts Ansible has lost.
PATIENCE = 30.0
# After so many, about a day, a roll that is held for a person to act ends, and the same command waits on.
MOST_ASKED = 2880
# Of what holds a roll, what others are told here, and as which event.
_NOTICES = {"pause": "paused", "approval": "paused", "probe": "blocked"}


@dataclass(frozen=True, slots=True)
class Able:
    """The hosts that may begin now.

    :ivar moves: of each of them, as os_upgrade_plan returns them; in the order of the plan.
    :ivar waiting: why each other host may not.
    :ivar kinds: the same for those that wait for no host under way, without names: it is said of many at once.
    """

    moves: Mapping[str, list[Mapping[str, Any]]]
    waiting: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


# From the roll and the hosts on which Ansible works, looks which of these may begin now.
Look = Callable[[Roll, Collection[str]], Able]


class TakeTurn:
    """Wait until the turn of a host has come, until no further host begins, or until the task is to be asked again."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(
        self,
        cloud: Cloud,
        store: RecordStore,
        session: str,
        host: str,
        look: Look,
        playing: Sequence[str],
        forks: int,
        asked: int = 0,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """:param playing: names in the inventory of the hosts that Ansible has not lost, in the order in which it
        works.
        :param forks: on how many of them it works at once.
        :param asked: how many tasks of this host have waited before.
        :raises Refused: if the record cannot be read, or the host is none of the roll's.
        """
        self.warnings: list[str] = []
        self._cloud, self._store, self._session, self._host = cloud, store, session, host
        self._look, self._playing, self._forks, self._asked = look, tuple(playing), forks, asked
        self._now, self._sleep = now, sleep
        self._reason: str | None = None  # why it waits, as of the last look
        self._notice: dict[str, str] | None = None  # what others are to be told
        if host not in store.roll().hosts:
            raise Refused(f"{host!r} is no host of the roll in {store.folder}.")

    def predict(self) -> dict[str, Any]:
        return self._result("wait")

    def _result(self, turn: str, **more: Any) -> dict[str, Any]:
        nothing: dict[str, Any] = {"moves": [], "steps": [], "reason": None, "gate": False}
        return {"turn": turn, "asked": self._asked + 1, "notice": self._notice, **nothing, **more}

    def apply(self) -> dict[str, Any]:
        """:raises Refused: if another run goes on with the roll."""
        until = self._now() + PATIENCE
        while (answer := self._answer(self._current())) is None:
            self._conduct()
            if (answer := self._answer(self._current())) is not None:
                break
            if self._notice or self._now() >= until:
                return self._result("wait", reason=self._reason, gate=self._asks_gate(self._current()))
            self._sleep(POLL)
        return answer

    def _asks_gate(self, roll: Roll) -> bool:
        """Return whether this host is the one that asks the gate while a step of the ramp soaks: the next that goes."""
        soaks = roll.hold is not None and roll.hold.what == "soak"
        return soaks and [host for host in self._at_work(roll) if host in roll.waiting][:1] == [self._host]

    def _current(self) -> Roll:
        roll = self._store.roll()
        if roll.session != self._session:
            raise Refused(f"Another run goes on with the roll {roll.id}, so this one ends: leave it to that one.")
        return roll

    def _answer(self, roll: Roll) -> dict[str, Any] | None:
        """Return what is to become of the host, None while it has to wait."""
        if turn := roll.turn_of(self._host):
            return self._result("begin", moves=list(turn.moves), steps=list(turn.steps))
        if self._host not in roll.waiting or roll.stopped is not None:
            skipped = roll.skipped.get(self._host)
            return self._result("over", reason=skipped.reason if skipped else roll.stopped)
        return None

    # -- whose turn it is

    def _conduct(self) -> None:
        """Begin the hosts that may go now, unless another process just does that, or nothing has changed since."""
        with self._store.conducting() as conductor:
            if conductor:
                self._note_lost()
                roll = self._current()
                wait = None if self._reason_to_stop(roll) else self._reason_to_wait(roll)
                self._hold(roll, wait)
                if wait is None and conductor.is_due(self._store.size, self._now(), LOOK_AGAIN):
                    self._begin_next(self._current(), conductor)

    def _reason_to_stop(self, roll: Roll) -> Stop | None:
        return reason_to_stop(roll, self._now()) or probe_ended(self._store.folder, roll, self._now())

    def _reason_to_wait(self, roll: Roll) -> Wait | None:
        return reason_to_wait(roll, self._now()) or probe_is_late(self._store.folder, roll, self._now())

    def _note_lost(self) -> None:
        roll = self._current()
        for host in roll.under_way:
            if roll.places[host] not in self._playing:
                with self._store.locked(self._session) as record:
                    if host in record.roll.under_way:
                        self._write(record, "failed", host=host, reason="Ansible lost the host, see its error above.")
        for wait in self._current().open_gates:
            if roll.places[wait.host] not in self._playing:  # one that asked for others while a step soaked
                with self._store.locked(self._session) as record:
                    self._write(record, "gate", host=wait.host, outcome="lost")

    def _hold(self, roll: Roll, wait: Wait | None) -> None:
        """Record what keeps all hosts from beginning for now, or that nothing does any more, where that is news."""
        self._reason = wait.reason if wait else self._reason
        too_long = self._asked >= MOST_ASKED
        if (wait and wait.reason) == (roll.hold and roll.hold.reason) and not (wait and too_long):
            return
        with self._store.locked(self._session) as record:
            if wait and too_long:
                self._stop(record, Stop(wait.reason))
            elif wait:
                self._write(record, "held", **wait._asdict())
                self._show(record, f"no host begins for now: {wait.reason}")
                if wait.what in _NOTICES:
                    self._notice = {"event": _NOTICES[wait.what], "text": wait.reason}
            else:
                self._write(record, "released")

    def _begin_next(self, roll: Roll, conductor: Conductor) -> None:
        stop = self._reason_to_stop(roll)
        able, blocked = Able({}), dict[str, str]()
        if not stop and has_place(roll):
            late = too_late(roll, self._now())
            able, waits = self._look_who_may_begin(roll, late)
            told = {host: why.reason for host, why in late.items()}
            able = replace(able, waiting={**able.waiting, **told}, kinds={**able.kinds, **told})
            if not able.moves and not waits:
                blocked = self._blocked(roll, able, late)
                stop = None if blocked else _nobody_can(able, late)
        self._reason = able.waiting.get(self._host, self._reason)
        with self._store.locked(self._session) as record:
            stop = stop or self._reason_to_stop(record.roll)
            if stop:
                self._stop(record, stop)
            elif record.roll.stopped is None and not self._reason_to_wait(record.roll):
                self._begin(record, able)
                self._skip(record, able, blocked)
        self._current()
        conductor.looked(self._store.size, self._now())

    def _look_who_may_begin(self, roll: Roll, late: Collection[str]) -> tuple[Able, bool]:
        """Return who may begin, and whether to wait where nobody may. What cannot be seen begins no host."""
        waits = bool(roll.under_way)
        try:
            return self._look(roll, [host for host in self._at_work(roll) if host not in late]), waits
        except CloudError as error:
            why, outage = str(error), error.passing and self._now() - roll.last < LONGEST_OUTAGE
        except Refused as error:
            why, outage = str(error), False
        return Able({}, dict.fromkeys(roll.waiting, why)), waits or outage

    def _blocked(self, roll: Roll, able: Able, late: Collection[str]) -> dict[str, str]:
        """Return the hosts whose turn it is, which cannot begin and are to be left out, each with the reason."""
        if roll.options["blocked"] != "skip":
            return {}
        blocked = [host for host in self._at_work(roll) if host in able.kinds and host not in late]
        return {host: able.waiting[host] for host in blocked}

    def _skip(self, record: LockedRecord, able: Able, blocked: Mapping[str, str]) -> None:
        for host, reason in blocked.items():
            if host in record.roll.waiting:
                self._write(record, "skipped", host=host, reason=reason, kind=able.kinds[host])
                self._show(record, f"{host} is left out: {reason}")

    def _stop(self, record: LockedRecord, stop: Stop) -> None:
        if record.roll.stopped is None:
            self._write(record, "stopped", reason=stop.reason, until=stop.until)
            text = f"no further host begins, for {stop.reason}"
            self._show(record, text)
            self._notice = {"event": "blocked", "text": text}

    def _begin(self, record: LockedRecord, able: Able) -> None:
        roll = record.roll
        for host, moves in able.moves.items():
            if host in roll.waiting and has_place(roll):
                forecast = seconds_of(roll, host, learnt_pace(roll, self._now()))
                self._write(record, "begun", host=host, moves=list(moves), steps=list(forecast), forecast=forecast)
                over = about(self._now() + sum(forecast.values()), self._now(), roll.options["time_zone"])
                self._show(record, f"{host} begins, {counted(len(moves), 'server')} to move, over at {over}")

    def _at_work(self, roll: Roll) -> list[str]:
        """Return the hosts on which Ansible works now: no other one could do anything in its turn."""
        remaining = {roll.places[host]: host for host in roll.remaining}
        return [remaining[place] for place in self._playing if place in remaining][: self._forks]

    def _write(self, record: LockedRecord, event: str, /, **more: Any) -> None:
        record.write({"event": event, "at": self._now(), **more})

    def _show(self, record: LockedRecord, text: str) -> None:
        far = how_far(record.roll, self._now())
        self._cloud.show_progress(f"{record.roll.pool} roll: {text} [{far}]")


def _nobody_can(able: Able, late: Mapping[str, Stop]) -> Stop:
    """Why no host can begin although none is under way; if one only waits for a window, the roll goes on then."""
    reasons = [(host, able.kinds[host]) for host in able.waiting if host in able.kinds]
    others = dict.fromkeys(reason for host, reason in able.waiting.items() if host not in able.kinds)
    reason = " ".join([*grouped(reasons), *others]) or "no host can begin"
    return Stop(reason, min((stop.until for stop in late.values() if stop.until is not None), default=None))


def reserved(roll: Roll) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Return the hosts whose turns are not over, with the moves for which room is reserved on other hosts."""
    turns: dict[str, Turn] = {turn.host: turn for turn in roll.turns}
    return {host: turns[host].moves for host in roll.under_way if host in turns}
