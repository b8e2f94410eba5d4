# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Rights whose lack Nova does not report: it drops the filter, or leaves the field out, and answers 200."""

from __future__ import annotations

from fake.keystone import Keystone
from fake.wire import Request

ALL_FILTERS = "servers:allow_all_filters"
EXTENDED_ATTRIBUTES = "os-extended-server-attributes"
EXTRA_SPECS = "servers:show:flavor-extra-specs"
RECORD_HOSTS = "os-migrations:index:host"
PROGRESS_HOSTS = "servers:migrations:index:host"
RULES = (ALL_FILTERS, EXTENDED_ATTRIBUTES, EXTRA_SPECS, RECORD_HOSTS, PROGRESS_HOSTS)
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
    def __init__(self, keystone: Keystone) -> None:
        self._keystone = keystone
        self._denied: set[tuple[str, str]] = set()

    def deny(self, *rules: str, user: str = "admin") -> None:
        unknown = set(rules) - set(RULES)
        assert not unknown, f"not among the silent rules: {unknown}"
        self._denied |= {(user, rule) for rule in rules}

    def filtered(self, request: Request) -> Request:
        """Return the request without the filters to which its user has no right."""
        if self.allow(request, ALL_FILTERS):
            return request
        kept = {name: value for name, value in request.query.items() if name in _ANYBODYS}
        return Request(**{**vars(request), "query": kept})

    def allow(self, request: Request, rule: str) -> bool:
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        return user is not None and (user.name, rule) not in self._denied
