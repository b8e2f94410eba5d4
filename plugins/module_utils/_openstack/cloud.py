# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One cloud with its services, and several requests to it at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from .glance import Glance
    from .neutron import Neutron
    from .own_servers import OwnServers
    from .placement import Placement


from .._errors import CloudError
from .chosen_cloud import resolve
from .client import Client
from .nova import Nova

ShowProgress = Callable[[str], None]
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Ask(Protocol):
    """Call a function that sends requests, without waiting for its result."""

    def __call__(self, request: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]: ...


def _show_nothing(_line: str) -> None:
    """Show nothing, for Ansible shows nothing of a module process before it ends."""


class Cloud:
    """One cloud. Its services share one session and one token, which is fetched with the first request.

    All but Nova are loaded only when they are used, for a module process compiles anew all that it loads.

    :ivar show_progress: shows one line of progress.
    :param at_once: how many requests may be under way at the same time.
    """

    def __init__(self, client: Client, show_progress: ShowProgress = _show_nothing, at_once: int = 8) -> None:
        self._client, self.show_progress, self._at_once = client, show_progress, at_once
        self.nova = Nova(client)

    @property
    def wrote(self) -> bool:
        """Whether anything was changed, or may have been."""
        return self._client.wrote

    @property
    def credentials(self) -> Mapping[str, Any]:
        """What the authentication plugin is given; there are secrets in it."""
        return self._client.credentials

    def user_name(self) -> str | None:
        """The name of the user as whom we ask, if the authentication tells it."""
        return self._client.user_name()

    @property
    def is_restricted(self) -> bool:
        """Whether the account may lack rights."""
        return self._client.is_restricted()

    @cached_property
    def placement(self) -> Placement:
        from .placement import Placement

        return Placement(self._client)

    @cached_property
    def glance(self) -> Glance:
        from .glance import Glance

        return Glance(self._client)

    @cached_property
    def neutron(self) -> Neutron:
        from .neutron import Neutron

        return Neutron(self._client)

    @cached_property
    def own_servers(self) -> OwnServers:
        from .own_servers import OwnServers

        return OwnServers(self._client)

    @property
    def warnings(self) -> list[str]:
        """What the user has to know of the connection, and of services that were not needed and did not answer."""
        glance = self.__dict__.get("glance")  # never made if nobody asked it
        return [*self._client.warnings, *([glance.warning] if glance and glance.warning else [])]

    @contextlib.contextmanager
    def side_by_side(self) -> Iterator[Ask]:
        """Have several requests under way at once; all are answered when the ``with`` block is left.

        The error of a request is raised where its result is taken.
        """
        if self._at_once == 1:
            yield _now
        else:
            with ThreadPoolExecutor(self._at_once) as pool:
                yield pool.submit


def _now(request: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
    """Send the request at once and wait for the answer."""
    answer: Future[_T] = Future()
    try:
        answer.set_result(request(*args, **kwargs))
    except CloudError as error:
        answer.set_exception(error)
    return answer


def connect(
    options: Mapping[str, Any],
    show_progress: ShowProgress = _show_nothing,
    before_write: Callable[[], None] | None = None,
) -> Cloud:
    """Make the cloud that the options name; nothing is sent to it yet.

    :raises CloudConfigError: if no usable cloud is named.
    :raises CloudError: if the credentials are incomplete.
    """
    return Cloud(Client(resolve(options), before_write=before_write), show_progress)
