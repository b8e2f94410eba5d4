# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The roll through a pool: its record, its limits, and what each host went through.

record          what the events of a record add up to
roll            a roll so far
host_progress   what one host went through: drain, upgrade, verify, return
store           records on the controller's disk, and the lock on one
process         the process that runs a roll, and whether it still runs
limits, window  whether another host may begin: failures, windows of time
open            begin a roll, or go on with the unfinished one
next_batch      begin the next batch
record_event    record that a phase of a host ended
close           close the record when every host is done
progress        how far a roll is, as people read it
results         a roll as modules return it
"""
