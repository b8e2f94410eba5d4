# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The canary: a throw-away server by which a host is tried before it is open to anybody.

names     how its server is called, so that a roll finds its own and nobody else's
route     where it goes
step      what is to be done next, from what is observed
template  what it is made of: image, flavor and network, as the operator named them
check     what the operator's own check of guests says of them
look_up   look that up
trip      take it along the route
sweep     delete what is left of canaries
"""
