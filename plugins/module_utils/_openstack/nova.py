# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Nova's API in the words of this collection: each request once, with the microversion whose behaviour it relies on.

Every method raises CloudError. Nothing is decided here. The microversions are those of Nova's REST API version history
and api-ref.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._errors import CloudError
from .aggregate import Aggregate
from .answers import check_filter, hidden, newest_offered, read_migration, read_server
from .client import Answer, Client
from .fields import Fields
from .group import Group
from .hypervisor import Hypervisor
from .migration import LiveMigration, Migration
from .pages import Follow, follow_link, follow_offset
from .server import Action, Server
from .service import Service

_AGGREGATES = "2.41"  # uuid in the bodies
_IMAGE_CACHE = "2.81"  # the request exists from here on
_SERVICES = "2.69"  # a service whose cell does not answer is listed as UNKNOWN; by uuid since 2.53
_HYPERVISORS = "2.53"  # by uuid, with_servers
_GROUPS = "2.64"  # policy and rules instead of policies
# Newest first, for each tells more than the next: image properties (2025.1), the zone that a server is pinned to
# (2024.1), and locked, with all that cannot be done without.
_SERVERS = ("2.98", "2.96", "2.73")
_LIVE_MIGRATIONS = "2.65"  # progress is older; aborting a queued live migration came here
_OF_EVENT = ("event", "host", "start_time", "finish_time", "result", "traceback")
_ACTIONS = "2.62"  # instance actions with the host; the user is older
_MIGRATIONS = ("2.80", "2.59")  # who asked for it (Ussuri); uuid, paging, changes-since
_SWITCH = "2.73"  # start and stop are as old as the API
_LIVE = "2.68"  # a target is always checked by the scheduler: bypassing it was removed
_COLD = "2.56"  # cold migration to a chosen host
_MAINTENANCE_MODE = "2.42"  # os-hosts is gone from 2.43 on, and 2.42 is still answered


class Nova:
    """The compute API of one cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # From the newest that this cloud offers.
        self._servers: Sequence[str] = _SERVERS
        self._migrations: Sequence[str] = _MIGRATIONS
        self._sees_others = False  # whether it was seen that this account is shown servers of other projects

    # -- aggregates

    def aggregates(self) -> list[Aggregate]:
        """Return every aggregate, with hosts and metadata: one request, never paged."""
        answer = self._get("/os-aggregates", _AGGREGATES, "list the aggregates")
        return [Aggregate.read(raw) for raw in answer.body.objects("aggregates")]

    def create_aggregate(self, name: str, zone: str | None) -> Aggregate:
        body = {"name": name, **({"availability_zone": zone} if zone else {})}
        answer = self._send("POST", "/os-aggregates", {"aggregate": body}, _AGGREGATES, f"create the aggregate {name}")
        return Aggregate.read(answer.body.object("aggregate"))

    def update_aggregate(self, aggregate: int, values: Mapping[str, str]) -> Aggregate:
        """Change the ``name`` or the ``availability_zone``.

        Never both in one request: Nova saves the name before it checks the zone, and so could do half of it.
        """
        doing = f"set {' and '.join(values)} of the aggregate with id {aggregate}"
        answer = self._send("PUT", f"/os-aggregates/{aggregate}", {"aggregate": dict(values)}, _AGGREGATES, doing)
        return Aggregate.read(answer.body.object("aggregate"))

    def set_aggregate_metadata(self, aggregate: int, metadata: Mapping[str, str | None]) -> Aggregate:
        """Merge ``metadata`` into that of the aggregate; None removes a key."""
        action = {"set_metadata": {"metadata": dict(metadata)}}
        return self._aggregate_action(aggregate, action, f"set the metadata of the aggregate with id {aggregate}")

    def add_host(self, aggregate: int, host: str) -> Aggregate:
        action = {"add_host": {"host": host}}
        return self._aggregate_action(aggregate, action, f"add host {host} to the aggregate with id {aggregate}")

    def remove_host(self, aggregate: int, host: str) -> Aggregate:
        action = {"remove_host": {"host": host}}
        return self._aggregate_action(aggregate, action, f"remove host {host} from the aggregate with id {aggregate}")

    def delete_aggregate(self, aggregate: int) -> None:
        self._send(
            "DELETE", f"/os-aggregates/{aggregate}", None, _AGGREGATES, f"delete the aggregate with id {aggregate}"
        )

    def _aggregate_action(self, aggregate: int, action: Mapping[str, Any], doing: str) -> Aggregate:
        answer = self._send("POST", f"/os-aggregates/{aggregate}/action", action, _AGGREGATES, doing)
        return Aggregate.read(answer.body.object("aggregate"))

    def cache_images(self, aggregate: Aggregate, images: Iterable[str]) -> None:
        """Ask the hosts to cache images. Nova accepts this (202) and does it later; its outcome cannot be asked for."""
        body = {"cache": [{"id": image} for image in images]}
        doing = f"have the hosts of the aggregate {aggregate.name!r} cache images"
        self._send("POST", f"/os-aggregates/{aggregate.id}/images", body, _IMAGE_CACHE, doing)

    # -- hosts

    def services(self, binary: str | None = "nova-compute", host: str | None = None) -> list[Service]:
        """Return the services with this binary on this host; None stands for all."""
        return self.dated_services(binary, host)[0]

    def dated_services(
        self, binary: str | None = "nova-compute", host: str | None = None
    ) -> tuple[list[Service], str | None]:
        """The services, and the time on the cloud's own clock (ISO 8601 in UTC).

        uWSGI sends no ``Date``, so the newest heartbeat stands for it there: some seconds old, and never ahead.
        """
        params = {key: value for key, value in (("binary", binary), ("host", host)) if value}
        answer = self._get("/os-services", _SERVICES, "list the compute services", params)
        services = [Service.read(raw) for raw in answer.body.objects("services")]
        check_filter("os-services", host, {service.host for service in services})
        heartbeat = max((service.beat[:19] for service in services if service.beat), default=None)
        return services, answer.time or heartbeat

    def service(self, host: str) -> Service:
        """The compute service of a host.

        :raises CloudError: it is not listed, or its cell does not answer.
        """
        return service_of(self.services(host=host), host)

    def disable_service(self, service: Service, reason: str) -> None:
        """Disable the service; sent once, for somebody else may have changed it before it were sent again."""
        self._set_service(service, {"status": "disabled", "disabled_reason": reason}, "disable")

    def enable_service(self, service: Service) -> None:
        """Enable the service, which also clears its reason; sent once like the disabling."""
        self._set_service(service, {"status": "enabled"}, "enable")

    def _set_service(self, service: Service, values: Mapping[str, str], verb: str) -> None:
        doing = f"{verb} the compute service of {service.host}"
        path = f"/os-services/{service.id}"
        self._client.request("compute", "PUT", path, doing=doing, microversion=_SERVICES, body=values, once=True)

    def hypervisors(self, servers: bool = True) -> list[Hypervisor]:
        """Return every compute node: one request (and its pages), for which Nova queries its database per node.

        :param servers: whether to include the uuids of the servers on each, which costs Nova one more query per node.
        """
        return self._hypervisors({"with_servers": "true"} if servers else {})

    def hypervisors_like(self, name: str) -> list[Hypervisor]:
        """Return the compute nodes whose names contain this text; a node is usually named like its host."""
        try:
            return self._hypervisors({"hypervisor_hostname_pattern": name})
        except CloudError as error:
            if error.status == 404:
                return []
            raise

    def _hypervisors(self, params: Mapping[str, str]) -> list[Hypervisor]:
        doing = "list the hypervisors"
        with self._asking_all_cells(doing):
            raws = self._pages("/os-hypervisors/detail", "hypervisors", _HYPERVISORS, doing, params)
        return [Hypervisor.read(raw) for raw in raws]

    @contextlib.contextmanager
    def _asking_all_cells(self, doing: str) -> Iterator[None]:
        """Name the cell because of which Nova answers 500: for these lists it asks each, and skips none."""
        try:
            yield
        except CloudError as error:
            silent = [service.host for service in self.services() if service.unknown] if error.status == 500 else []
            if not silent:
                raise
            hosts = ", ".join(sorted(silent)[:5])
            raise CloudError(
                f"Could not {doing}: a cell of the cloud does not answer, that of {hosts}; wait until it does.",
                error.status,
                error.request_id,
            ) from None

    def set_maintenance_mode(self, host: str, on: bool) -> None:
        """Start or stop the hypervisor's own maintenance mode (``host-update --maintenance``); few drivers have one."""
        body = {"maintenance_mode": "enable" if on else "disable"}
        doing = f"{'start' if on else 'stop'} the hypervisor's own maintenance mode of {host}"
        self._send("PUT", f"/os-hosts/{host}", body, _MAINTENANCE_MODE, doing)

    # -- servers

    def servers(self, host: str | None = None, status: str | None = None) -> list[Server]:
        """Return the servers of all projects; with ``host`` only those that Nova has on that host.

        :param status: only those with this status, if Nova heeds it.
        """
        filters = {"host": host, "status": status}
        params = {"all_tenants": "1", **{name: value for name, value in filters.items() if value}}
        doing = f"list the servers on {host}" if host else "list the servers"

        def ask(microversion: str) -> list[Server]:
            return [self._read(raw) for raw in self._pages("/servers/detail", "servers", microversion, doing, params)]

        servers, self._servers = newest_offered(ask, self._servers)
        check_filter("servers:allow_all_filters", host, {server.host for server in servers})
        self._check_sight(servers)
        return servers

    def _check_sight(self, servers: Iterable[Server]) -> None:
        """Try once, on a server of another project, whether a restricted account is shown such servers.

        :raises CloudError: it is not.
        """
        if self._sees_others or not self._client.is_restricted():
            return
        other = next((server for server in servers if server.project != self._client.project()), None)
        if other:
            self._sees_others = self.server(other.id) is not None

    def _check_missing(self, server: str) -> None:
        """:raises CloudError: Nova lists a server that it answered 404 for."""
        if not self._client.is_restricted():
            return
        params = {"all_tenants": "1", "uuid": server}
        listed = self._pages("/servers/detail", "servers", _SERVERS[-1], f"look for the server {server}", params)
        if any(raw.text("id") == server for raw in listed):
            raise hidden(server)

    def server(self, server: str) -> Server | None:
        """Return one server, or None if it no longer exists."""

        def ask(microversion: str) -> Server | None:
            try:
                answer = self._get(f"/servers/{server}", microversion, f"read the server {server}")
            except CloudError as error:
                if error.status == 404:
                    self._check_missing(server)
                    return None
                raise
            return self._read(answer.body.object("server"))

        result, self._servers = newest_offered(ask, self._servers)
        return result

    def _read(self, raw: Fields) -> Server:
        server = read_server(raw)
        return server.known_by(self._client.project()) if server.tags else server

    def groups(self) -> list[Group]:
        """Return all server groups. Their list has an offset but no links, so only an empty page ends it."""
        doing, params = "list the server groups", {"all_projects": "True", "offset": "0"}
        with self._asking_all_cells(doing):
            raws = self._pages("/os-server-groups", "server_groups", _GROUPS, doing, params, follow_offset)
        return [Group.read(raw) for raw in raws]

    # -- moves

    def migrations(self, **filters: str) -> list[Migration]:
        """Return migration records, newest first.

        :param filters: those of the API; ``changes_since`` stands for ``changes-since``.
        """
        params = {name.replace("_", "-") if name == "changes_since" else name: value for name, value in filters.items()}

        def ask(microversion: str) -> list[Migration]:
            raws = self._pages("/os-migrations", "migrations", microversion, "list the migrations", params)
            return [read_migration(raw) for raw in raws]

        records, self._migrations = newest_offered(ask, self._migrations)
        check_filter("os-migrations:index", filters.get("source_compute"), {record.source for record in records})
        check_filter("os-migrations:index", filters.get("instance_uuid"), {record.server for record in records})
        return records

    def newest_live_migrations(self) -> list[Migration]:
        """Return the live migrations that ended well, of the whole cloud, newest first: one page, which is enough."""
        filters = {"migration_type": "live-migration", "status": "completed", "limit": "1000"}
        answer = self._get("/os-migrations", _MIGRATIONS[-1], "list the newest live migrations", filters)
        return [read_migration(raw) for raw in answer.body.objects("migrations")]

    def newest_migration(self, host: str) -> Migration | None:
        """The newest record of a migration out of a host, or None.

        A restricted account looks at one of another host where there is none: whether it may see hosts has to be known
        before the first record of this host is made.
        """
        doing = f"look at the last migration out of {host}"
        newest = self._newest({"source_compute": host}, doing)
        if newest is None and self._client.is_restricted():
            self._newest({}, doing)
        return newest

    def _newest(self, filters: Mapping[str, str], doing: str) -> Migration | None:
        answer = self._get("/os-migrations", _MIGRATIONS[-1], doing, {**filters, "limit": "1"})
        return next((read_migration(raw) for raw in answer.body.objects("migrations")), None)

    def live_migrate(self, server: str, target: str) -> None:
        """Ask for a live migration, whose target the scheduler checks. That Nova accepts it (202) proves nothing."""
        action = {"os-migrateLive": {"host": target, "block_migration": "auto"}}
        self._server_action(server, action, _LIVE, f"live-migrate the server {server} to {target}")

    def cold_migrate(self, server: str, target: str) -> None:
        """Ask for a cold migration. Only call this for a server that is shut off: Nova would stop one that runs."""
        self._server_action(
            server, {"migrate": {"host": target}}, _COLD, f"cold-migrate the server {server} to {target}"
        )

    def confirm_migration(self, server: str) -> None:
        self._server_action(
            server, {"confirmResize": None}, _COLD, f"confirm the cold migration of the server {server}"
        )

    def stop(self, server: str) -> None:
        self._server_action(server, {"os-stop": None}, _SWITCH, f"stop the server {server}")

    def start(self, server: str) -> None:
        self._server_action(server, {"os-start": None}, _SWITCH, f"start the server {server}")

    def actions(self, server: str) -> list[Action]:
        """What was done to a server, the newest first; none when it no longer exists."""
        path = f"/servers/{server}/os-instance-actions"
        try:
            answer = self._get(path, _ACTIONS, f"list the actions on the server {server}")
        except CloudError as error:
            if error.status == 404:
                return []
            raise
        return [Action.read(raw) for raw in answer.body.objects("instanceActions")]

    def action_events(self, server: str, request: str) -> list[dict[str, str]]:
        """Return what hosts and services did for an action, and what came of it, as far as the account may see that."""
        path = f"/servers/{server}/os-instance-actions/{request}"
        answer = self._get(path, _ACTIONS, f"look at the action {request} on the server {server}")
        raws = answer.body.object("instanceAction").objects("events", ())
        return [{key: raw.word(key) for key in _OF_EVENT if key in raw} for raw in raws]

    def me(self) -> str | None:
        """The id of the user as whom we ask."""
        return self._client.user()

    # -- live migrations in progress

    def live_migrations(self, server: str) -> list[LiveMigration]:
        """Return the live migrations of a server that are in progress."""
        try:
            doing = f"look at the migration of the server {server}"
            answer = self._get(f"/servers/{server}/migrations", _LIVE_MIGRATIONS, doing)
        except CloudError as error:
            if error.status == 404:  # the server was deleted in the meantime
                return []
            raise
        return [LiveMigration.read(raw) for raw in answer.body.objects("migrations")]

    def abort_live_migration(self, server: str, migration: int) -> None:
        doing = f"abort the migration of the server {server}"
        self._send("DELETE", f"/servers/{server}/migrations/{migration}", None, _LIVE_MIGRATIONS, doing)

    def force_complete(self, server: str, migration: int) -> None:
        """End a live migration soon: pause the server for the rest, or switch to post-copy where that is permitted."""
        path = f"/servers/{server}/migrations/{migration}/action"
        doing = f"complete the migration of the server {server}"
        self._send("POST", path, {"force_complete": None}, _LIVE_MIGRATIONS, doing)

    def _server_action(self, server: str, action: Mapping[str, Any], microversion: str, doing: str) -> None:
        self._send("POST", f"/servers/{server}/action", action, microversion, doing)

    # -- plumbing

    def _get(self, path: str, microversion: str, doing: str, params: Mapping[str, str] | None = None) -> Answer:
        return self._client.request("compute", "GET", path, doing=doing, microversion=microversion, params=params)

    def _pages(
        self,
        path: str,
        key: str,
        microversion: str,
        doing: str,
        params: Mapping[str, str],
        follow: Follow = follow_link,
    ) -> list[Fields]:
        return self._client.pages(
            "compute", path, key, doing=doing, microversion=microversion, params=params, follow=follow
        )

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, microversion: str, doing: str) -> Answer:
        return self._client.request("compute", method, path, doing=doing, microversion=microversion, body=body)


def service_of(services: Iterable[Service], host: str) -> Service:
    """Return that of a host among compute services.

    :raises CloudError: it is not listed, or its cell does not answer.
    """
    service = next((service for service in services if service.host == host), None)
    if service is None:
        raise CloudError(f"Nova lists no compute service of {host}: see whether it was deleted.", 404)
    if service.unknown:
        raise CloudError(f"Nova knows nothing of the compute service of {host}: its cell does not answer.")
    return service
