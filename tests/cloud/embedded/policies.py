# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the role `operator` may do: what the collection asks for, nothing else, and less where a test withholds it.

Nova shows the servers of other projects only to whom it takes for an administrator in `context_is_admin`. So operators
are among those, and every rule which lets such administrators in lets in the role `admin` alone, but for those below.
Nova and Placement read their policy files again when these change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout

ADMIN, ADMINISTRATORS = "role:admin", "context_is_admin"
GRANT = " or role:operator"


def prefixed(prefix: str, names: str) -> list[str]:
    return [f"{prefix}:{name}" for name in names.split()]


NOVA = [
    *prefixed("os_compute_api:os-aggregates", "index create update delete add_host remove_host set_metadata"),
    "compute:aggregates:images",
    *prefixed("os_compute_api:os-services", "list update"),
    *prefixed("os_compute_api:os-hypervisors", "list-detail search"),
    "os_compute_api:os-hosts:update",
    *prefixed("os_compute_api:servers", "detail detail:get_all_tenants allow_all_filters show show:flavor-extra-specs"),
    *prefixed("os_compute_api:servers", "start stop confirm_resize"),
    *prefixed("os_compute_api:servers:migrations", "index delete force_complete"),
    "os_compute_api:os-extended-server-attributes",
    *prefixed("os_compute_api:os-server-groups", "index index:all_projects"),
    *prefixed("os_compute_api:os-migrations", "index index:all_projects index:host"),
    *prefixed("os_compute_api:os-migrate-server", "migrate_live migrate_live:host migrate migrate:host"),
    "os_compute_api:os-instance-actions:list",
]
PLACEMENT = [
    "placement:allocation_candidates:list",
    *prefixed("placement:resource_providers", "list inventories:list traits:list traits:update allocations:list"),
    *prefixed("placement:traits", "list update delete"),
]
PLACEMENT_DEFAULT = "role:admin or role:service"


def nova_file(layout: Layout) -> Path:
    return layout.etc / "nova-policy.json"


def placement_file(layout: Layout) -> Path:
    return layout.etc / "placement-policy.json"


def write(path: Path, rules: Mapping[str, str]) -> None:
    """Write a policy file, all of it or nothing: a service may read it at any moment."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(rules, indent=2) + "\n", encoding="utf-8")
    new.replace(path)


def granted(rules: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The rules, those of that name open to operators and all others closed to them."""
    return {name: check.removesuffix(GRANT) + (GRANT if name in names else "") for name, check in rules.items()}


def write_nova(layout: Layout, defaults: Mapping[str, str]) -> None:
    """Write Nova's policy file, given Nova's own rules."""
    if unknown := sorted(set(NOVA) - set(defaults)):
        raise CloudError(f"This Nova has no policy {', '.join(unknown)}.")
    rules = {name: check.replace(f"rule:{ADMINISTRATORS}", ADMIN) for name, check in defaults.items()}
    write(nova_file(layout), granted(rules, [*NOVA, ADMINISTRATORS]))


def write_placement(layout: Layout) -> None:
    write(placement_file(layout), granted(dict.fromkeys(PLACEMENT, PLACEMENT_DEFAULT), PLACEMENT))


def withhold(layout: Layout, names: list[str]) -> None:
    """Take policies from operators, and give them all others; in force with the next request."""
    if unknown := sorted(set(names) - {*NOVA, *PLACEMENT}):
        raise CloudError(f"Operators do not have {', '.join(unknown)}: they have {', '.join([*NOVA, *PLACEMENT])}.")
    for path, all_names in ((nova_file(layout), [*NOVA, ADMINISTRATORS]), (placement_file(layout), PLACEMENT)):
        rules = json.loads(path.read_text(encoding="utf-8"))
        write(path, granted(rules, set(all_names).difference(names)))
