# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The accounts of the jobs have what the collection's own files give them, less what is withheld."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accounts.made import FOLDER, defaults
from tests.cloud.embedded import policies
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout

FILTERS = "os_compute_api:servers:allow_all_filters"
TRAITS = "placement:traits:list"


@pytest.fixture
def written(layout: Layout) -> Layout:
    policies.write(layout)
    return layout


def both(layout: Layout) -> tuple[str, str]:
    return policies.nova_file(layout).read_text(), policies.placement_file(layout).read_text()


def rule(path: Path, name: str) -> str:
    (line,) = [line for line in path.read_text().splitlines() if line.startswith(f'"{name}": ')]
    return line.partition(": ")[2]


def test_the_files_are_those_of_the_collection(written: Layout) -> None:
    shipped = [(FOLDER / f"{service}-policy.yaml").read_text() for service in ("nova", "placement")]
    assert list(both(written)) == shipped


def test_what_is_withheld_is_given_back_by_the_next_command(written: Layout) -> None:
    whole = both(written)
    policies.withhold(written, [FILTERS, TRAITS])
    assert rule(policies.nova_file(written), FILTERS) == '"role:admin"'
    assert rule(policies.placement_file(written), TRAITS) == '"role:admin or role:service"'
    policies.withhold(written, [])
    assert both(written) == whole


def test_what_no_job_has_cannot_be_withheld(written: Layout) -> None:
    with pytest.raises(CloudError, match="No job has os_compute_api:flavors"):
        policies.withhold(written, ["os_compute_api:flavors"])


def test_a_nova_with_other_rules_is_told() -> None:
    rules = defaults()[1]
    policies.check({**rules, "os_compute_api:flavors": "@"})
    with pytest.raises(CloudError, match=f"other rules than {FILTERS}: run `make accounts`"):
        policies.check({name: check for name, check in rules.items() if name != FILTERS})
    with pytest.raises(CloudError, match="other rules than os_compute_api:new"):
        policies.check({**rules, "os_compute_api:new": "rule:context_is_admin"})
