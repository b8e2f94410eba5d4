# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What runs inside the services' processes, and so may import OpenStack's packages."""

from __future__ import annotations
