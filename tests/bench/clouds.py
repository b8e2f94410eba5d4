# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The fake cloud on a port of this machine, in a process of its own, so that no measured process does its work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import Any, Protocol

import yaml

from tests.unit.fake.clock import STEP
from tests.unit.fake.loopback import served
from tests.unit.fake.moves import Behaviour
from tests.unit.fake.wire import Request

Declaration = Mapping[str, Any]


def declarations(count: int, hosts: Sequence[str], members: int = 10, keys: int = 5) -> list[dict[str, Any]]:
    """That many aggregates, as options of os_aggregate: each with so many of the hosts, in turn, and keys."""
    return [
        {
            "name": f"aggregate{number:03}",
            "hosts": sorted(hosts[(number * members + place) % len(hosts)] for place in range(members)),
            "metadata": {f"key{place}": f"value{place}-of-{number}" for place in range(keys)},
        }
        for number in range(count)
    ]


class Site(Protocol):
    """What the benchmark can do with a cloud in another process."""

    def auth(self) -> dict[str, str]: ...

    def declare(self, wanted: Sequence[Declaration]) -> None: ...

    def boot_each(self, servers: int) -> None: ...

    def clear(self) -> None: ...

    def aggregates(self) -> list[dict[str, Any]]: ...

    def asked(self) -> dict[str, int]: ...


class _Served:
    """The cloud as it is in its own process."""

    def __init__(self, hosts: Sequence[str], delay: float) -> None:
        self._stack = contextlib.ExitStack()
        self._cloud = self._stack.enter_context(served(*hosts, delay=delay))

    def auth(self) -> dict[str, str]:
        return self._cloud.auth()

    def declare(self, wanted: Sequence[Declaration]) -> None:
        for aggregate in wanted:
            self._cloud.aggregate(aggregate["name"], *aggregate["hosts"], **aggregate["metadata"])

    def boot_each(self, servers: int) -> None:
        """Boot servers on each host, whose moves are over when the next request comes; a moment passes with each."""
        cloud = self._cloud
        for host in cloud.world.hosts:
            for number in range(servers):
                cloud.boot(f"{host}-{number}", host)
        cloud.moves.behave("*", Behaviour(seconds=0))

        def finish_moves(_request: Request) -> None:
            with cloud._lock:
                cloud.clock.sleep(STEP)
                while cloud.moves.under_way:
                    cloud.clock.sleep(STEP)

        cloud.watchers.append(finish_moves)

    def clear(self) -> None:
        """Remove all aggregates."""
        self._cloud.world.aggregates.clear()

    def aggregates(self) -> list[dict[str, Any]]:
        """The aggregates of the cloud, sorted by name, as they would be declared."""
        declared = [
            {"name": aggregate.name, "hosts": sorted(aggregate.hosts), "metadata": dict(aggregate.metadata)}
            for aggregate in self._cloud.world.aggregates.values()
        ]
        return sorted(declared, key=lambda aggregate: aggregate["name"])

    def asked(self) -> dict[str, int]:
        """How many requests came since this was last asked, by service, and how many of them were writes."""
        requests = list(self._cloud.requests)
        self._cloud.forget_requests()
        counts = {"writes": sum(request.writes for request in requests)}
        for service in ("identity", "compute", "placement"):
            counts[service] = sum(request.service == service for request in requests)
        return counts


class _Manager(BaseManager):
    pass


_Manager.register("Served", _Served)


@contextlib.contextmanager
def cloud(folder: Path, hosts: Sequence[str], delay: float = 0.0) -> Iterator[Site]:
    """A cloud with these hosts until the block ends. ``clouds.yaml`` in the folder names it.

    In that file ``bench`` is the cloud's name, and in ``cached.yaml`` too, where the token is kept.

    :param delay: seconds before each answer.
    """
    with _Manager() as manager:
        site: Site = manager.Served(list(hosts), delay)  # type: ignore[attr-defined]
        known = {"clouds": {"bench": {"auth": site.auth(), "region_name": "RegionOne"}}}
        (folder / "clouds.yaml").write_text(yaml.safe_dump(known))
        (folder / "cached.yaml").write_text(yaml.safe_dump({"cache": {"auth": True}, **known}))
        yield site
