# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The rows of the benchmark, one subject a file: each measures what it says and returns its figures."""
