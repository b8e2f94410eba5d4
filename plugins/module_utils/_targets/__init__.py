# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""Where servers go: the pool of a host, the choice of a target, and the capacity of many hosts."""
