# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which calls each job makes, and which policies a service asks of the account for each: the only place that says so.

The policy files, the access rules and the tables of the guide are made from it (`make accounts`). The fake cloud
refuses by it, the embedded one by the files. `tests/unit/accounts` holds that every call of the collection is here,
that no job could do without any of its policies, and that the lack of each is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

JOBS = {
    "declare": "declare aggregates, their hosts, metadata and cached images",
    "roll": "maintain hosts and roll upgrades, and all that looking needs",
    "look": "list aggregates and hosts, plan an upgrade, be an inventory",
}
# Whom Nova takes for an administrator. It is asked for by no call alone: Nova shows the servers and the server groups
# of other projects to nobody else.
ADMINISTRATOR = "context_is_admin"
_PREFIXES = {"compute": "os_compute_api:", "placement": "placement:", "image": "", "network": ""}
_WHOLE_NAMES = (ADMINISTRATOR, "compute:aggregates:images", "compute:servers:create:requested_destination")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the collection makes.

    :ivar service: its type in the catalog.
    :ivar path: below the service's endpoint, with {placeholders} as Keystone's access rules have them.
    :ivar policies: what the service asks for, in its order.
    :ivar jobs: those that make the call.
    :ivar action: the key of the body where the path alone does not say what is asked.
    :ivar older: what releases before Nova 2025.1 ask for instead of the policy with the target host.
    """

    service: str
    method: str
    path: str
    policies: tuple[str, ...]
    jobs: tuple[str, ...]
    action: str | None = None
    older: tuple[str, ...] = ()


def _call(
    service: str, method: str, path: str, policies: str, jobs: str, action: str | None = None, older: str = ""
) -> Call:
    """:param policies: separated by spaces, without the prefix that those of a service share."""
    asked, before = (
        tuple(name if name in _WHOLE_NAMES else _PREFIXES[service] + name for name in names.split())
        for names in (policies, older)
    )
    return Call(service, method, path, asked, tuple(jobs.split()), action, before)


_HOSTS = "/os-aggregates/{aggregate}/action"
_ACTION = "/servers/{server}/action"
_PROGRESS = "/servers/{server}/migrations"
_PROVIDER = "/resource_providers/{provider}"
CALLS = (
    # Which microversions there are; asked only after a refusal, to say so.
    _call("compute", "GET", "/", "", "declare roll look"),
    _call("compute", "GET", "/os-aggregates", "os-aggregates:index", "declare roll look"),
    _call("compute", "POST", "/os-aggregates", "os-aggregates:create", "declare"),
    _call("compute", "PUT", "/os-aggregates/{aggregate}", "os-aggregates:update", "declare"),
    _call("compute", "DELETE", "/os-aggregates/{aggregate}", "os-aggregates:delete", "declare"),
    _call("compute", "POST", _HOSTS, "os-aggregates:add_host", "declare", "add_host"),
    _call("compute", "POST", _HOSTS, "os-aggregates:remove_host", "declare", "remove_host"),
    _call("compute", "POST", _HOSTS, "os-aggregates:set_metadata", "declare", "set_metadata"),
    _call("compute", "POST", "/os-aggregates/{aggregate}/images", "compute:aggregates:images", "declare"),
    _call("compute", "GET", "/os-services", "os-services:list", "declare roll look"),
    _call("compute", "PUT", "/os-services/{service}", "os-services:update", "roll"),
    _call("compute", "GET", "/os-hypervisors/detail", "os-hypervisors:list-detail", "declare roll look"),
    _call("compute", "PUT", "/os-hosts/{host}", "os-hosts:update", "roll"),
    _call(
        "compute",
        "GET",
        "/servers/detail",
        "servers:detail servers:detail:get_all_tenants servers:allow_all_filters os-extended-server-attributes "
        "servers:show:flavor-extra-specs",
        "roll look",
    ),
    _call(
        "compute",
        "GET",
        "/servers/{server}",
        "context_is_admin servers:show os-extended-server-attributes servers:show:flavor-extra-specs",
        "roll look",
    ),
    _call(
        "compute",
        "GET",
        "/os-server-groups",
        "context_is_admin os-server-groups:index os-server-groups:index:all_projects",
        "roll look",
    ),
    _call(
        "compute",
        "GET",
        "/os-migrations",
        "os-migrations:index os-migrations:index:all_projects os-migrations:index:host",
        "roll look",
    ),
    _call(
        "compute",
        "POST",
        _ACTION,
        "context_is_admin os-migrate-server:migrate_live:host",
        "roll",
        "os-migrateLive",
        "os-migrate-server:migrate_live",
    ),
    _call(
        "compute",
        "POST",
        _ACTION,
        "context_is_admin os-migrate-server:migrate:host",
        "roll",
        "migrate",
        "os-migrate-server:migrate",
    ),
    _call("compute", "POST", _ACTION, "context_is_admin servers:confirm_resize", "roll", "confirmResize"),
    _call("compute", "POST", _ACTION, "context_is_admin servers:stop", "roll", "os-stop"),
    _call("compute", "POST", _ACTION, "context_is_admin servers:start", "roll", "os-start"),
    _call("compute", "GET", _PROGRESS, "context_is_admin servers:migrations:index", "roll"),
    _call("compute", "DELETE", _PROGRESS + "/{migration}", "context_is_admin servers:migrations:delete", "roll"),
    _call(
        "compute",
        "POST",
        _PROGRESS + "/{migration}/action",
        "context_is_admin servers:migrations:force_complete",
        "roll",
        "force_complete",
    ),
    _call(
        "compute", "GET", "/servers/{server}/os-instance-actions", "context_is_admin os-instance-actions:list", "roll"
    ),
    _call(
        "compute",
        "GET",
        "/servers/{server}/os-instance-actions/{request}",
        "context_is_admin os-instance-actions:show",
        "roll",
    ),
    # The canary of a roll.
    _call(
        "compute",
        "POST",
        "/servers",
        "servers:create compute:servers:create:requested_destination servers:create:attach_network",
        "roll",
    ),
    _call("compute", "POST", _ACTION, "servers:rebuild", "roll", "rebuild"),
    _call("compute", "DELETE", "/servers/{server}", "servers:delete", "roll"),
    _call("compute", "GET", "/flavors", "", "roll"),
    _call("placement", "GET", "/", "", "declare roll look"),
    _call("placement", "GET", "/allocation_candidates", "allocation_candidates:list", "roll look"),
    _call("placement", "GET", "/resource_providers", "resource_providers:list", "declare roll look"),
    _call("placement", "GET", _PROVIDER + "/inventories", "resource_providers:inventories:list", "roll look"),
    _call("placement", "GET", _PROVIDER + "/allocations", "resource_providers:allocations:list", "roll look"),
    _call("placement", "GET", _PROVIDER + "/traits", "resource_providers:traits:list", "roll look"),
    _call("placement", "GET", "/traits", "traits:list", "roll look"),
    _call("placement", "PUT", "/traits/{trait}", "traits:update", "roll"),
    _call("placement", "DELETE", "/traits/{trait}", "traits:delete", "roll"),
    _call("image", "GET", "/v2/images", "get_images", "declare roll look"),
    _call("image", "GET", "/v2/images/{image}", "get_image", "declare roll"),
    # Only for a gate of a roll, where one is given that asks for them.
    _call("network", "GET", "/v2.0/agents", "get_agent", "roll look"),
    _call("network", "GET", "/v2.0/networks", "", "roll"),
)

# Given for the account's own project alone: a canary of a roll is a server there, and no tenant's is booted or deleted.
OWN_PROJECT = {
    "os_compute_api:servers:create",
    "os_compute_api:servers:create:attach_network",
    "os_compute_api:servers:rebuild",
    "os_compute_api:servers:delete",
}
# Asked for by nothing but the evidence of a failure, which says so where it is lacking.
EVIDENCE = ("os_compute_api:os-instance-actions:show",)

# What a service does, with status 200 or 404 and without a word, for an account that lacks one of these.
SILENT = {
    ADMINISTRATOR: "answers 404 for every server of another project, and lists no server group of one",
    "os_compute_api:servers:allow_all_filters": "drops the filter, and lists the servers of every host",
    "os_compute_api:os-extended-server-attributes": "leaves out on which host a server is",
    "os_compute_api:servers:show:flavor-extra-specs": "leaves out what a flavor demands beside its sizes",
    "os_compute_api:os-migrations:index:host": "leaves out from where to where a migration goes",
    "get_agent": "(here Neutron) lists no agent",
}


def find(service: str, method: str, path: str, body: Any = None) -> Call | None:
    """Return the call of the table that a request is.

    :param path: below the service's endpoint. :param body: of the request, by which actions differ.
    """
    return next(
        (
            call
            for pattern, call in _PATTERNS.get((service, method), ())
            if pattern.fullmatch(path) and (call.action is None or call.action in (body or {}))
        ),
        None,
    )


def _patterns() -> dict[tuple[str, str], list[tuple[re.Pattern[str], Call]]]:
    patterns: dict[tuple[str, str], list[tuple[re.Pattern[str], Call]]] = {}
    for call in sorted(CALLS, key=lambda call: "{" in call.path):  # "/servers/detail" is no server
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(call.path)))
        patterns.setdefault((call.service, call.method), []).append((pattern, call))
    return patterns


_PATTERNS = _patterns()


def jobs_by_policy(service: str) -> dict[str, list[str]]:
    """Return each policy of a service with the jobs that need it, in the order of the table."""
    needed: dict[str, list[str]] = {}
    for call in CALLS:
        for policy in (*call.policies, *call.older) if call.service == service else ():
            jobs = needed.setdefault(policy, [])
            jobs += [job for job in call.jobs if job not in jobs]
    return needed


def policies_of(job: str) -> list[str]:
    """Return what a job needs of all but Glance; what it needs there, the role ``reader`` may."""
    services = ("compute", "placement", "network")
    return [policy for service in services for policy, jobs in jobs_by_policy(service).items() if job in jobs]


def role(job: str) -> str:
    """Return the name of the role in Keystone to which the files give what a job needs."""
    return f"stackops-{job}"


def calls_of(job: str) -> Iterable[Call]:
    return (call for call in CALLS if job in call.jobs)
