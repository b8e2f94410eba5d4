# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a response of HTTP holds: its JSON, the service's own message, the service's clock. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


def own_message(answer: requests.Response) -> str | None:
    """Return the service's own message; the services have several shapes for it."""
    body = json_object(answer) or {}
    listed = body.get("errors")
    parts = [*body.values(), *(listed if isinstance(listed, list) else ())]
    texts = (part.get(key) for part in parts if isinstance(part, Mapping) for key in ("message", "detail", "title"))
    text = next((text for text in texts if text and isinstance(text, str)), None)
    return " ".join(text.split()).rstrip(".") if text else None


def json_object(answer: requests.Response) -> dict[str, Any] | None:
    """Return the JSON object in an answer; None where there is none, as in the page of a proxy."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def date(answer: requests.Response) -> str | None:
    """Return the service's own time, ISO 8601 in UTC; None where a proxy or uWSGI sends none."""
    try:
        return parsedate_to_datetime(answer.headers.get("Date") or "").strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError):
        return None
