# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is made from the table: oslo.policy files, Keystone's access rules, and the tables of the guide. Pure.

Nova shows servers of other projects only to whom `context_is_admin` names, and most of its own rules let these in. So
that rule gets the roles which need it, and every rule that lets administrators in is written down here, without them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

from tests.accounts.table import (
    ADMINISTRATOR,
    CALLS,
    JOBS,
    OWN_PROJECT,
    SILENT,
    Call,
    calls_of,
    jobs_by_policy,
    role,
)

ADMIN = "role:admin"  # Nova's own default of `context_is_admin`
_ADMINISTRATORS = (f"rule:{ADMINISTRATOR}", "is_admin:True")  # how its other rules let these in
PLACEMENT = "role:admin or role:service"  # of all rules that are used here
NEUTRON = "rule:admin_only"  # likewise
# What a service's endpoint in the catalog puts before the path.
ENDPOINT_PATHS = {"compute": "/v2.1", "placement": "", "image": "", "network": ""}
_BEGIN, _END = ".. made by `make accounts`: {name}\n", ".. end of {name}\n"


def _closed(check: str) -> str:
    """Return a rule that lets in the role admin alone where Nova's own lets in everybody whom it takes for one."""
    for whomever in _ADMINISTRATORS:
        check = check.replace(whomever, ADMIN)
    return check


def _open(policy: str, check: str, jobs: Iterable[str]) -> str:
    """Return the rule with the jobs let in; oslo.policy's `and` binds more than its `or`."""
    where = " and project_id:%(project_id)s" if policy in OWN_PROJECT else ""
    return " or ".join([check, *(f"role:{role(job)}{where}" for job in jobs)])


def recorded(defaults: Mapping[str, str]) -> dict[str, str]:
    """Return those of Nova's own rules that a file must hold: what is given to jobs, and what lets administrators in.

    :param defaults: all of Nova's rules.
    """
    granted = jobs_by_policy("compute").keys()
    return {name: check for name, check in defaults.items() if name in granted or _closed(check) != check}


def nova_rules(defaults: Mapping[str, str], withheld: Collection[str] = ()) -> dict[str, str]:
    """Return the rules of Nova's policy file.

    :param defaults: Nova's own. :param withheld: policies that no job gets.
    """
    granted = {name: jobs for name, jobs in jobs_by_policy("compute").items() if name not in withheld}
    rules = {name: _closed(check) for name, check in recorded(defaults).items()}
    return {name: _open(name, check, granted.get(name, ())) for name, check in rules.items()}


def placement_rules(withheld: Collection[str] = ()) -> dict[str, str]:
    """Return the rules of Placement's policy file. :param withheld: policies that no job gets."""
    return {
        name: PLACEMENT if name in withheld else _open(name, PLACEMENT, jobs)
        for name, jobs in jobs_by_policy("placement").items()
    }


def neutron_rules() -> dict[str, str]:
    """Return the rules of Neutron's policy file."""
    return {name: _open(name, NEUTRON, jobs) for name, jobs in jobs_by_policy("network").items()}


def policy_file(service: str, release: str, rules: Mapping[str, str]) -> str:
    """Return the text of a policy file: first what the jobs get, then what is only kept from them."""
    given = {name: check for name, check in rules.items() if "stackops-" in check}
    kept = {name: check for name, check in rules.items() if name not in given}
    lines = [
        "---",
        f"# Policies of {service} for accounts of the collection stackops.aggregates, made for {release}.",
        "# See its guide on accounts. Put this beside your own policies, or the rules of this file into your own file.",
        "",
        "# What the jobs need.",
        *(f'"{name}": "{check}"' for name, check in given.items()),
    ]
    if kept:
        lines += ["", f"# What {service} would open to whomever {ADMINISTRATOR} names, and keeps for administrators."]
        lines += [f'"{name}": "{check}"' for name, check in kept.items()]
    return "\n".join(lines) + "\n"


def access_rules(job: str) -> str:
    """Return the access rules of an application credential, as JSON: each method and path once."""
    rules = {(call.service, call.method, ENDPOINT_PATHS[call.service] + call.path): None for call in calls_of(job)}
    entries = [json.dumps({"service": service, "method": method, "path": path}) for service, method, path in rules]
    return "[\n  " + ",\n  ".join(entries) + "\n]\n"


def guide(text: str) -> str:
    """Return the text of the guide with its tables made anew."""
    for name, table in (("calls", _calls_table()), ("silent", _silent_table())):
        begin, end = _BEGIN.format(name=name), _END.format(name=name)
        before, _begin, rest = text.partition(begin)
        _old, _end, after = rest.partition(end)
        if not (_begin and _end):
            raise ValueError(f"The guide has no place for the table {name!r}, between {begin!r} and {end!r}.")
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def _calls_table() -> str:
    rows = [["Call", "Policies", *JOBS]]
    rows += [[_call(call), _policies(call), *("yes" if job in call.jobs else "" for job in JOBS)] for call in CALLS]
    return _list_table(rows, "35 47 6 6 6")


def _call(call: Call) -> str:
    action = f" ``{call.action}``" if call.action else ""
    return f"{call.service}: ``{call.method} {call.path}``{action}"


def _policies(call: Call) -> str:
    """Policies without the prefix that all of Nova's or Placement's have, so that the table can be read."""
    names = [_short(name) for name in call.policies]
    older = [f"{_short(name)} (before 2025.1)" for name in call.older]
    return ", ".join([*names, *older]) or "none"


def _short(policy: str) -> str:
    return f"``{policy.removeprefix('os_compute_api:').removeprefix('placement:')}``"


def _silent_table() -> str:
    return _list_table(
        [["Policy", "Without it Nova"], *([f"``{name}``", what] for name, what in SILENT.items())], "45 55"
    )


def _list_table(rows: Iterable[Iterable[str]], widths: str) -> str:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in rows:
        first, *others = row
        lines += [f"   * - {first}", *(f"     - {cell}".rstrip() for cell in others)]
    return "\n".join(lines) + "\n"
