# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a canary is made of, as the operator named it, and what is wrong with that. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._errors import Refused
from .._openstack.image import Image

# What Nova itself takes in the place of networks.
NO_NETWORK = ("none", "auto")
_OPTION = "rolling_upgrade_canary"
# The option as modules take it.
SPEC: Mapping[str, Any] = {
    "type": "dict",
    "options": {
        **{what: {"type": "str", "required": True} for what in ("image", "flavor", "network")},
        "timeout": {"type": "int", "default": 300},
    },
}


@dataclass(frozen=True, slots=True)
class Template:
    """What a throw-away server is made of.

    :ivar networks: as the API takes them.
    """

    image: str
    flavor: str
    networks: str | Sequence[Mapping[str, str]]

    def server(self, name: str, host: str, tag: str) -> dict[str, Any]:
        """Return the server that is to be built on a host, as the API takes it."""
        return {
            "name": name,
            "description": f"Throw-away server of a rolling upgrade of {host}, which deletes it.",
            "imageRef": self.image,
            "flavorRef": self.flavor,
            "networks": self.networks,
            "host": host,
            "tags": [tag],
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What the cloud has of what the operator named.

    :ivar images: those that the name may mean. :ivar flavors: the names of all, by id.
    :ivar networks: ids of those that the name may mean. :ivar project: that of the credentials.
    """

    images: Sequence[Image]
    flavors: Mapping[str, str]
    networks: Sequence[str]
    project: str | None


def template(canary: Mapping[str, Any], found: Found) -> Template:
    """Return what a canary is made of.

    :param canary: the option, with ``image``, ``flavor`` and ``network``.
    :raises Refused: if one of them is missing; all that is wrong is named.
    """
    network = canary["network"]
    flavors = [key for key, name in found.flavors.items() if canary["flavor"] in (key, name)]
    problems = [
        *_problem("image", canary["image"], [image.id for image in found.images]),
        *(
            f"The image {canary['image']!r} of {_OPTION} is {image.status}: name one that is active."
            for image in found.images[:1]
            if image.status != "active"
        ),
        *_problem("flavor", canary["flavor"], flavors),
        *(() if network in NO_NETWORK else _problem("network", network, found.networks)),
    ]
    if not found.project:
        problems.append(f"{_OPTION} needs credentials that are for a project, in which the canary is built.")
    if problems:
        raise Refused(problems)
    networks = network if network in NO_NETWORK else [{"uuid": found.networks[0]}]
    return Template(found.images[0].id, flavors[0], networks)


def _problem(what: str, reference: str, ids: Sequence[str]) -> list[str]:
    if not ids:
        return [f"There is no {what} {reference!r} for {_OPTION} that this account may use: check its name or id."]
    if len(ids) > 1:
        return [f"The name {reference!r} in {_OPTION} is that of {len(ids)} {what}s: use the id of one."]
    return []
