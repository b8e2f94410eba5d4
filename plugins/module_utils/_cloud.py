# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One cloud with the services this collection speaks to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ansible_collections.stackops.aggregates.plugins.module_utils._client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._clouds import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._nova import Nova

if TYPE_CHECKING:
    from ansible_collections.stackops.aggregates.plugins.module_utils._glance import Glance
    from ansible_collections.stackops.aggregates.plugins.module_utils._placement import Placement

Tell = Callable[[str], None]


def _nobody(_line: str) -> None:
    """The module process cannot show anything while it runs."""


class Cloud:
    """The services share one session and one token; nothing is asked before the first request.

    The services beside Nova are loaded only when they are used, for a module process compiles anew all that it loads.

    :ivar tell: takes one line of progress at a time.
    """

    def __init__(self, client: Client, tell: Tell = _nobody) -> None:
        self._client, self.tell = client, tell
        self.nova = Nova(client)

    @cached_property
    def placement(self) -> Placement:
        from ansible_collections.stackops.aggregates.plugins.module_utils._placement import Placement

        return Placement(self._client)

    @cached_property
    def glance(self) -> Glance:
        from ansible_collections.stackops.aggregates.plugins.module_utils._glance import Glance

        return Glance(self._client)


def connect(options: Mapping[str, Any], tell: Tell = _nobody, before_write: Callable[[], None] | None = None) -> Cloud:
    """:raises CloudConfigError: no usable cloud is named. :raises CloudError: the credentials are incomplete."""
    return Cloud(Client(resolve(options), before_write=before_write), tell)
