# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Who did what to a server, by Nova's list of actions."""

from __future__ import annotations

from fake.cloud import FakeCloud
from sites import Api


def test_actions_are_listed_the_newest_first(cloud: FakeCloud, api: Api) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.switch(guest, on=False)
    cloud.clock.sleep(5.0)
    night_shift = Api(cloud.session(), cloud.auth("nova"))
    assert night_shift.nova("POST", f"/servers/{guest.id}/action", {"os-start": None}).status == 202
    cloud.clock.sleep(5.0)
    cloud.act(guest, "createImage", "backup")
    body = {"os-migrateLive": {"host": "cmp02", "block_migration": "auto"}}
    assert api.nova("POST", f"/servers/{guest.id}/action", body).status == 202
    actions = api.nova("GET", f"/servers/{guest.id}/os-instance-actions").body["instanceActions"]
    assert [(action["action"], action["user_id"]) for action in actions] == [
        ("live-migration", "id-of-admin"),
        ("createImage", "id-of-backup"),
        ("start", "id-of-nova"),
        ("stop", "id-of-demo"),
        ("create", "id-of-demo"),
    ]
    assert {action["instance_uuid"] for action in actions} == {guest.id} and all(
        "message" in action for action in actions
    )


def test_a_refused_action_is_not_listed(cloud: FakeCloud, api: Api) -> None:
    guest = cloud.boot("web", "cmp01")
    assert api.nova("POST", f"/servers/{guest.id}/action", {"os-start": None}).status == 409
    assert api.nova("POST", f"/servers/{guest.id}/action", {"migrate": {"host": "cmp99"}}).status == 400
    actions = api.nova("GET", f"/servers/{guest.id}/os-instance-actions").body["instanceActions"]
    assert [action["action"] for action in actions] == ["create"]
