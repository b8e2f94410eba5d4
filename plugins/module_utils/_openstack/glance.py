# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Glance's API as far as this collection needs it. Methods raise CloudError, where nothing else is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from .._errors import CloudError
from .client import Client
from .image import Image
from .pages import follow_next

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# References in one request: their names have to fit into its URL.
_AT_ONCE = 20
# The end of a catalog's URL that names the version already; most do not.
_VERSION = re.compile(r"/v2/?$")


class Glance:
    """The image API of one cloud.

    :ivar warning: that Glance did not tell the traits of images, once it did not.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.warning: str | None = None

    def candidates(self, references: Iterable[str]) -> dict[str, list[Image]]:
        """Return the images that each reference may mean.

        An id means its image, whoever's it is. A name means those of our own project and the public ones: any tenant
        can give any name to an image, and share it with us or with everybody.
        """
        wanted = list(dict.fromkeys(references))
        candidates = {ref: [image] for ref in wanted if _ID.fullmatch(ref) and (image := self._image(ref))}
        names, project = [reference for reference in wanted if reference not in candidates], self._client.project()
        places = [{"visibility": "public"}, *([{"owner": project}] if project else [])]
        queries = [{**place, **named} for named in _in("name", names) for place in places]
        # An image that is both is listed twice.
        for image in {image.id: image for query in queries for image in self._list(query)}.values():
            if image.name in names and (image.visibility == "public" or (project and image.owner == project)):
                candidates.setdefault(image.name, []).append(image)
        return candidates

    def traits(self, images: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the traits that each image names as required now, by id; of an image that is gone none.

        Nova needs no Glance to move a server, so nobody has to wait for it: it is asked once, and not again after it
        did not answer, which is the ``warning`` then. No error is raised.
        """
        ids = [] if self.warning else list(images)
        try:
            listed = [image for query in _in("id", ids) for image in self._list(query, once=True)]
        except CloudError as error:
            self.warning = f"The traits that images ask for are not known, so Nova may refuse some targets: {error}"
            listed = []
        return {image.id: image.traits for image in listed}

    def _image(self, image: str) -> Image | None:
        doing = f"look up the image {image}"
        try:
            return Image.read(self._client.request("image", "GET", self._path(f"/images/{image}"), doing=doing).body)
        except CloudError as error:
            if error.status == 404:
                return None
            raise

    def _list(self, query: Mapping[str, str], once: bool = False) -> list[Image]:
        params = {**query, "limit": "1000"}
        raws = self._client.pages(
            "image",
            self._path("/images"),
            "images",
            doing="look up images",
            params=params,
            follow=follow_next,
            once=once,
        )
        return [Image.read(raw) for raw in raws]

    def _path(self, path: str) -> str:
        return path if _VERSION.search(self._client.endpoint("image")) else f"/v2{path}"


def _in(field: str, values: list[str]) -> Iterator[dict[str, str]]:
    """Yield queries with Glance's ``in:`` filter; a value in double quotes may hold a comma (api-ref, list images)."""
    for start in range(0, len(values), _AT_ONCE):
        quoted = ",".join('"' + value.replace('"', '\\"') + '"' for value in values[start : start + _AT_ONCE])
        yield {field: f"in:{quoted}"}
