# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The network service: its agents, and its networks by id or by name."""

from __future__ import annotations

from typing import Any

from tests.unit.fake.keystone import Keystone
from tests.unit.fake.model import World, identifier
from tests.unit.fake.policies import AGENTS, Policies
from tests.unit.fake.wire import Refusal, Reply, Request, Routes


class Neutron:
    """:ivar agents: as the API shows them."""

    def __init__(self, world: World, keystone: Keystone, policies: Policies) -> None:
        self._world, self._keystone, self._policies = world, keystone, policies
        self.agents: list[dict[str, Any]] = []
        self._routes = Routes()
        self._routes.add("GET", "/v2.0/agents", self._list)
        self._routes.add("GET", "/v2.0/networks", self._networks)

    def agent(self, host: str, binary: str, alive: bool = True, up: bool = True) -> None:
        """Let a host have an agent."""
        number = identifier("agent", f"{host}-{binary}")
        self.agents.append({"id": number, "host": host, "binary": binary, "alive": alive, "admin_state_up": up})

    def answer(self, request: Request) -> Reply:
        if self._keystone.user(request.headers.get("X-Auth-Token")) is None:
            return Reply(401, {"message": "The request you have made requires authentication."})
        try:
            self._policies.check("network", request, request.path)
            return self._routes.dispatch(request)
        except Refusal as refusal:
            error = {"type": "PolicyNotAuthorized", "message": refusal.message, "detail": ""}
            return Reply(refusal.status, {"NeutronError": error})

    def _list(self, request: Request) -> Reply:
        """List agents; to whom has no right to see them, none."""
        if not self._policies.allow(request, AGENTS):
            return Reply(200, {"agents": []})
        wanted = request.query.get("host")
        return Reply(200, {"agents": [agent for agent in self.agents if wanted in (None, agent["host"])]})

    def _networks(self, request: Request) -> Reply:
        networks = [{"id": identifier("network", name), "name": name} for name in self._world.networks]
        wanted = {field: request.query[field] for field in ("id", "name") if field in request.query}
        fitting = [network for network in networks if wanted.items() <= network.items()]
        return Reply(200, {"networks": [{"id": network["id"]} for network in fitting]})
