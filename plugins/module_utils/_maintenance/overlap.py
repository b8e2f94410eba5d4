# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the stop of a maintenance asks of other maintenances, and leaves to them: whose home is where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .._migration.pace import Pace
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .finished_return import FinishedReturn, not_needed, read_finished_returns
from .homes import Maintenance, known_maintenances, open_marks, why_elsewhere
from .mark import TRAIT_PREFIX, Mark, OpenReturn, mark_time, read_trait
from .observe import RETURN_PREFIX, HostObservation, any_still_away


def homes_elsewhere(
    cloud: Cloud,
    observation: HostObservation,
    own: Mark,
    servers: Iterable[str],
    records: Sequence[Migration],
    ended: Collection[int],
) -> dict[str, str]:
    """Return those servers that left the observed host for its maintenance and are at home elsewhere, and why.

    :param own: the mark of that maintenance. :param records: of all migrations since then.
    :param ended: as of ``why_elsewhere``.
    """
    host = observation.service.host
    known = known_maintenances(observation.services, observation.returns, observation.finished)
    others = [maintenance for maintenance in known if maintenance.host != host]
    older: dict[str, str] = {}  # host -> since when its records matter, where that is before our own mark
    for other in others:
        if other.mark.since < own.since:
            older[other.host] = min(other.mark.records_since, older.get(other.host, own.records_since))
    with cloud.side_by_side() as ask:
        answers = [ask(cloud.nova.migrations, host=other, changes_since=since) for other, since in older.items()]
    everything = [*records, *(record for answer in answers for record in answer.result())]
    return why_elsewhere(Maintenance(host, own), servers, everything, others, ended)


def passed_hosts(records: Iterable[Migration], host: str, mark: Mark) -> set[str]:
    """Return where servers were after they had left ``host`` for its maintenance.

    :param records: of all migrations since the mark.
    """
    records = sorted(records, key=lambda record: record.id)
    passed: set[str | None] = set()
    away: set[str] = set()
    for record in records:
        if record.source == host and mark.covers(record.id, record.created_at):
            away.add(record.server)
        passed |= {record.source, record.destination} if record.server in away else set()
    return {place for place in passed if place} - {host}


def remember_finished_return(
    cloud: Cloud, pace: Pace, observation: HostObservation, mark: Mark, passed: Collection[str]
) -> None:
    """Remember a return that is over, where another maintenance may take its servers for its own.

    To be called before the trait of the return is deleted.

    :param observation: of its host, as it was made first. :param mark: of its return.
    :param passed: as of ``passed_hosts``.
    """
    if not passed:
        return
    service = observation.service
    services, now = pace.outlast(cloud.nova.dated_services)
    marks = {host: other for host, other in open_marks(services).items() if host != service.host}
    traits = pace.outlast(cloud.placement.traits, TRAIT_PREFIX)
    own = observation.hypervisor.id
    others = [each for each in map(read_trait, traits) if each and each.provider != own]
    returns = _open_returns(cloud, pace, observation, others)
    if returns or marks.keys() & passed:
        begun = [other.since for other in (*marks.values(), *returns)]
        over = max(mark_time(now), *begun)  # the clocks of several machines may differ
        pace.outlast(cloud.placement.create_trait, FinishedReturn(service.id, mark, over).trait)


def forget_finished_returns(cloud: Cloud, pace: Pace, observation: HostObservation) -> None:
    """Forget the returns that no open maintenance needs any more.

    To be called after the trait of our own return was deleted: of several that end at once, the last one does it all.

    :param observation: of our host, as it was made first.
    """
    names = pace.outlast(cloud.placement.traits, RETURN_PREFIX)
    finished = read_finished_returns(names)
    if not finished:
        return
    marks = open_marks(pace.outlast(cloud.nova.services)).values()
    returns = _open_returns(cloud, pace, observation, filter(None, map(read_trait, names)))
    begun = [mark.since for mark in (*marks, *returns)]
    for past in not_needed(finished, begun):
        pace.outlast(cloud.placement.delete_trait, past.trait)


def leftovers(observation: HostObservation) -> list[str]:
    """Return the traits of returns that nobody needs any more, left by whoever was killed before it deleted them."""
    begun = [mark.since for mark in (*open_marks(observation.services).values(), *observation.returns.values())]
    return [past.trait for past in not_needed(observation.finished, begun)]


def _open_returns(cloud: Cloud, pace: Pace, observation: HostObservation, traits: Iterable[OpenReturn]) -> list[Mark]:
    """Return the marks of those of these returns that are not over.

    Whoever was to end one may have been killed when all servers were back. One that was not there at first has just
    begun.
    """
    hosts = {hypervisor.id: host for host, hypervisor in observation.hypervisors.items()}
    return [
        each.mark
        for each in traits
        if observation.returns.get(host := hosts.get(each.provider, "")) != each.mark
        or pace.outlast(any_still_away, cloud, host, each.mark)
    ]
