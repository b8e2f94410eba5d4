# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The pages of a list, from the first to the last. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from .._errors import CloudError
from .fields import Fields

# A list with more items than that has no end.
MOST_ITEMS = 1_000_000
# Returns what the query of the next page has beside that of the first, from a page, the key of its list, and how many
# items there were so far; None for the last page.
Follow = Callable[[Fields, str, int], "dict[str, str] | None"]


def follow_link(page: Fields, key: str, _count: int) -> dict[str, str] | None:
    """Nova's way: a link to the next page, which holds a marker."""
    links = page.objects(f"{key}_links", ())
    return _marker(next((link.text("href") for link in links if link.text("rel", "") == "next"), None))


def follow_next(page: Fields, _key: str, _count: int) -> dict[str, str] | None:
    """Glance's way: the path of the next page, which holds a marker."""
    return _marker(page.text("next", None))


def follow_offset(page: Fields, key: str, count: int) -> dict[str, str] | None:
    """The way of Nova's oldest lists: an offset, and an empty page at the end."""
    return {"offset": str(count)} if page.objects(key) else None


def _marker(link: str | None) -> dict[str, str] | None:
    """Only the marker of a link is used: its host may be anybody's, and behind a proxy one that we cannot reach."""
    if link is None:
        return None
    marker = dict(parse_qsl(link.partition("?")[2].partition("#")[0])).get("marker")
    return {"marker": marker} if marker else {}


def all_items(
    ask: Callable[[Mapping[str, str]], Fields],
    key: str,
    params: Mapping[str, str],
    follow: Follow,
    doing: str,
    asked: str,
) -> list[Fields]:
    """Return everything that a list request holds, all its pages.

    :param ask: from a query, requests one page.
    :param key: the key of the list in the answer, such as ``servers``.
    :param params: the query of the first page.
    :param follow: how one page leads to the next.
    :param doing: what the list is for, worded to complete "Could not ...".
    :param asked: who answers what, for the same sentence.
    :raises CloudError: if the pages have no end: one says that more follow, and holds nothing new.
    """
    items: list[Fields] = []
    known: set[str] = set()
    query = dict(params)
    while True:
        page = ask(query)
        listed = page.objects(key)
        items += listed
        following = follow(page, key, len(items))
        if following is None:
            return items
        new = {item.word("id") for item in listed} - known
        if not new or len(items) > MOST_ITEMS:
            raise CloudError(
                f"Could not {doing}: the pages in which {asked} have no end, for after {len(items)} {key} the same or "
                "ever more follow: run again, and if it stays so, check proxies in between."
            )
        known |= new
        query |= following
