# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A cloud in which every text that a tenant or another administrator can choose is an attack on a terminal.

Whatever a service answers gets it at the end of each of its texts, but for those that have a form: ids, times, states,
addresses, versions. What the services are asked is freed of it again, so they know what is meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.wire import Answer, Reply, Request

EVIL = "{{ lookup('pipe', 'touch evil') }}"
# Clear the screen and set its title; turns of direction; characters of no width; C1 controls; a line that looks like
# Ansible's own; half a surrogate pair; a tag that nobody sees; a template; and more than anybody wants to read.
CONTROLS = (
    "\x1b[2J\x1b]0;owned\x07\u202egpj\u2066\u200b\u200d\ufeff\x9b31m\x90\x7f\r\nfatal: [cmp01]\u2028\ud800\U000e0041"
)
LONG = "A" * 10_000
ATTACK = f"{CONTROLS}{EVIL}{LONG}"
HEADER = "\x1b[2J\x9b31m\x7f" + LONG  # what fits into a header
# Texts that have a form: ids, times, versions, addresses, URLs, the marks that this collection writes itself; and none.
_FORMED = re.compile(r"[0-9a-f-]{32,36}|[\d.:TZ+-]*|https?://.*|stackops:.*|(id-of|project-of)-.*", re.DOTALL)
# What is below these keys has a form.
_KEPT = frozenset(
    {
        "OS-EXT-STS:task_state",
        "OS-EXT-STS:vm_state",
        "action",
        "binary",
        "href",
        "links",
        "members",
        "migration_type",
        "policies",
        "policy",
        "rel",
        "state",
        "status",
        "traits",
        "type",
    }
)
_HOSTS = frozenset(
    {
        "OS-EXT-SRV-ATTR:host",
        "dest_compute",
        "dest_node",
        "host",
        "hosts",
        "hypervisor_hostname",
        "source_compute",
        "source_node",
    }
)


def make_hostile(cloud: FakeCloud, attack: str = ATTACK, hosts: bool = False) -> None:
    """Let the cloud attack whoever shows its texts.

    :param hosts: also the names of hosts, which no tenant can choose.
    """
    around = cloud.faults.around

    def answer_with_attacks(request: Request, answer: Answer) -> Reply:
        reply = around(_freed(request, attack), answer)
        if request.service == "identity" and reply.status < 400:
            return reply
        kept = _KEPT if hosts else _KEPT | _HOSTS
        if request.service == "placement" and not hosts:
            kept |= {"name"}  # of the provider of a host
        headers = {**reply.headers, **({"x-openstack-request-id": HEADER} if reply.status >= 400 else {})}
        return Reply(reply.status, _attacking(reply.body, attack, kept), headers)

    # A fault planted in the fake: its method is replaced, of this cloud alone.
    cloud.faults.around = answer_with_attacks  # type: ignore[method-assign]


def _attacking(value: Any, attack: str, kept: frozenset[str]) -> Any:
    if isinstance(value, str):
        return value if _FORMED.fullmatch(value) else value + attack
    if isinstance(value, list):
        return [_attacking(item, attack, kept) for item in value]
    if isinstance(value, Mapping):
        return {key: item if key in kept else _attacking(item, attack, kept) for key, item in value.items()}
    return value


def _freed(request: Request, attack: str) -> Request:
    def free(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(attack, "")
        if isinstance(value, list):
            return [free(item) for item in value]
        return {free(key): free(item) for key, item in value.items()} if isinstance(value, Mapping) else value

    return replace(request, query=free(request.query), body=free(request.body))


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Each text in a result, with the key below which it is."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield "", name
            yield from texts(item, "metadata" if key == "metadata" else name)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, key)


def unprintable(text: str, allowed: str = "") -> set[str]:
    """Return the characters that a terminal obeys or hides, by their categories in Unicode."""
    return {
        c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and c not in allowed
    }
