# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Do what other people do with a cloud: ``nova.py METHOD PATH [JSON [SERVICE]]``, as the administrator.

Prints the answer. The service is ``compute``, or another that ``Session`` has a method for.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.cloud.embedded.rest import Session


def main(method: str, path: str, body: str = "null", service: str = "compute") -> None:
    session = Session.open(Path(os.environ["OS_CLIENT_CONFIG_FILE"]))
    print(json.dumps(getattr(session, service)(method, path, json.loads(body))))


if __name__ == "__main__":
    main(*sys.argv[1:])
