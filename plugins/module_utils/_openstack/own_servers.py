# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Servers of our own project: made, found by their tag, deleted. Every method raises CloudError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import CloudError
from .answers import read_server
from .client import Client
from .server import Server

# A server can be built on a chosen host, which the scheduler checks (Train).
_BUILD = "2.74"
# The last one in which a target may be one that the scheduler refuses.
_UNCHECKED = "2.67"


class OwnServers:
    """The servers of the project that the credentials are for."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def project(self) -> str | None:
        """The id of the project; None where the credentials are for none."""
        return self._client.project()

    def flavors(self) -> dict[str, str]:
        """Return the names of all flavors by their ids."""
        doing, params = "list the flavors", {"is_public": "None"}
        raws = self._client.pages("compute", "/flavors", "flavors", doing=doing, microversion=_BUILD, params=params)
        return {raw.text("id"): raw.text("name") for raw in raws}

    def build(self, server: Mapping[str, Any]) -> None:
        """Ask for a server; that Nova accepts it (202) proves nothing. :param server: as the API takes it."""
        doing = f"build the server {server['name']} on {server['host']}"
        self._client.request(
            "compute", "POST", "/servers", doing=doing, microversion=_BUILD, body={"server": dict(server)}
        )

    def tagged(self, tag: str) -> list[Server]:
        """Return the servers of our own project that have this tag."""
        doing = f"list our own servers with the tag {tag}"
        raws = self._client.pages(
            "compute", "/servers/detail", "servers", doing=doing, microversion=_BUILD, params={"tags": tag}
        )
        servers = [read_server(raw).known_by(self.project) for raw in raws]
        return [server for server in servers if server.canary and tag in server.tags]

    def move_to_closed(self, server: str, host: str) -> None:
        """Ask for a live migration to a host, also to one that is disabled: the scheduler is not asked.

        Never call this for a server that anybody needs: one was seen to end in ERROR.
        """
        arguments = {"host": host, "block_migration": "auto", "force": True}
        self._act(server, {"os-migrateLive": arguments}, f"live-migrate the server {server} to {host}", _UNCHECKED)

    def rebuild(self, server: str, image: str) -> None:
        """Ask its host to build a server anew, from the image that it has; the scheduler is not asked."""
        self._act(server, {"rebuild": {"imageRef": image}}, f"build the server {server} anew", _BUILD)

    def _act(self, server: str, action: Mapping[str, Any], doing: str, microversion: str) -> None:
        path = f"/servers/{server}/action"
        self._client.request("compute", "POST", path, doing=doing, microversion=microversion, body=action)

    def delete(self, server: str) -> None:
        """Ask that a server be deleted; one that is gone is all right."""
        try:
            doing = f"delete the server {server}"
            self._client.request("compute", "DELETE", f"/servers/{server}", doing=doing, microversion=_BUILD)
        except CloudError as error:
            if error.status != 404:
                raise
