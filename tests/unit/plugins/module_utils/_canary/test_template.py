# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a canary is made of, and what is wrong with what the operator named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._canary.look_up import look_up
from ansible_collections.stackops.aggregates.plugins.module_utils._canary.template import Found, Template, template
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.image import Image

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.glance import image
from tests.unit.fake.model import identifier

NAMED = {"image": "cirros", "flavor": "tiny", "network": "net"}
FOUND = Found([Image("i1", "cirros", "active", "public", "")], {"f1": "tiny", "f2": "small"}, ["n1"], "project")


def test_names_and_ids_are_found() -> None:
    made = template(NAMED, FOUND)
    assert made == Template("i1", "f1", [{"uuid": "n1"}])
    assert template({**NAMED, "flavor": "f2", "network": "none"}, FOUND) == Template("i1", "f2", "none")


MISSING = "There is no {} {!r} for rolling_upgrade_canary that this account may use: check its name or id."
QUEUED = Image("i1", "cirros", "queued", "public", "")


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (replace(FOUND, images=[]), MISSING.format("image", "cirros")),
        (replace(FOUND, flavors={}), MISSING.format("flavor", "tiny")),
        (replace(FOUND, networks=[]), MISSING.format("network", "net")),
        (
            replace(FOUND, networks=["n1", "n2"]),
            "The name 'net' in rolling_upgrade_canary is that of 2 networks: use the id of one.",
        ),
        (
            replace(FOUND, images=[QUEUED]),
            "The image 'cirros' of rolling_upgrade_canary is queued: name one that is active.",
        ),
        (
            replace(FOUND, project=None),
            "rolling_upgrade_canary needs credentials that are for a project, in which the canary is built.",
        ),
    ],
)
def test_what_is_missing_is_named(found: Found, problem: str) -> None:
    with pytest.raises(Refused) as refused:
        template(NAMED, found)
    assert refused.value.problems == [problem]


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        template(NAMED, Found([], {}, [], None))
    assert len(refused.value.problems) == 4


def test_the_cloud_is_asked() -> None:
    fake = FakeCloud()
    fake.world.images, fake.world.flavors, fake.world.networks = [image("cirros")], {"tiny": {"VCPU": 1}}, ["net"]
    found = look_up(fake.connect(), NAMED)
    network = [{"uuid": identifier("network", "net")}]
    assert found == Template(image("cirros")["id"], identifier("flavor", "tiny"), network)
    by_id = {**NAMED, "network": identifier("network", "net")}
    assert look_up(fake.connect(), by_id).networks == network
