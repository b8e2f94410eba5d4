# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Look up what the operator named for a canary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openstack.cloud import Cloud
from .template import NO_NETWORK, Found, Template, template


def look_up(cloud: Cloud, canary: Mapping[str, Any]) -> Template:
    """Return what a canary is made of.

    :raises Refused: if image, flavor or network is missing.
    :raises CloudError: if a service does not answer.
    """
    image, network = canary["image"], canary["network"]
    return template(
        canary,
        Found(
            images=cloud.glance.candidates([image]).get(image, []),
            flavors=cloud.own_servers.flavors(),
            networks=() if network in NO_NETWORK else cloud.neutron.networks(network),
            project=cloud.own_servers.project,
        ),
    )
