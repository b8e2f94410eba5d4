# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Ask Nova for migrations, and find out what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._errors import CloudError
from .._openstack.cloud import Cloud
from .._openstack.model import Migration, Server
from .move import LIVE, Move
from .outcome import new_attempt
from .tracker import LOST_GRACE, Tracker


def request_migration(cloud: Cloud, move: Move) -> str | None:
    """Ask Nova for a move. Returns why it refuses (400, 409: also when it is busy with the server), or None.

    An answer that got lost, and a 5xx, may hide a move that began: it counts as asked for, and its record will tell.
    """
    request = cloud.nova.live_migrate if move.kind == LIVE else cloud.nova.cold_migrate
    try:
        request(move.server.id, move.target)
    except CloudError as error:
        if error.status in (400, 404, 409):
            return str(error)
        if error.status is not None and error.status < 500:
            raise
    return None


def update_tracker(
    cloud: Cloud,
    tracker: Tracker,
    records: Mapping[str, Sequence[Migration]],
    standing: Iterable[Server] | None,
    now: float,
) -> bool:
    """Find out what became of the moves under way, and confirm cold ones. True when something ended or was confirmed.

    A server that is not among ``standing`` is asked for alone, and only when its record says that its move ended, or
    when that takes so long that Nova may have forgotten it.

    :param standing: servers as they are now; None where nobody looked, and then only what ended is judged.
    """
    views: dict[str, Server | None] = {one.id: one for one in standing or ()}
    forgotten = {key for key, one in tracker.under_way.items() if standing is not None and now - one.since > LOST_GRACE}
    to_look_at = (tracker.ended(records) | forgotten) - views.keys()
    with cloud.side_by_side() as ask:
        looks = {key: ask(cloud.nova.server, key) for key in tracker.under_way if key in to_look_at}
    views |= {key: look.result() for key, look in looks.items()}
    before = len(tracker.under_way)
    to_confirm = tracker.update(views, records, now)
    for one in to_confirm:
        try:
            cloud.nova.confirm_migration(one.server)
        except CloudError as error:
            if error.status not in (404, 409):  # gone, or confirmed by somebody else: the next look tells
                raise
    return bool(to_confirm) or len(tracker.under_way) < before


def start_migrations(
    cloud: Cloud, tracker: Tracker, moves: Sequence[Move], records: Mapping[str, Sequence[Migration]], now: float
) -> None:
    """Ask for moves side by side and keep book of each: under way, or refused at once.

    :raises CloudError: of the first that was not answered as it should be; the others are in the book all the same.
    """
    with cloud.side_by_side() as ask:
        answers = [(move, ask(request_migration, cloud, move)) for move in moves]
    for move, answer in answers:
        server = move.server
        if answer.exception():
            continue
        if why := answer.result():
            tracker.refused.setdefault(server.id, {})[move.target] = why
        else:
            tracker.under_way[server.id] = new_attempt(move, records.get(server.id, ()), server.host or "", now)
    for _move, answer in answers:
        answer.result()  # raises
