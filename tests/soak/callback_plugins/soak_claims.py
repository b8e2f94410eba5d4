# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Looks at the hypervisor of a host at the moment in which a drain says that it is empty."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ansible.plugins.callback import CallbackBase

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))  # the import root of all tests

from tests.cloud.embedded.hypervisors import Hypervisors

if TYPE_CHECKING:
    from ansible.executor.task_result import CallbackTaskResult

DOCUMENTATION = r"""
name: soak_claims
type: aggregate
short_description: Notes what is on a host when it is called empty
description:
  - Appends a line of JSON to the file in E(SOAK_CLAIMS) for each M(stackops.aggregates.os_host_maintenance) that
    drained a host well, with the guests that the hypervisor in E(SOAK_STORE) has there at that moment.
author: stackops.aggregates contributors
"""
MODULE = "stackops.aggregates.os_host_maintenance"


class CallbackModule(CallbackBase):
    """Notes each claim of a drain."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "soak_claims"

    def v2_runner_item_on_ok(self, result: CallbackTaskResult) -> None:
        facts = result.result.get("host") or {}
        if result.task.resolved_action != MODULE or result.task.check_mode:
            return
        if facts.get("status") != "disabled" or not facts.get("maintenance"):
            return
        host = facts["name"]
        store = Hypervisors(Path(os.environ["SOAK_STORE"]))
        guests = [(guest.uuid, guest.name, guest.state) for guest in (*store.guests(host), *store.arriving(host))]
        with Path(os.environ["SOAK_CLAIMS"]).open("a", encoding="utf-8") as claims:
            claims.write(json.dumps({"host": host, "guests": guests, "at": time.monotonic()}) + "\n")
