# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The metadata of aggregates as Nova stores it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._errors import Refused

_KEY = re.compile(r"[a-zA-Z0-9-_:. ]{1,255}")


def metadata_text(metadata: Mapping[Any, Any]) -> dict[str, str | None]:
    """Return metadata as Nova stores it: ``true`` and ``false``, numbers as YAML writes them, None to remove a key.

    :raises Refused: if Nova does not accept a key or a value; the error names each of them.
    """
    text: dict[str, str | None] = {}
    problems = []
    for key, value in metadata.items():
        if key == "availability_zone":
            problems.append("The key 'availability_zone' belongs to the option of that name, not into metadata.")
        elif not _KEY.fullmatch(str(key)):
            problems.append(f"The metadata key {key!r} must be 1 to 255 letters, digits, spaces or any of '-_:.'.")
        elif isinstance(value, dict | list | tuple):
            kind = "dictionary" if isinstance(value, dict) else "list"
            problems.append(f"The metadata value of {key!r} is a {kind}: Nova stores text, so write it as one string.")
        else:
            text[str(key)] = _text(value)
            if len(text[str(key)] or "") > 255:
                problems.append(f"The metadata value of {key!r} is longer than the 255 characters that Nova stores.")
    if problems:
        raise Refused(problems)
    return text


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
