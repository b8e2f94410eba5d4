# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Operators have what is granted to them, less what is withheld, and nothing that administrators have beside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cloud.embedded import policies
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout

FILTERS = "os_compute_api:servers:allow_all_filters"
TRAITS = "placement:traits:list"
RULES = {
    **dict.fromkeys(policies.NOVA, "rule:context_is_admin"),
    "context_is_admin": "role:admin",
    "project_reader_or_admin": "rule:project_reader_api or rule:context_is_admin",
    "os_compute_api:servers:show": "rule:project_reader_or_admin",
    "os_compute_api:os-quota-sets:show": "rule:context_is_admin",
    "os_compute_api:flavors": "@",
}


def read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture
def written(layout: Layout) -> Layout:
    policies.write_nova(layout, RULES)
    policies.write_placement(layout)
    return layout


def test_only_what_is_granted_is_open_to_operators(written: Layout) -> None:
    rules = read(policies.nova_file(written))
    assert rules["context_is_admin"] == "role:admin or role:operator"
    assert rules[FILTERS] == "role:admin or role:operator"
    assert rules["os_compute_api:servers:show"] == "rule:project_reader_or_admin or role:operator"
    assert rules["project_reader_or_admin"] == "rule:project_reader_api or role:admin"
    assert rules["os_compute_api:os-quota-sets:show"] == "role:admin"
    assert rules["os_compute_api:flavors"] == "@"
    assert set(read(policies.placement_file(written)).values()) == {"role:admin or role:service or role:operator"}


def test_what_is_withheld_is_given_back_by_the_next_command(written: Layout) -> None:
    whole = read(policies.nova_file(written)), read(policies.placement_file(written))
    policies.withhold(written, [FILTERS, TRAITS])
    nova, placement = read(policies.nova_file(written)), read(policies.placement_file(written))
    assert (nova[FILTERS], placement[TRAITS]) == ("role:admin", "role:admin or role:service")
    assert {**nova, FILTERS: whole[0][FILTERS]} == whole[0]
    policies.withhold(written, [])
    assert (read(policies.nova_file(written)), read(policies.placement_file(written))) == whole


def test_what_operators_do_not_have_cannot_be_withheld(written: Layout) -> None:
    with pytest.raises(CloudError, match="Operators do not have os_compute_api:flavors"):
        policies.withhold(written, ["os_compute_api:flavors"])


def test_a_nova_without_one_of_the_policies_is_told(layout: Layout) -> None:
    with pytest.raises(CloudError, match=f"This Nova has no policy {FILTERS}"):
        policies.write_nova(layout, {name: check for name, check in RULES.items() if name != FILTERS})
