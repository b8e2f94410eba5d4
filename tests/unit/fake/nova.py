# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The compute service: tokens, microversions, policy and error bodies; the resources are in the files beside."""

from __future__ import annotations

import re

from tests.unit.fake.aggregates import Aggregates
from tests.unit.fake.arrivals import Arrivals
from tests.unit.fake.builds import Builds
from tests.unit.fake.cells import Cells
from tests.unit.fake.clock import FakeClock
from tests.unit.fake.computes import Computes
from tests.unit.fake.keystone import Keystone
from tests.unit.fake.migrations import Migrations
from tests.unit.fake.model import World
from tests.unit.fake.moves import Moves
from tests.unit.fake.policies import Policies
from tests.unit.fake.servers import Servers
from tests.unit.fake.wire import Refusal, Reply, Request, Routes, date

# Paths that came with a microversion.
_PATHS = {r"/os-aggregates/[^/]+/images$": (2, 81)}
_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    409: "conflictingRequest",
    429: "overLimit",
    503: "serviceUnavailable",
}


class Nova:
    """Answers requests below ``/v2.1``.

    :ivar newest: the highest microversion that this Nova knows.
    :ivar dated: whether its answers say when they were given; what uWSGI serves says nothing.
    :ivar page: the number of servers, hypervisors, records or groups in an answer (``max_limit``).
    """

    def __init__(
        self,
        world: World,
        clock: FakeClock,
        keystone: Keystone,
        policies: Policies,
        moves: Moves,
        arrivals: Arrivals,
        url: str,
    ) -> None:
        self._clock, self._keystone = clock, keystone
        self.newest = (2, 104)
        self.page = 1000
        self.dated = True
        self._requests = 0
        self._routes = Routes()
        self._routes.add("GET", "/?", self._version)
        Aggregates(world, self._routes)
        self._policies = policies
        cells = Cells(world)
        self.computes = Computes(world, clock, cells, self._routes, self._paged)
        self.builds = Builds(world, clock, keystone, arrivals, self._routes)
        Servers(world, cells, self._policies, self._routes, keystone, moves, self._paged, self.builds.rebuild)
        Migrations(world, self._policies, self._routes, self._paged)
        self._url = url

    def answer(self, request: Request) -> Reply:
        self._requests += 1
        try:
            reply = self._checked(request)
        except Refusal as refusal:
            kind = _FAULTS.get(refusal.status, "computeFault")
            reply = Reply(refusal.status, {kind: {"code": refusal.status, "message": refusal.message}})
        reply.headers.setdefault("x-openstack-request-id", f"req-compute-{self._requests}")
        return date(reply, self._clock.utc()) if self.dated else reply

    def _checked(self, request: Request) -> Reply:
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        if user is None:
            return Reply(401, {"error": {"code": 401, "message": "The request you have made requires authentication."}})
        if self._lacks(request.path):
            return Reply(
                404, {"code": "404 Not Found", "title": "Not Found", "message": "The resource could not be found."}
            )
        if request.microversion > self.newest:
            asked, newest = (f"{major}.{minor}" for major, minor in (request.microversion, self.newest))
            message = f"Version {asked} is not supported by the API. Minimum is 2.1 and maximum is {newest}."
            raise Refusal(406, message)
        path = request.path.removeprefix("/v2.1")
        local = Request(**{**vars(request), "path": path})
        self._policies.check("compute", local, path)
        return self._routes.dispatch(local)

    def _lacks(self, path: str) -> bool:
        """Whether this Nova is so old that it knows no such path, and so asks nothing of the microversion."""
        return any(self.newest < since and re.search(form, path) for form, since in _PATHS.items())

    def _version(self, _request: Request) -> Reply:
        newest = f"{self.newest[0]}.{self.newest[1]}"
        links = [{"rel": "self", "href": f"{self._url}/v2.1/"}]
        version = {"id": "v2.1", "status": "CURRENT", "version": newest, "min_version": "2.1", "links": links}
        return Reply(200, {"version": version})

    def _paged(self, request: Request, key: str, entries: list[dict[str, object]], marker_is: str = "id") -> Reply:
        """Return a page of ``entries``, with the link to the next page."""
        marker = request.query.get("marker")
        if marker is not None:
            places = [place for place, entry in enumerate(entries) if entry[marker_is] == marker]
            if not places:
                raise Refusal(400, f"Marker {marker} could not be found.")
            entries = entries[places[0] + 1 :]
        page = entries[: min(self.page, int(request.query.get("limit", self.page)))]
        body: dict[str, object] = {key: page}
        if len(page) < len(entries):
            # The query alone says where it goes on; behind a proxy the rest of the link is not to be relied on.
            href = f"http://behind-the-proxy.test{request.path}?limit={len(page)}&marker={page[-1][marker_is]}"
            body[f"{key}_links"] = [{"rel": "next", "href": href}]
        return Reply(200, body)
