# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What counts as a secret."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.secret_values import secrets


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"auth": {"username": "ops", "user-name": "ops", "password": "p1", "code": 7}}, {"p1", "7"}),
        ({"auth": "text", "client_key": "k.pem"}, {"text", "k.pem"}),
        ({"cloud": "prod"}, set()),
        ({"cloud": "{auth: {password: p1}}"}, {"{auth: {password: p1}}"}),
        ({"cloud": {"auth": {"password": "p1"}, "password": "p2", "passcode": ["p3"]}}, {"p1", "p2", "p3"}),
        (
            {"cloud": {"region_name": "A", "compute-endpoint-override": "u", "verify": False, "project_name": "x"}},
            set(),
        ),
        ({"cloud": {"regions": ["A", {"name": "B", "values": {"auth": {"token": "t"}, "interface": "i"}}]}}, {"t"}),
        ({"cloud": {"what-we-do-not-know": {"x": ["p1"]}}}, {"p1"}),
    ],
)
def test_what_is_not_known_to_be_public_is_a_secret(params: dict[str, Any], found: set[str]) -> None:
    assert secrets(params) == found
