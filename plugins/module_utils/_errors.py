# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Every error of this collection. Its message is one sentence for the operator: what is wrong and what to do. Pure.

* Exception
    * Refused               what is asked for cannot be; nothing was touched
        * CloudConfigError  the configuration names no usable cloud
        * MarkError         a mark of a maintenance that cannot be written
    * CloudError            the cloud refused a request or did not answer
    * Interrupted           the work stopped half-way; what was done is in the result
    * UnusableAnswer        an answer that may not be used, whoever sent it
    * UnreadableOutput      a tool of a host printed what it never should
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._text import without_credentials


class Refused(Exception):
    """What is asked for cannot be, and nothing was touched.

    :param problems: one sentence for each; all of them make the message.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__(" ".join(self.problems))


class CloudConfigError(Refused):
    """The configuration names no usable cloud."""


class MarkError(Refused):
    """A mark of a maintenance cannot be written."""


class CloudError(Exception):
    """The cloud refused a request or did not answer.

    Its message may be a reason in a result, so it is freed here of the credentials in a URL that it quotes.

    :param status: the HTTP status; None when there was no answer.
    :param request_id: OpenStack's own id of the request, by which its logs can be searched.
    """

    def __init__(self, message: str, status: int | None = None, request_id: str | None = None) -> None:
        super().__init__(without_credentials(message))
        self.status = status
        self.request_id = request_id

    @property
    def passing(self) -> bool:
        """Whether it is of the kind that passes: no answer, too many requests, a fault of a service or a proxy."""
        return self.status is None or self.status == 429 or self.status >= 500


class Interrupted(Exception):
    """The work stopped half-way.

    :param facts: what goes into the task's result beside the message, such as what was done and what is left.
    """

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts


class UnusableAnswer(Exception):
    """An answer that may not be used: too large, compressed, or a redirect to another server.

    The client makes a CloudError of it; its text completes "Could not ...: ".

    :param status: the HTTP status; 200 where the answer was not read to the end.
    """

    def __init__(self, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.status = status


class UnreadableOutput(Exception):
    """A tool of a host printed what it never should."""
