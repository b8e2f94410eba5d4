# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The plan of an upgrade: in which batches the hosts of a pool are upgraded, and where their servers go meanwhile.

``options``: what is asked of a plan.
``pool``: the pool as it was observed; ``observe`` observes it.
``order``: the order of hosts.
``batch_draft``: which hosts may be upgraded at the same time.
``host_assignment``: targets for all servers of a host, or for none.
``host_to_upgrade``: a host that is to be upgraded, and its servers.
``pool_state``: the pool at one moment of a plan.
``planner``: makes the plan with all of these.
``plan``: the plan as data and as lines for a person.
"""
