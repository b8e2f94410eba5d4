# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The plan of an upgrade: in which order the hosts of a pool have their turns, and where their servers go meanwhile.

``options``: what is asked of a plan.
``pace``: how long its parts are taken to last; ``learn`` and ``observe_pace`` learn that.
``pool``: the pool as it was observed; ``observe`` observes it.
``order``: the order of hosts.
``ramp``: one host first, then more at once.
``conditions``: what keeps a host from its turn beside hosts that are under way.
``host_assignment``: targets for all servers of a host, or for none.
``room_search``: the same where servers of other hosts have to move first.
``spare_hosts``: whether the loss of further hosts could be evacuated.
``host_to_upgrade``: a host that is to be upgraded, and its servers.
``pool_state``: the pool at one moment of a plan.
``next_turn``: which host begins next.
``planner``: makes the plan with all of these, and says which turns a roll may begin now.
``bounds``: how long a plan takes at least.
``plan``: the plan as data and as lines for a person.
"""
