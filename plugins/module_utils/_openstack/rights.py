# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What an account lacks whose request was refused: the policy where the service names it, else the call. Pure."""

from __future__ import annotations

import re

# As Nova and Placement word it: "Policy doesn't allow os_compute_api:os-services:list to be performed."
_POLICY = re.compile(r"[Pp]olicy (?:doesn't|does not) allow (?P<name>[\w:-]+) to be performed")

_HELP = "give it to one of their roles, or use an account with the role admin"


def what_is_lacking(status: int, call: str, message: str, system: bool, access_rules: bool) -> str:
    """Return a sentence on what the refused account lacks; none where the refusal has nothing to do with that.

    :param status: the HTTP status. :param call: method, service and path. :param message: the service's own.
    :param system: whether the token is of the system and of no project.
    :param access_rules: whether the token is that of an application credential with access rules.
    """
    if status == 401 and access_rules:
        return (
            f"The access rules of this application credential lack {call}, or the service has no service_type in "
            "[keystone_authtoken] to check them by"
        )
    if status != 403:
        return ""
    if system:
        return "These credentials are of the system, and this needs those of a project: name one instead of the system"
    if policy := _POLICY.search(message):
        return f"These credentials lack the policy {policy['name']}: {_HELP}"
    return f"These credentials have no right to {call}: {_HELP}"
