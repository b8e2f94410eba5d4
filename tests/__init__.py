# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The one import root of all tests and their tools; CONTRIBUTING.md has the map of its folders."""
