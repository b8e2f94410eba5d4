# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The plan of an upgrade: the pool as observed, the order of its hosts, and who goes where meanwhile."""
