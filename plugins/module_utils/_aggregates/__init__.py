# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""Host aggregates: which one is meant, what it shall be, in which steps it becomes that."""
