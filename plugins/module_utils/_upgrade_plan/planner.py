# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide in which batches the hosts of a pool are upgraded, and where each server goes meanwhile. Pure.

From one observation of the pool to batches, deterministic. First as few moves as can be, then as few batches. It keeps

* room: what leaves the hosts of a batch is counted at both ends until the batch is over;
* groups: members of one server group never move at the same time, so the hosts that they leave are in two batches;
* zones: no batch holds hosts of two of them, unless that is asked for;
* versions: no server goes to an older hypervisor, and an upgraded host counts as the newest.

It is a heuristic. Without a way home a batch grows only while its servers need not be parked on hosts that are still
to be emptied; what it costs beyond the least possible is told as the plan's gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from .._openstack.model import Server
from .._targets.assign import largest_first
from .._targets.capacity import AHEAD, NEXT, OUTSIDE, TIERS, UPGRADED, CapacityIndex, amounts
from .._targets.choose import Target
from .._text import listed
from .host_assignment import HostAssignment
from .host_to_upgrade import HostToUpgrade, hosts_to_upgrade
from .options import PlanOptions
from .plan import Batch, Blocker, PoolHost, UpgradePlan
from .pool import ObservedPool

# Hosts on which a server may stay for good.
_FOR_GOOD = (UPGRADED, OUTSIDE)
# How many hosts are tried in vain before a batch is left as it is.
_TRIES = 4


def plan_upgrade(observed_pool: ObservedPool, options: PlanOptions) -> UpgradePlan:
    """The batches of all hosts that can be done, and what keeps the others."""
    return _Planner(observed_pool, options).plan()


class _Planner:
    """One plan in the making.

    :ivar _out: members that are out of service at this moment of the plan.
    :ivar _next: hosts that may be in the batch which is being made, and after how many others.
    """

    def __init__(self, observed_pool: ObservedPool, options: PlanOptions) -> None:
        self._observed_pool, self._options = observed_pool, options
        self._newest = max((one.version for one in observed_pool.members), default=0)
        self._out = {one.host for one in observed_pool.members if one.idle}
        self._next: dict[str, int] = {}
        self._capacity_index = CapacityIndex(
            [Target(one.host, one.version, one.capacity, set(one.servers), one.zone) for one in observed_pool.members],
            observed_pool.groups,
            observed_pool.needs,
            observed_pool.demands,
            options.capacity_margin,
        )
        self._departures = HostAssignment(self._capacity_index, options.granted_tags)
        self._places = {server: one.host for one in observed_pool.members for server in one.servers}
        self._turns = {one.host: one for one in hosts_to_upgrade(observed_pool, options)}
        for turn in self._turns.values():
            self._note_groups(turn)
        for one in observed_pool.members:
            if one.host in options.upgraded:
                self._capacity_index.target(one.host).version = self._newest
            if not one.idle:
                ahead = AHEAD if one.host in self._turns else OUTSIDE
                self._capacity_index.offer(one.host, UPGRADED if one.host in options.done else ahead)

    def plan(self) -> UpgradePlan:
        blockers = [blocker for one in self._turns.values() for blocker in one.blockers]
        blockers += [
            Blocker(one.host, None, None, *one.kept)
            for one in self._observed_pool.members
            if one.kept and one.host not in self._turns
        ]
        line = self._line()
        can_stay = self._options.bring_back or self._capacity_index.offered(_FOR_GOOD)
        sizes = {one.host: len(one.movable) for one in line}
        batches: list[Batch] = []
        moving: set[str] = set()
        waiting: list[HostToUpgrade] = []  # what could not begin: it may when others are done
        went_on = False
        while line:
            first = self._first(line, waiting)
            if first:
                crew, why = self._crew(first, line)
                moving |= {move.server.id for one in crew for move in one.moves}
                count = self._finish(crew)
                batches.append(Batch([one.planned() for one in crew], count, why))
                went_on = True
            if not line and went_on:
                line, waiting, went_on = waiting, [], False
        hosts = [one for batch in batches for one in batch.hosts]
        parking = 0
        if not can_stay and not self._turns:
            # Whichever host is the first, its servers go to hosts that are emptied later.
            parking = min((sizes[one.host] for one in hosts), default=0)
        ways = 2 if self._options.bring_back else 1
        return UpgradePlan(
            pool={one.host: PoolHost(one.hypervisor, one.version) for one in self._observed_pool.members},
            batches=batches,
            blockers=blockers + [one for turn in waiting for one in self._explained(turn)],
            servers=len(moving),
            lower_bound=ways * len(moving) + parking + sum(len(one.returning) for one in hosts),
        )

    # -- who is when

    def _line(self) -> list[HostToUpgrade]:
        """All that can be tried, in the order in which they are: unfinished ones, empty ones, then as wished.

        Without a wish the oldest come first, for their servers can go anywhere. Then with a way home those whose groups
        are on most hosts, because two of these are never in one batch; without it those with the fewest servers.
        """
        able = [one for one in self._turns.values() if not one.blockers]
        spread = Counter(group for one in able for group in one.groups)

        def place(numbered: tuple[int, HostToUpgrade]) -> tuple[bool, bool, int, int, int]:
            number, one = numbered
            wished = self._options.hosts is not None
            crowded = max((spread[group] for group in one.groups), default=0)
            size = -crowded if self._options.bring_back else len(one.movable)
            order = (0, 0, number) if wished else (one.member.version, size, number)
            return (not one.member.unfinished, bool(one.movable), *order)

        return [one for _number, one in sorted(enumerate(able), key=place)]

    def _note_groups(self, turn: HostToUpgrade) -> None:
        servers = [one.id for one in turn.movable] + list(turn.member.returning if self._options.bring_back else ())
        turn.groups = {group.id: group.name for server in servers for group in self._capacity_index.groups_of(server)}

    def _first(self, line: list[HostToUpgrade], waiting: list[HostToUpgrade]) -> HostToUpgrade | None:
        """The next host in line that can go, with its moves; without a way home one that parks the fewest servers.

        Those that cannot are taken out of the line.
        """
        tried: list[tuple[int, int, HostToUpgrade]] = []
        for turn in line[:]:
            self._keep_free(turn, line)
            if self._too_many([], turn) or self._place(turn, TIERS):
                line.remove(turn)
                waiting.append(turn)
                continue
            parked = sum(move.target in self._turns for move in turn.moves)
            if self._options.bring_back or not parked or turn.member.unfinished:
                line.remove(turn)
                return turn
            self._undo(turn)
            tried.append((parked, len(tried), turn))
            if len(tried) == _TRIES:
                break
        if not tried:
            return None
        turn = min(tried)[2]
        self._keep_free(turn, line)
        self._place(turn, TIERS)
        line.remove(turn)
        return turn

    def _keep_free(self, first: HostToUpgrade, line: Iterable[HostToUpgrade]) -> None:
        """Let the hosts that may go together with the first one take its servers last."""
        before, self._next = self._next, {}
        crew = [first]
        busy = dict.fromkeys(first.groups, first.host)
        for turn in line if self._options.max_unavailable > 1 else ():
            if len(crew) == self._options.max_unavailable:
                break
            if turn is not first and not self._apart(crew, busy, turn):
                crew.append(turn)
                busy |= dict.fromkeys(turn.groups, turn.host)
        self._next = {one.host: number for number, one in enumerate(crew[1:])}
        for host in {*before, *self._next}:
            self._offer(host)

    def _offer(self, host: str) -> None:
        """A host that is still to be upgraded takes servers, if it is in service."""
        if host in self._next and host not in self._out:
            self._capacity_index.offer(host, NEXT, -self._next[host])
        elif host in self._turns and host not in self._out:
            self._capacity_index.offer(host, AHEAD)

    def _crew(self, first: HostToUpgrade, line: list[HostToUpgrade]) -> tuple[list[HostToUpgrade], str]:
        """The first host and those that go together with it, with their moves; and why there are not more."""
        crew, tries = [first], 0
        reasons: list[tuple[int, str]] = []
        busy = dict.fromkeys(first.groups, first.host)
        targets = self._involved(first)
        tiers = TIERS if self._options.bring_back else _FOR_GOOD
        for turn in line[:]:
            if len(crew) == self._options.max_unavailable or tries == _TRIES:
                break
            reason = self._apart(crew, busy, turn)
            if not reason and (turn.host in targets or self._involved(turn) & {one.host for one in crew}):
                reason = 1, f"servers of this batch go to {turn.host} or come from it"
            if not reason:
                stuck = self._place(turn, tiers)
                if stuck is None:
                    line.remove(turn)
                    crew.append(turn)
                    busy |= dict.fromkeys(turn.groups, turn.host)
                    targets |= self._involved(turn)
                    continue
                tries += 1
                reason = 0, self._too_little_room(turn, stuck)
            reasons.append(reason)
        if len(crew) == self._options.max_unavailable:
            return crew, f"max_unavailable is {len(crew)}"
        return crew, min(reasons, key=lambda one: one[0])[1] if reasons else "no other host is left to go with it"

    def _apart(
        self, crew: Sequence[HostToUpgrade], busy: Mapping[str, str], turn: HostToUpgrade
    ) -> tuple[int, str] | None:
        """Why a host may not be in a batch with these, the weightiest reasons with the lowest number.

        :param busy: the groups of which servers move in that batch, and the host that they leave.
        """
        zone = crew[0].member.zone
        if turn.member.zone != zone and not self._options.mixed_zones:
            return 4, f"{turn.host} is in another zone ({turn.member.zone} and not {zone})"
        if why := self._too_many(crew, turn):
            return 2, why
        shared = turn.groups.keys() & busy.keys()
        if shared:
            one = min(shared)
            name = turn.groups[one]
            return 3, f"servers of the group {name!r} would leave {turn.host} and {busy[one]} at the same time"
        return None

    def _involved(self, turn: HostToUpgrade) -> set[str]:
        """Hosts that its servers go to, and those that some come home from, also the ends of moves to be confirmed."""
        places = {self._places.get(server, "") for server in turn.member.returning}
        return {move.target for move in turn.moves} | places | turn.member.unconfirmed

    def _too_many(self, crew: Sequence[HostToUpgrade], turn: HostToUpgrade) -> str:
        """Why a host may not be taken out of service besides; one that is out already may be, whatever else is."""
        others = self._out - {turn.host}
        if turn.host in self._out or len(others | {one.host for one in crew}) < self._options.max_unavailable:
            return ""
        return f"max_unavailable is {self._options.max_unavailable}, and {listed(others)} out of service already"

    # -- what goes where

    def _place(self, turn: HostToUpgrade, tiers: Collection[int]) -> Server | None:
        """A target for each server of a host, or none at all and a server that has none."""
        without = self._departures.begin(turn, tiers)
        if without:
            self._offer(turn.host)
        return without

    def _undo(self, turn: HostToUpgrade) -> None:
        self._departures.take_back(turn)
        self._offer(turn.host)

    def _finish(self, crew: Sequence[HostToUpgrade]) -> int:
        """Let a batch be over. Returns how many moves it took."""
        for turn in crew:
            del self._turns[turn.host]
            self._out.discard(turn.host)
        for turn in crew:
            for move in turn.moves:
                here = move.target if self._options.bring_back else turn.host
                self._capacity_index.release(move.server.id, here)
                park = None if self._options.bring_back else self._turns.get(move.target)
                if park:
                    park.movable = largest_first([*park.movable, move.server], self._observed_pool.needs)
                    self._note_groups(park)
            if self._options.bring_back:
                turn.home = [server for server in turn.member.returning if self._comes_home(server, turn.host)]
            self._capacity_index.target(turn.host).version = self._newest
            self._capacity_index.offer(turn.host, UPGRADED)
        self._keep_free(crew[0], ())
        ways = 2 if self._options.bring_back else 1
        return sum(ways * len(turn.moves) + len(turn.home) for turn in crew)

    def _comes_home(self, server: str, home: str) -> bool:
        """Whether a server that an earlier run moved away can go home; then it goes there."""
        if not self._capacity_index.admits(server, home):
            return False
        place = self._places.get(server)
        if place:
            self._capacity_index.release(server, place)
        if place in self._turns:
            turn = self._turns[place]
            turn.movable = [one for one in turn.movable if one.id != server]
            turn.left = [(one, why) for one, why in turn.left if one.id != server]
            self._note_groups(turn)
        self._capacity_index.take(server, home)
        return True

    # -- why not

    def _too_little_room(self, turn: HostToUpgrade, server: Server) -> str:
        what = f"{turn.host} cannot go besides, for its server {server.name!r} ({server.id})"
        if not self._options.bring_back:
            return f"{what} would have to be parked on a host that is still to be upgraded"
        nearest = self._capacity_index.nearest(server.id, self._capacity_index.target(turn.host).version)
        if nearest is None:
            return f"{what} finds no other target then"
        return f"{what} finds no room then: {nearest[0]}, which lacks least, lacks {amounts(nearest[1])}"

    def _explained(self, turn: HostToUpgrade) -> list[Blocker]:
        """What keeps a host that could not begin, when all others are done."""
        if why := self._too_many([], turn):
            return [turn.blocked(None, why, "Put these back into service, or raise max_unavailable.")]
        version = self._capacity_index.target(turn.host).version
        without = self._departures.impossible(turn)
        blockers = [turn.blocked(server, *self._capacity_index.explain(server.id, version)) for server in without]
        self._undo(turn)
        return blockers
