# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""Where servers go.

``pool``: the hosts that may take the servers of a host.
``request``: a server that needs a target, with all that decides which hosts can be it.
``choose``: the one target that takes a server, and why the others cannot.
``assign``: targets for the servers of one host, one after the other.
``capacity``: the capacity of many hosts, searched fast, for plans; ``indexed_host``: one of them.
``explain``: why none of them takes a server.
``shares``: which of several targets that are alike takes the next server.
``finder``: targets for the servers of a host that is drained, as the cloud is now.
"""
