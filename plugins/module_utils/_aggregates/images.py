# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find the images that names and ids mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._errors import Refused
from .._openstack.image import Image


def named_images(references: Iterable[str], candidates: Mapping[str, Sequence[Image]]) -> list[Image]:
    """Return the image that each reference (an id or else a name) means, each image once: Nova refuses it twice.

    :param candidates: the images that each may mean.
    :raises Refused: if an image is unknown or has no data, or a name is that of several; one error names all of them.
    """
    named: dict[str, Image] = {}
    problems = []
    for reference in references:
        matching = candidates.get(reference, ())
        if not matching:
            problems.append(
                f"There is no image {reference!r} that is public or of this project: check its name, or use its id."
            )
        elif len(matching) > 1:
            ids = ", ".join(sorted(image.id for image in matching))
            problems.append(f"The name {reference!r} is that of {len(matching)} images: use the id of one ({ids}).")
        elif matching[0].status != "active":
            problems.append(f"The image {reference!r} is {matching[0].status} and has no data to cache yet.")
        else:
            named[matching[0].id] = matching[0]
    if problems:
        raise Refused(problems)
    return list(named.values())
