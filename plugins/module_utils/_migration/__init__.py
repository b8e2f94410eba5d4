# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""Migrations of servers: how each kind moves, what becomes of a migration, and the loop that carries them out."""
