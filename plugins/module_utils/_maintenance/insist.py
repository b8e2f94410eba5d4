# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Change a compute service while the cloud may lose an answer and others may change it too."""

from __future__ import annotations

from collections.abc import Callable

from .._errors import CloudError
from .._migration.pace import Pace
from .._openstack.cloud import Cloud
from .._openstack.service import Service
from .ownership import changed_hands


def insist(cloud: Cloud, pace: Pace, before: Service, write: Callable[[], None]) -> Service | None:
    """Change a compute service; when the answer is lost, look before the next try, and leave what others did.

    :param before: as it was read right before. :param write: the request.
    :returns: the service as it was read after a lost answer, and no more as it was before; None if there was an answer.
    """
    while True:
        try:
            write()
            return None
        except CloudError as error:
            if not error.passing or pace.over:
                raise
        pace.wait()
        service = pace.outlast(cloud.nova.service, before.host)
        if changed_hands(before, service):
            return service
