# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The image service: images by id, and a list with ``in:`` filters and pages."""

from __future__ import annotations

import re
from typing import Any

from tests.unit.fake.keystone import Keystone
from tests.unit.fake.model import World, identifier
from tests.unit.fake.policies import Policies
from tests.unit.fake.wire import Refusal, Reply, Request, Routes

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Glance:
    """:ivar page: the most images in an answer."""

    def __init__(self, world: World, keystone: Keystone, policies: Policies) -> None:
        self._world, self._keystone, self._policies = world, keystone, policies
        self.page = 1000
        self._routes = Routes()
        self._routes.add("GET", "/v2/images", self._list)
        self._routes.add("GET", "/v2/images/([^/]+)", self._show)

    def answer(self, request: Request) -> Reply:
        if self._keystone.user(request.headers.get("X-Auth-Token")) is None:
            return Reply(401, {"message": "This server could not verify that you are authorized."})
        try:
            self._policies.check("image", request, request.path)
            return self._routes.dispatch(request)
        except Refusal as refusal:
            return Reply(refusal.status, {"message": refusal.message, "code": f"{refusal.status}", "title": "Refused"})

    def _show(self, _request: Request, wanted: str) -> Reply:
        for image in self._world.images:
            if image["id"] == wanted:
                return Reply(200, image)
        raise Refusal(404, f"No image found with ID {wanted}")

    def _list(self, request: Request) -> Reply:
        """To an administrator, as all who ask are: every image but those of the community, which are asked for."""
        images = [
            image
            for image in self._world.images
            if all(_fits(image, key, request.query[key]) for key in _asked(request))
            and (image["visibility"] != "community" or request.query.get("visibility") == "community")
        ]
        marker = request.query.get("marker")
        start = [image["id"] for image in images].index(marker) + 1 if marker else 0
        page = images[start : start + self.page]
        more = {"next": f"/v2/images?marker={page[-1]['id']}"} if images[start + self.page :] else {}
        return Reply(200, {"images": page, **more})


def image(
    name: str, status: str = "active", key: str = "", visibility: str = "public", owner: str = "project-of-admin"
) -> dict[str, Any]:
    number = identifier("image", key or name)
    return {"id": number, "name": name, "status": status, "visibility": visibility, "owner": owner}


def _asked(request: Request) -> set[str]:
    return {"id", "name", "visibility", "owner"} & set(request.query)


def _fits(image: dict[str, Any], field: str, wanted: str) -> bool:
    if not wanted.startswith("in:"):
        return bool(image[field] == wanted)
    return image[field] in [text.replace('\\"', '"') for text in _QUOTED.findall(wanted)]
