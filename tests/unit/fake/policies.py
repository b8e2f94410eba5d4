# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Who has a right to what, as the table of `tests/accounts` says: refused aloud with 403, or without a word.

Administrators have a right to all, accounts of the jobs to what their job needs, and each of them less what is denied.
"""

from __future__ import annotations

from tests.accounts.table import ADMINISTRATOR, JOBS, SILENT, find, policies_of, role
from tests.unit.fake.keystone import Keystone, User
from tests.unit.fake.model import World
from tests.unit.fake.wire import Refusal, Request

ALL_FILTERS = "os_compute_api:servers:allow_all_filters"
EXTENDED_ATTRIBUTES = "os_compute_api:os-extended-server-attributes"
EXTRA_SPECS = "os_compute_api:servers:show:flavor-extra-specs"
RECORD_HOSTS = "os_compute_api:os-migrations:index:host"
AGENTS = "get_agent"
PROGRESS_HOSTS = "os_compute_api:servers:migrations:index:host"  # silent too, and nothing needs it
_BY_ROLE = {role(job): frozenset(policies_of(job)) for job in JOBS} | {"reader": frozenset({"get_images", "get_image"})}
_KNOWN = frozenset.union(*_BY_ROLE.values()) | {PROGRESS_HOSTS}
# The filters of servers that everybody may use, and paging.
_ANYBODYS = {
    "all_tenants",
    "changes-since",
    "flavor",
    "image",
    "ip",
    "limit",
    "locked",
    "marker",
    "name",
    "status",
    "tags",
}


class Policies:
    def __init__(self, world: World, keystone: Keystone) -> None:
        self._world, self._keystone = world, keystone
        self._denied: set[tuple[str, str]] = set()

    def deny(self, *policies: str, user: str = "admin") -> None:
        unknown = set(policies) - _KNOWN
        assert not unknown, f"not among the policies of the table: {unknown}"
        self._denied |= {(user, policy) for policy in policies}

    def check(self, service: str, request: Request, path: str) -> None:
        """Refuse a request to which its user has no right.

        :param path: below the service's endpoint.
        """
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        if user is None or not path.strip("/"):
            return
        call = find(service, request.method, path, request.body)
        if call is None:
            lacking = [] if "admin" in user.roles else [f"of {path.split('/')[1]}"]
        else:
            self._hide(user, path)
            # Nova and Placement have no policy for tokens of the system.
            system = self._keystone.of_the_system(request.headers.get("X-Auth-Token"))
            aloud = [policy for policy in call.policies if policy not in SILENT]
            lacking = [policy for policy in aloud if system or not self._may(user, policy)]
        if lacking:
            raise Refusal(403, _REFUSALS[service].format(policy=lacking[0]))

    def _hide(self, user: User, path: str) -> None:
        """Nobody whom Nova does not take for an administrator learns that a server of another project exists."""
        guest = self._world.guests.get(path.split("/")[2]) if path.startswith("/servers/") else None
        if guest and guest.project != user.project and not self._may(user, ADMINISTRATOR):
            raise Refusal(404, f"Instance {guest.id} could not be found.")

    def filtered(self, request: Request) -> Request:
        """Return the request without the filters to which its user has no right."""
        if self.allow(request, ALL_FILTERS):
            return request
        kept = {name: value for name, value in request.query.items() if name in _ANYBODYS}
        return Request(**{**vars(request), "query": kept})

    def allow(self, request: Request, policy: str) -> bool:
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        return user is not None and self._may(user, policy)

    def _may(self, user: User, policy: str) -> bool:
        given = "admin" in user.roles or any(policy in _BY_ROLE.get(role, ()) for role in user.roles)
        return given and (user.name, policy) not in self._denied


_REFUSALS = {
    "compute": "Policy doesn't allow {policy} to be performed.",
    "placement": "Policy does not allow {policy} to be performed.",
    "network": "rule:{policy} is disallowed by policy.",
    "image": "You are not authorized to complete {policy} action.",
}
