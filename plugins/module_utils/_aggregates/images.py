# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which images are meant by names and ids. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._errors import Refused
from .._openstack.model import Image


def named_images(references: Iterable[str], images: Sequence[Image]) -> list[Image]:
    """The image that each reference names, each image once (Nova refuses a list with one twice).

    :raises Refused: an unknown image, a name of several images, an image that has no data; all of them in one error.
    """
    found: dict[str, Image] = {}
    problems = []
    for reference in references:
        by_id = [one for one in images if one.id == reference]
        matching = by_id or [one for one in images if one.name == reference]
        if not matching:
            problems.append(f"There is no image {reference!r}: check its name or id.")
        elif len(matching) > 1:
            ids = ", ".join(sorted(one.id for one in matching))
            problems.append(f"The name {reference!r} is that of {len(matching)} images: use the id of one ({ids}).")
        elif matching[0].status != "active":
            problems.append(f"The image {reference!r} is {matching[0].status} and has no data to cache yet.")
        else:
            found[matching[0].id] = matching[0]
    if problems:
        raise Refused(problems)
    return list(found.values())
