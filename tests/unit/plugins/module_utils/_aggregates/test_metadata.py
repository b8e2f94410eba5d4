# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Metadata as Nova stores it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.metadata import metadata_text
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (4, "4"), (1.5, "1.5"), ("x", "x"), ("", ""), (None, None)],
)
def test_metadata_is_text(value: Any, text: str | None) -> None:
    assert metadata_text({"key": value}) == {"key": text}


def test_keys_are_text_too() -> None:
    assert metadata_text({4: "x"}) == {"4": "x"}


def test_all_bad_metadata_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        metadata_text({"list": [1], "dict": {}, "a/b": 1, "long": "x" * 256, "availability_zone": "z", "good": 1})
    assert len(refused.value.problems) == 5
