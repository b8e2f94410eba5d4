# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Write what is made from the table: `make accounts`. Nova's own rules are asked for again where it is installed."""

from __future__ import annotations

from tests.accounts.made import FOLDER, NOVA, made, record
from tests.tools.layout import ROOT

if NOVA.exists():
    record()
FOLDER.mkdir(parents=True, exist_ok=True)
for path, text in made().items():
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path.relative_to(ROOT)}")
