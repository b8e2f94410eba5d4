# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Ask, at the first look, what a maintenance will ask for later: whether an account has the rights to all of it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from .._errors import CloudError
from .._openstack.cloud import Cloud


def rehearse(cloud: Cloud, provider: str, server: str | None) -> None:
    """Ask once for all that a maintenance may look at, where the account is a restricted one.

    What it may change cannot be tried, and what does not answer now is asked for again when it is needed.

    :param provider: the uuid of the host's resource provider.
    :param server: the uuid of a server that is to move, if there is one.
    :raises CloudError: the account has no right to one of them.
    """
    if not cloud.is_restricted:
        return
    with cloud.side_by_side() as ask:
        answers: list[Future[Any]] = [ask(cloud.nova.groups)]
        answers += [ask(look, provider) for look in (cloud.placement.offers, cloud.placement.traits_of)]
        if server:
            looks = (cloud.nova.server, cloud.nova.live_migrations, cloud.nova.actions)
            answers += [ask(look, server) for look in looks]
    for answer in answers:
        try:
            answer.result()
        except CloudError as error:
            if error.status in (401, 403):
                raise
