# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""OpenStack's services: credentials, the wire, and Nova, Placement and Glance as this collection needs them."""
