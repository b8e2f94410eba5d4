# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Hide secrets in what is shown and returned. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._text import printable, without_credentials

# As Ansible itself writes them: what stands in the place of a secret, and of a text that is one.
MASK, MASKED = "*" * 8, "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class Mask:
    """Hides some secrets wherever they stand by themselves.

    As a part of a longer word they stay: a password such as ``cmp`` would make ``cmp01`` another host. A break that was
    written as an escape, as in ``\\nsecret``, begins no word.

    :param secrets: the texts to hide.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(filter(None, secrets))
        alternatives = "|".join(map(_alone, sorted(self._secrets, key=len, reverse=True)))
        self._pattern = re.compile(alternatives) if alternatives else None

    def text(self, text: str) -> str:
        """Return a text without these secrets."""
        if text in self._secrets:
            return MASKED
        return self._pattern.sub(MASK, text) if self._pattern else text

    def sentence(self, text: str) -> str:
        """Return a text as it may be shown: printable, without these secrets and without those in a URL."""
        return printable(self.text(without_credentials(text)))

    def data(self, value: Any) -> Any:
        """Return plain data with these secrets hidden in every text, also in keys."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and str(value) in self._secrets:
            return MASKED
        if isinstance(value, Mapping):
            return {self.data(key): self.data(item) for key, item in value.items()}
        return [self.data(item) for item in value] if isinstance(value, list | tuple) else value


def _alone(secret: str) -> str:
    """The pattern of a secret that no letter, digit, ``-`` or inner ``.`` makes a part of a longer word."""
    before = r"(?:(?<![\w-])(?<!\w\.)|(?<=\\[abfnrtv]))" if re.match(r"\w", secret) else ""
    after = r"(?![\w-]|\.\w)" if re.search(r"\w\Z", secret) else ""
    return before + re.escape(secret) + after
