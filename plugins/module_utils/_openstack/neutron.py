# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Neutron's API as far as this collection needs it. Methods raise CloudError."""

from __future__ import annotations

import re

from .client import Client
from .network_agent import NetworkAgent

# The end of a catalog's URL that names the version already; most do not.
_VERSION = re.compile(r"/v2\.0/?$")


class Neutron:
    """The network API of one cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def agents(self, host: str | None = None) -> list[NetworkAgent]:
        """Return the agents of a host; of all hosts without one."""
        path = "/agents" if _VERSION.search(self._client.endpoint("network")) else "/v2.0/agents"
        params = {} if host is None else {"host": host}
        raws = self._client.pages("network", path, "agents", doing="list the network agents", params=params)
        return [NetworkAgent.read(raw) for raw in raws]
