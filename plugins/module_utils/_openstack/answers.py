# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether Nova answered what it was asked: no filter dropped, no field hidden, no cell silent. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from .._errors import CloudError
from .fields import Fields
from .migration import Migration
from .server import Server

_T = TypeVar("_T")


def newest_offered(ask: Callable[[str], _T], microversions: Sequence[str]) -> tuple[_T, Sequence[str]]:
    """The answer at the newest of these microversions that the cloud offers, and those from that one on.

    Each that it does not offer costs two requests, once.
    """
    while True:
        try:
            return ask(microversions[0]), microversions
        except CloudError as error:
            if error.status != 406 or len(microversions) == 1:
                raise
        microversions = microversions[1:]


def check_filter(policy: str, asked: str | None, answered: Collection[str | None]) -> None:
    """Nova drops a filter without a word for whoever lacks the right to it, and answers of everything.

    :raises CloudError: the answer holds what was not asked for.
    """
    others = sorted(str(value) for value in answered if value != asked)
    if asked is not None and others:
        raise CloudError(
            f"Nova was asked about {asked} alone and answered about {others[0]} too, so it dropped the filter: these "
            f"credentials lack the policy os_compute_api:{policy}.",
            403,
        )


def hidden(server: str) -> CloudError:
    """Make the error for a server that Nova lists, and of which it says that there is none.

    So it does, and hides server groups, for whomever it does not take for an administrator.
    """
    return CloudError(
        f"Nova lists the server {server} and answers that there is none when it is asked for it, so it shows no server "
        "of another project: these credentials lack the policy context_is_admin.",
        403,
    )


def read_server(raw: Fields) -> Server:
    """:raises CloudError: the cell of the server does not answer, or a policy hides where it is."""
    if "OS-EXT-STS:vm_state" not in raw:
        raise CloudError(f"Nova knows nothing of the server {raw.text('id')} now: its cell does not answer.")
    if "OS-EXT-SRV-ATTR:host" not in raw:
        raise CloudError(
            f"Nova does not tell on which host the server {raw.text('id')} is: these credentials lack the policy "
            "os_compute_api:os-extended-server-attributes.",
            403,
        )
    if "extra_specs" not in raw.object("flavor"):
        raise CloudError(
            f"Nova does not tell what the flavor of the server {raw.text('id')} demands: these credentials lack the "
            "policy os_compute_api:servers:show:flavor-extra-specs.",
            403,
        )
    return Server.read(raw)


def read_migration(raw: Fields) -> Migration:
    """:raises CloudError: a policy hides its hosts."""
    if raw.text("source_compute", None) is None:
        raise CloudError(
            f"Nova does not tell from where the migration {raw.number('id')} goes: these credentials lack the policy "
            "os_compute_api:os-migrations:index:host.",
            403,
        )
    return Migration.read(raw)
