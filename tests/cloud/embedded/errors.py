# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The one error that a user of the embedded cloud sees."""

from __future__ import annotations


class CloudError(Exception):
    """Something that the caller can act on; the command line prints it as one line and ends with 1."""
