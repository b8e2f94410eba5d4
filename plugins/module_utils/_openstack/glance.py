# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Glance's API as far as this collection needs it. Every method raises CloudError."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .client import Client
from .image import Image

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# References in one request: their names have to fit into its URL.
_AT_ONCE = 20


class Glance:
    """The image API of one cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def images(self, references: Iterable[str]) -> list[Image]:
        """Return the images that have one of these ids or names: a list request for every 20 of each."""
        wanted = list(dict.fromkeys(references))
        ids = [reference for reference in wanted if _ID.fullmatch(reference)]
        queries = [*_in("id", ids), *_in("name", wanted)]
        images = {image.id: image for query in queries for image in self._list(query)}
        return list(images.values())

    def _list(self, query: dict[str, str]) -> list[Image]:
        params = {**query, "limit": "1000"}
        images: list[Image] = []
        while True:
            body = self._client.request("image", "GET", "/v2/images", doing="look up images", params=params).body
            images += [Image.read(raw) for raw in body["images"]]
            if "next" not in body:
                return images
            params = {**query, "limit": "1000", "marker": images[-1].id}


def _in(field: str, values: list[str]) -> Iterator[dict[str, str]]:
    """Yield queries with Glance's ``in:`` filter; a value in double quotes may hold a comma (api-ref, list images)."""
    for start in range(0, len(values), _AT_ONCE):
        quoted = ",".join('"' + value.replace('"', '\\"') + '"' for value in values[start : start + _AT_ONCE])
        yield {field: f"in:{quoted}"}
