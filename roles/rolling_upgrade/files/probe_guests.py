# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Check the guests of a pool again and again while a roll goes on: ``probe_guests.py FOLDER INTERVAL``.

FOLDER is that of the roll, which holds its record. What the rounds need to know comes on stdin as JSON and may hold
credentials, so it is kept in memory only: the rounds read it there, as a file of this process.

This program waits for the first round, so that a probe that cannot work is an error before the roll touches anything.
Then it leaves behind a process that starts a round every INTERVAL seconds. After each round it records which guests
are lost, which stops the roll, and aborts the live migration of such a guest; then it notes the round, without which
no further host begins. That process ends with the run that it
was started for: when the run has closed the record, has stopped and works on no host any more, was succeeded by
another run, or is gone. A round under way ends with it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ansible.plugins.loader import init_plugin_loader

init_plugin_loader()  # from here on Python finds collections where Ansible does

from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import connect
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.lost_guests import (
    GuestWatch,
    LostGuest,
    silent_for_all,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.probe_rounds import note_round
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.process import as_recorded, is_running
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.samples import NewSamples, size_of
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import FILE, RecordStore
from ansible_collections.stackops.aggregates.plugins.module_utils._text import printable

# The inventory holds a host that no play uses: localhost is not in it and so stays Ansible's own, reached locally.
ROUND = [sys.executable, "-m", "ansible", "playbook", "-i", "unused,", "stackops.aggregates.probe_guests"]
POLL = 1.0  # seconds between two readings of the record
GRACE = 10.0  # seconds that a round has to end when it is told to
TASK = "30"  # seconds for a task of a check that has no timeout of its own


class Probe:
    """The probe of one run of a roll, given by its session.

    :param told: the descriptor of the file in memory that tells the rounds what they need to know.
    :param begin: where in the file of samples the first round of this run begins; None where it begins now.
    """

    def __init__(self, folder: Path, told: int, begin: int | None = None) -> None:
        self._told = told
        self._store = RecordStore(folder)
        self._record = folder / FILE
        self._samples = folder / "probe.jsonl"
        self._log = folder / "probe.log"  # of the last round
        self._roll = self._store.roll()
        self._read = _state(self._record)
        self._session = self._roll.session
        self.begin = size_of(folder) if begin is None else begin
        self._new = NewSamples(folder, self.begin)
        self._guests = GuestWatch(self._roll.options["max_silence"])

    def try_first(self) -> str | None:
        """Wait for one round, and return what keeps it from checking any guest, if anything does."""
        begin, before = time.time(), _state(self._samples)
        self._start().wait()
        if self._note_round(begin, before):
            silent = silent_for_all(self._new)
            return f"The probe of guests cannot work: {silent} Mend the check, see {self._log}." if silent else None
        end = self._log.read_text(errors="replace")[-3000:]
        return "\n".join([f"The probe of guests cannot work, see {self._log}:", *map(printable, end.splitlines())])

    def watch(self, interval: float) -> None:
        """Start rounds until the run is over."""
        while self.goes_on():
            due = time.monotonic() + interval
            begin, before = time.time(), _state(self._samples)
            process = self._start()
            try:
                while self.goes_on() and process.poll() is None:
                    self._pause(process, POLL)
            finally:
                self._end(process)
            self._judge()
            self._note_round(begin, before)
            while self.goes_on() and (left := due - time.monotonic()) > 0:
                time.sleep(min(left, POLL))

    def _note_round(self, begin: float, before: object) -> bool:
        """Note a round in which every guest was checked: it wrote its samples, or there was no guest to check.

        :param before: the state of the file of samples then.
        """
        worked = _state(self._samples) != before
        if worked:
            note_round(self._samples.parent, begin, time.time())
        return worked

    def goes_on_as(self, pid: int, interval: float) -> None:
        """Record the process that makes the rounds from here on."""
        self._note("probing", interval=interval, process=as_recorded(pid))

    def _judge(self) -> None:
        """Record the guests that are lost now. First of all, so that no further host begins; then their moves end."""
        lost = [guest for sample in self._new if (guest := self._guests.take(sample))]
        try:
            for guest in lost:
                self._note("lost", **dataclasses.asdict(guest))
            for guest in lost:
                self._abort_move(guest)
        except Refused:  # discarded, or another run goes on
            return

    def _abort_move(self, guest: LostGuest) -> None:
        """:raises Refused: if another run goes on with the roll."""
        try:
            nova = connect(self._cloud()).nova
            migrations = nova.live_migrations(guest.server)
            for migration in migrations:
                nova.abort_live_migration(guest.server, migration.id)
        except CloudError:  # it ended meanwhile, or the cloud is away
            return
        if migrations:
            self._note("aborted", server=guest.server)

    def _note(self, event: str, **more: Any) -> None:
        with self._store.locked(self._session) as record:
            record.write({"event": event, "at": time.time(), **more})

    def _cloud(self) -> dict[str, Any]:
        """Return which cloud it is, as an option of modules."""
        with open(f"/proc/self/fd/{self._told}", encoding="utf-8") as told:
            return {"cloud": json.load(told).get("cloud")}

    def goes_on(self) -> bool:
        """Whether the run that this was started for still runs and has more to do."""
        try:
            roll = self._current()
        except Refused:  # discarded
            return False
        return (
            roll.session == self._session
            and roll.closed is None
            and (roll.stopped is None or bool(roll.under_way))
            and is_running(roll.process)
        )

    def _current(self) -> Roll:
        """The roll, read again only when its record was written to."""
        state = _state(self._record)
        if state != self._read:
            self._roll, self._read = self._store.roll(), state
        return self._roll

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "STACKOPS_AGGREGATES_PROBE": f"/proc/{os.getpid()}/fd/{self._told}",
            "STACKOPS_AGGREGATES_SAMPLES": str(self._samples),
            "ANSIBLE_CALLBACKS_ENABLED": "stackops.aggregates.guest_samples",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_LOG_PATH": os.devnull,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_TASK_TIMEOUT": TASK,
        }
        with open(self._log, "wb", opener=_private) as log:
            return subprocess.Popen(ROUND, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def _pause(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.terminate()
            self._pause(process, GRACE)
            process.kill()
            process.wait()


def _state(file: Path) -> tuple[int, int]:
    """What changes whenever a file is written to."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def in_memory(text: bytes) -> int:
    """Return the descriptor of a file that is on no disk and holds this text."""
    told = os.memfd_create("probe")
    os.write(told, text)
    return told


def main(folder: str, interval: str, watching: str = "", begin: str = "") -> int:
    """:param watching: the descriptor that the process which is left behind has inherited; ``begin`` is as of Probe."""
    if watching:
        Probe(Path(folder), int(watching), int(begin)).watch(float(interval))
        return 0
    told = in_memory(sys.stdin.buffer.read())
    probe = Probe(Path(folder), told)
    problem = probe.try_first()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    # In a session of its own: Ctrl-C reaches Ansible, and this sees it go.
    command = [sys.executable, os.path.abspath(__file__), folder, interval, str(told), str(probe.begin)]
    nothing = subprocess.DEVNULL
    watcher = subprocess.Popen(
        command, stdin=nothing, stdout=nothing, stderr=nothing, pass_fds=[told], start_new_session=True
    )
    probe.goes_on_as(watcher.pid, float(interval))
    print(watcher.pid)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
