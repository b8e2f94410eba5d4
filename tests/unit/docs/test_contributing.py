# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""CONTRIBUTING.md shows a test that passes, and the packages as they are."""

from __future__ import annotations

import re
from typing import Any

from collection.repository import ROOT
from collection.test_imports import EVERYBODY, FOLDERS, USES

PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def test_the_example_is_a_test_that_passes() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "CONTRIBUTING.md", "exec"), names)
    (test,) = [function for name, function in names.items() if name.startswith("test_")]
    test()


def test_the_map_is_that_of_the_imports() -> None:
    rows = re.findall(r"^\| `([\w/]+)` \| .* \| (.*)\|$", PAGE, re.MULTILINE)
    packages = {
        name: set(re.findall(r"`(\w+)`", uses)) for name, uses in rows if not re.match("tests|extensions", name)
    }
    folders = {f"plugins/{folder}": uses for folder, (uses, _outside) in FOLDERS.items() if folder != "modules"}
    expected = {name: set(uses.split()) for name, uses in (USES | folders).items() if name not in EVERYBODY}
    assert packages == expected | {"plugins/modules": set()}
