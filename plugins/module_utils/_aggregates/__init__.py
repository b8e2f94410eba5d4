# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""Host aggregates: which one is meant, what it shall be, and the writes that make it so.

* ``lookup``: the aggregate that a text names, the aggregates of a pool
* ``metadata``: metadata as Nova stores it
* ``desired``: from what an operator declares to changes
* ``change``: a change, a decision, a step, as data
* ``steps``: the writes, in a safe order; ``renames`` that of the renames among them
* ``rehearsal``: what Nova would say to the writes, one after another
* ``validation``: everything that forbids a change
* ``apply``: observe, decide, validate, write
* ``images``: images by name and id
* ``mirror``: what Placement knows of the hosts of aggregates
"""
