#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_aggregate_image_cache
short_description: Have the hosts of a Nova host aggregate cache images
description:
  - Asks Nova to fetch images to the compute hosts of an aggregate before servers need them.
  - Nova accepts this and fetches in the background. It has no request that tells what a host has cached, so every run
    asks again and reports a change. What a host has already, Nova does not fetch again.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - Nova does not tell what is cached.
  idempotent:
    support: none
    details:
      - Nova does not tell what is cached, so every run asks for it.
options:
  aggregate:
    description:
      - Name, uuid or integer id of the aggregate. A name goes before an id.
    type: str
    required: true
  images:
    description:
      - Names or ids of the images. An id goes before a name. All are looked up before anything is asked for.
      - A name is looked for among the public images and those of the project that the credentials are for, because
        every tenant can give an image any name and share it. One of another project is meant by its id.
    type: list
    elements: str
    required: true
requirements:
  - Compute API 2.81 (Ussuri) or newer
seealso:
  - module: stackops.aggregates.os_aggregate
"""

EXAMPLES = r"""
- name: Have the image of tomorrow's servers ready
  stackops.aggregates.os_aggregate_image_cache:
    cloud: production
    aggregate: nvme
    images: [debian-13]
"""

RETURN = r"""
images:
  description: The images that the hosts of the aggregate were asked to cache.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the image.
      type: str
      sample: 9c0f2d0e-7a3b-4b57-9d2e-1f0a2b3c4d5e
    name:
      description: Name of the image.
      type: str
      sample: debian-13
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._aggregates.images import named_images
from ..module_utils._aggregates.lookup import existing_aggregate
from ..module_utils._ansible.module import run
from ..module_utils._openstack.aggregate import Aggregate
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._openstack.image import Image

SPEC = {
    "aggregate": {"type": "str", "required": True},
    "images": {"type": "list", "elements": "str", "required": True},
}
CONSTRAINTS: dict[str, Any] = {}


class CacheImages:
    """The work: to ask Nova, which always counts as a change, for Nova does not say what is cached."""

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, cloud: Cloud, aggregate: Aggregate, images: list[Image]) -> None:
        self._cloud, self._aggregate, self._images = cloud, aggregate, images
        self.changed = bool(images)
        self.warnings = [] if aggregate.hosts else [f"The aggregate {aggregate.name!r} has no host to cache images on."]

    def predict(self) -> dict[str, Any]:
        return {"images": [{"id": image.id, "name": image.name} for image in self._images]}

    def apply(self) -> dict[str, Any]:
        self._cloud.nova.cache_images(self._aggregate, [image.id for image in self._images])
        return self.predict()


def make(cloud: Cloud, params: Mapping[str, Any]) -> CacheImages:
    aggregate = existing_aggregate(cloud.nova.aggregates(), params["aggregate"])
    images = named_images(params["images"], cloud.glance.candidates(params["images"]))
    return CacheImages(cloud, aggregate, images)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
