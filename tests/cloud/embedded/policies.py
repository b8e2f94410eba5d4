# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the accounts of the jobs may do: what the collection's policy files give them, less what a test withholds.

Nova and Placement read their policy files again when these change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.accounts import files
from tests.accounts.made import defaults
from tests.accounts.table import jobs_by_policy
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout

OWN_RULES = "nova-rules.json"  # of a cloud of an older release


def nova_file(layout: Layout) -> Path:
    return layout.etc / "nova-policy.yaml"


def placement_file(layout: Layout) -> Path:
    return layout.etc / "placement-policy.yaml"


def write(layout: Layout, withheld: tuple[str, ...] = ()) -> None:
    """Write the policy files: those of the collection, less what is withheld from all jobs."""
    release, rules = _nova_rules(layout)
    _replace(nova_file(layout), files.policy_file("Nova", release, files.nova_rules(rules, withheld)))
    _replace(placement_file(layout), files.policy_file("Placement", "every release", files.placement_rules(withheld)))


def _nova_rules(layout: Layout) -> tuple[str, dict[str, str]]:
    """The release that a policy file is for, and its Nova's own rules: the recorded ones, or an older Nova's."""
    own = layout.etc / OWN_RULES
    if own.exists():
        return f"OpenStack {layout.settings.release}", json.loads(own.read_text(encoding="utf-8"))
    return defaults()


def adopt(layout: Layout, rules: Mapping[str, str]) -> None:
    """Make the policy file for a Nova that has these rules, and each later one."""
    _replace(layout.etc / OWN_RULES, json.dumps(files.recorded(rules)))
    write(layout)


def _replace(path: Path, text: str) -> None:
    """Write a file, all of it or nothing: a service may read it at any moment."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def check(rules: Mapping[str, str]) -> None:
    """:param rules: all that this Nova has. :raises CloudError: the policy files were made for another Nova."""
    if differing := dict(files.recorded(rules).items() ^ defaults()[1].items()):
        raise CloudError(
            f"The policy files were made for a Nova with other rules than {', '.join(sorted(differing))}: "
            "run `make accounts`."
        )


def withhold(layout: Layout, names: list[str]) -> None:
    """Take policies from all jobs, and give them all others; in force with the next request."""
    known = [*jobs_by_policy("compute"), *jobs_by_policy("placement")]
    if unknown := sorted(set(names) - set(known)):
        raise CloudError(f"No job has {', '.join(unknown)}: they have {', '.join(known)}.")
    write(layout, tuple(names))
