# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Neutron's API as far as this collection needs it. Methods raise CloudError."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._errors import CloudError
from .client import Client
from .fields import Fields
from .network_agent import NetworkAgent

# The end of a catalog's URL that names the version already; most do not.
_VERSION = re.compile(r"/v2\.0/?$")


class Neutron:
    """The network API of one cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def agents(self, host: str | None = None) -> list[NetworkAgent]:
        """Return the agents of a host; of all hosts without one.

        :raises CloudError: also where there is none and the account may lack rights, for Neutron then lists none.
        """
        params = {} if host is None else {"host": host}
        raws = self._list("agents", "list the network agents", params)
        if not raws and self._client.is_restricted():
            where = f" of {host}" if host else ""
            raise CloudError(
                f"Neutron lists no agent{where}: there is none, or these credentials lack the policy get_agent.",
                403,
            )
        return [NetworkAgent.read(raw) for raw in raws]

    def networks(self, reference: str) -> list[str]:
        """Return the ids of the networks with this id or this name that are ours to use."""
        doing = f"look up the network {reference}"
        queries = [{key: reference, "fields": "id"} for key in ("id", "name")]
        return sorted({raw.text("id") for query in queries for raw in self._list("networks", doing, query)})

    def _list(self, what: str, doing: str, params: Mapping[str, str]) -> list[Fields]:
        path = f"/{what}" if _VERSION.search(self._client.endpoint("network")) else f"/v2.0/{what}"
        return self._client.pages("network", path, what, doing=doing, params=params)
