# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The JSON of an answer, read field by field: one that is not as OpenStack has it is named in one sentence. Pure.

A service that is broken, a proxy or somebody in between can answer anything, and all of it is JSON. Whoever reads a
field says of which type it has to be, so nothing else goes on from here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar, overload

from .._errors import CloudError

_D = TypeVar("_D")
_REQUIRED: Any = object()
# As OpenStack writes times in UTC, with and without fractions of a second.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z?")
_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


class Fields:
    """A JSON object. Each method returns one of its fields, of the type that its name says.

    Where a default is given, it stands for a field that is missing or null.

    :raises CloudError: by each method, if the field is of another type, or is missing or null without a default.
    :param source: completes "Could not ...", such as ``list the servers: in the answer of compute to GET /servers``.
    :param status: the HTTP status of the answer.
    :param at: where the object stands in the answer, such as ``servers[3].``; empty for the answer itself.
    """

    __slots__ = ("_at", "_source", "_status", "_values")

    def __init__(self, values: Mapping[str, Any], source: str, status: int | None = None, at: str = "") -> None:
        self._values, self._source, self._status, self._at = values, source, status, at

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the fields."""
        return iter(self._values)

    @overload
    def text(self, key: str) -> str: ...

    @overload
    def text(self, key: str, default: _D) -> str | _D: ...

    def text(self, key: str, default: Any = _REQUIRED) -> Any:
        return self._typed(key, str, default)

    @overload
    def moment(self, key: str) -> str: ...

    @overload
    def moment(self, key: str, default: _D) -> str | _D: ...

    def moment(self, key: str, default: Any = _REQUIRED) -> Any:
        """A time in UTC, ISO 8601, as it was written."""
        value = self._typed(key, str, default)
        if isinstance(value, str) and not _is_time(value):
            raise self._wrong(key, "is no time")
        return value

    @overload
    def number(self, key: str) -> int: ...

    @overload
    def number(self, key: str, default: _D) -> int | _D: ...

    def number(self, key: str, default: Any = _REQUIRED) -> Any:
        return self._typed(key, int, default)

    def ratio(self, key: str) -> float:
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._not(key, value, "a number")
        return value

    def flag(self, key: str) -> bool:
        """False where it is missing or null."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, bool):
            raise self._not(key, value, "true or false")
        return bool(value)

    def word(self, key: str) -> str:
        """A value that others chose, who may have written a number for a text; empty for null."""
        value = self._values.get(key)
        if isinstance(value, list | dict):
            raise self._not(key, value, "text")
        return "" if value is None else str(value)

    def words(self) -> dict[str, str]:
        """All fields, each as ``word``."""
        return {key: self.word(key) for key in self._values}

    def object(self, key: str, default: Mapping[str, Any] = _REQUIRED) -> Fields:
        return Fields(self._typed(key, dict, default), self._source, self._status, f"{self._at}{key}.")

    def object_or_blank(self, key: str) -> Fields | None:
        """None for an empty text, which Nova writes where there is nothing."""
        return None if self._values.get(key) == "" else self.object(key)

    def objects(self, key: str, default: tuple[()] = _REQUIRED) -> list[Fields]:
        return [
            Fields(value, self._source, self._status, f"{self._at}{key}[{index}].")
            for index, value in self._items(key, dict, default)
        ]

    def texts(self, key: str, default: tuple[()] = _REQUIRED) -> list[str]:
        return [value for _index, value in self._items(key, str, default)]

    def _items(self, key: str, kind: type, default: Any) -> Iterator[tuple[int, Any]]:
        for index, value in enumerate(self._typed(key, list, default)):
            if not _is(value, kind):
                raise self._not(f"{key}[{index}]", value, _KINDS[kind])
            yield index, value

    def _typed(self, key: str, kind: type, default: Any) -> Any:
        value = self._values.get(key)
        if _is(value, kind):
            return value
        if value is None and default is not _REQUIRED:
            return default
        raise self._not(key, value, _KINDS[kind])

    def _not(self, key: str, value: Any, wanted: str) -> CloudError:
        if "[" not in key and key not in self._values:
            return self._wrong(key, "is missing")
        return self._wrong(key, f"is {_KINDS.get(type(value), 'something else')} where {wanted} belongs")

    def _wrong(self, key: str, what: str) -> CloudError:
        return CloudError(
            f"Could not {self._source} {self._at}{key} {what}: check the endpoint in the catalog and proxies in "
            "between.",
            self._status,
        )


def _is(value: object, kind: type) -> bool:
    """Whether a value is of a type; for JSON, unlike for Python, true is no number."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _is_time(value: str) -> bool:
    try:
        return bool(_TIME.fullmatch(value)) and bool(datetime.fromisoformat(value[:19]))
    except ValueError:  # such as the 31st of February
        return False
