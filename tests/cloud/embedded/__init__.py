# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A real OpenStack compute control plane on one machine, for tests and demonstrations.

Everything here runs on the standard library alone; only `inside/` runs in the services' own virtualenv.
"""

from __future__ import annotations
