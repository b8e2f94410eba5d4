# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The canary: throw-away servers by which a host that came back is tried before its tenants' servers follow.

names     how the servers of a canary are called, so that a roll finds its own and nobody else's
route     where they go
step      what is to be done next, from what is observed
template  what they are made of: image, flavor and network, as the operator named them
check     what the operator's own check of guests says of them
look_up   look that up
trip      take them along the route
sweep     delete them, whatever became of them
"""
