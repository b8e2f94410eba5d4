# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Do what other people do with Nova: ``nova.py METHOD PATH [JSON]``, as the administrator. Prints the answer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.cloud.embedded.rest import Session


def main(method: str, path: str, body: str = "null") -> None:
    session = Session.open(Path(os.environ["OS_CLIENT_CONFIG_FILE"]))
    print(json.dumps(session.compute(method, path, json.loads(body))))


if __name__ == "__main__":
    main(*sys.argv[1:])
