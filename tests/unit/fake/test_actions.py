# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Who did what to a server, as Nova tells it."""

from __future__ import annotations

from fake.cloud import FakeCloud
from sites import Api


def test_who_did_what_the_newest_first(cloud: FakeCloud, api: Api) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.switch(guest, on=False)
    cloud.clock.sleep(5.0)
    night_shift = Api(cloud.session(), cloud.auth("nova"))
    assert night_shift.nova("POST", f"/servers/{guest.id}/action", {"os-start": None}).status == 202
    cloud.clock.sleep(5.0)
    cloud.act(guest, "createImage", "backup")
    body = {"os-migrateLive": {"host": "cmp02", "block_migration": "auto"}}
    assert api.nova("POST", f"/servers/{guest.id}/action", body).status == 202
    shown = api.nova("GET", f"/servers/{guest.id}/os-instance-actions").body["instanceActions"]
    assert [(action["action"], action["user_id"]) for action in shown] == [
        ("live-migration", "id-of-admin"),
        ("createImage", "id-of-backup"),
        ("start", "id-of-nova"),
        ("stop", "id-of-demo"),
        ("create", "id-of-demo"),
    ]
    assert {action["instance_uuid"] for action in shown} == {guest.id} and all("message" in action for action in shown)


def test_what_is_refused_leaves_no_line(cloud: FakeCloud, api: Api) -> None:
    guest = cloud.boot("web", "cmp01")
    assert api.nova("POST", f"/servers/{guest.id}/action", {"os-start": None}).status == 409
    assert api.nova("POST", f"/servers/{guest.id}/action", {"migrate": {"host": "nobody"}}).status == 400
    shown = api.nova("GET", f"/servers/{guest.id}/os-instance-actions").body["instanceActions"]
    assert [action["action"] for action in shown] == ["create"]
