# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The roll through a pool: its record, its limits, and what each host went through."""
