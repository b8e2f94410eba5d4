# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Ask Nova for migrations, and find out what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._errors import CloudError
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .._openstack.server import Server
from .move import LIVE, Move
from .outcome import new_attempt
from .records import RecordsByServer
from .tracker import LOST_GRACE, Tracker

_ACTIONS = ("migrate", "resize", "live-migration")  # by which a migration is asked for, as Nova lists them


def request_migration(cloud: Cloud, move: Move) -> str | None:
    """Ask Nova for a move. Returns why it refuses (400, 404, 409: also when it is busy with the server), or None.

    :raises CloudError: any other answer. One that got lost may hide a migration that began; the server tells, which
        is observed before it is asked for again.
    """
    request = cloud.nova.live_migrate if move.kind == LIVE else cloud.nova.cold_migrate
    try:
        request(move.server.id, move.target)
    except CloudError as error:
        if error.status in (400, 404, 409):
            return str(error)
        raise
    return None


def start_migrations(
    cloud: Cloud, tracker: Tracker, moves: Sequence[Move], records: RecordsByServer, now: float
) -> None:
    """Ask for moves side by side, and track each: under way, or refused at once.

    :raises CloudError: the first answer that is neither. The other moves are tracked all the same.
    """
    with cloud.side_by_side() as ask:
        answers = [(move, ask(request_migration, cloud, move)) for move in moves]
    for move, answer in answers:
        server = move.server.id
        if answer.exception():
            continue
        if why := answer.result():
            tracker.refuse(server, move.target, why)
        else:
            tracker.under_way[server] = new_attempt(move, records.get(server, ()), now)
    for _move, answer in answers:
        answer.result()  # raises


def update_tracker(
    cloud: Cloud, tracker: Tracker, records: RecordsByServer, observed: Iterable[Server] | None, now: float
) -> bool:
    """Find out what became of the migrations under way, and confirm cold ones.

    A server that was not observed is asked for alone, and only when its record says that its migration ended, or when
    that takes so long that Nova may have forgotten it.

    :param observed: servers as they are now; None where nobody looked.
    :param now: monotonic seconds.
    :returns: whether a migration ended or was confirmed.
    """
    servers: dict[str, Server | None] = {server.id: server for server in observed or ()}
    to_ask = tracker.ended(records)
    if observed is not None:
        to_ask |= {key for key, attempt in tracker.under_way.items() if now - attempt.since > LOST_GRACE}
    with cloud.side_by_side() as ask:
        answers = {key: ask(cloud.nova.server, key) for key in tracker.under_way if key in to_ask - servers.keys()}
    servers |= {key: answer.result() for key, answer in answers.items()}
    before = len(tracker.under_way)
    to_confirm = tracker.update(servers, records, now)
    for attempt in to_confirm:
        _confirm(cloud, attempt.server)
    return bool(to_confirm) or len(tracker.under_way) < before


def is_ours(cloud: Cloud, record: Migration) -> bool:
    """Return whether we asked for a migration; before Nova 2.80 only the actions on its server tell who did."""
    me, user = cloud.nova.me(), record.user
    if me and not user:
        user = next((action.user for action in cloud.nova.actions(record.server) if action.name in _ACTIONS), None)
    return user == me or me is None


def _confirm(cloud: Cloud, server: str) -> None:
    try:
        cloud.nova.confirm_migration(server)
    except CloudError as error:
        # Deleted (404), or somebody else confirms it (409; 400 while that is under way): the next look tells.
        if error.status not in (400, 404, 409):
            raise
