# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The maintenance of one host: its mark and owner, the drain, and bringing its servers back."""
