# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The report of a roll: built from record and migrations, shown as JSON and as one HTML page."""
