# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Entry of `python3 tests/cloud COMMAND`; the commands are in embedded/commandline.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])  # the import root of all tests

from tests.cloud.embedded.commandline import main

sys.exit(main())
