# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The roll through a pool: its record, its limits, and what each host went through.

preflight       all that is in the way of a roll
hook_files      what is in the files of tasks that a turn includes
machines        whether the machines that Ansible reaches are Nova's hosts
record          what the events of a record add up to
roll            a roll so far
host_progress   what one host went through: drain, upgrade, verify, return
steps           which of these a host has ahead
store           records on the controller's disk, and the locks on one
pool_record     the record of a pool, and whether this run may go on with it
process         the process that runs a roll, and whether it still runs
limits          why no further host begins in a run: failures, lost guests, windows of time
waits           why no host begins for now: the ramp, pauses, gates, approvals
window          when windows open and shut, in a time zone
forecast        when hosts and the roll will be over
prepare         which hosts a run has ahead, and the plan for them
open            begin a roll, or go on with the unfinished one
turn            wait for the turn of a host, and decide whose turn it is
look            which hosts may begin now
control         what a person asks of a roll: pause, resume, stop, approve
gate            record that a gate does not hold, and wait
notice          record that others could not be told of something
try_host        put a host back and try it with a canary
lost_guests     which guests answered the probe before and are silent now
samples         the samples of the probe, as they are written
record_failure  record that a host failed, and what Nova says of it
evidence        what Nova says of a host that failed
record_event    record that a phase of a host ended
close           end a run, and close the record when every host is done
progress        how far a roll is, as people read it
results         a roll as modules return it
"""
