# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Every file stands under its licence and knows nothing of the machine it was written on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from collection.repository import ROOT, files

# Home folders, and the folder that this very checkout lies in. "[/]" keeps this line from matching itself.
MACHINE = re.compile(r"(?<![\w.}])(?:[/]root/|[/]home/\w|[/]Users/\w|[/]work/)|" + re.escape(str(ROOT)) + r"\b")


def test_no_file_names_a_path_of_one_machine() -> None:
    paths = []
    for path in files():
        text = (ROOT / path).read_text(errors="replace")
        paths += [f"{path}: {match.group()}" for match in MACHINE.finditer(text)]
    assert paths == []


@pytest.mark.parametrize("path", [path for path in files() if path.suffix == ".py"], ids=str)
def test_python_file_names_its_licence(path: Path) -> None:
    licence = "BSD-2-Clause" if path.parts[:2] == ("plugins", "module_utils") else "GPL-3.0-or-later"
    head = (ROOT / path).read_text().splitlines()[:8]
    assert f"# SPDX-License-Identifier: {licence}" in head
    assert any(line.startswith("# Copyright: (c) 2026, stackops.aggregates contributors") for line in head)
