# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One cloud with the services this collection speaks to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._clouds import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._glance import Glance
from ansible_collections.stackops.aggregates.plugins.module_utils._nova import Nova
from ansible_collections.stackops.aggregates.plugins.module_utils._placement import Placement

Tell = Callable[[str], None]


def _nobody(_line: str) -> None:
    """The module process cannot show anything while it runs."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """The services share one session and one token; nothing is asked before the first request.

    ``tell`` takes one line of progress at a time.
    """

    nova: Nova
    placement: Placement
    glance: Glance
    tell: Tell = _nobody

    @classmethod
    def over(cls, client: Client, tell: Tell = _nobody) -> Cloud:
        return cls(Nova(client), Placement(client), Glance(client), tell)


def connect(options: Mapping[str, Any], tell: Tell = _nobody, before_write: Callable[[], None] | None = None) -> Cloud:
    """:raises CloudConfigError: no usable cloud is named. :raises CloudError: the credentials are incomplete."""
    return Cloud.over(Client(resolve(options), before_write=before_write), tell)
