# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The first process of a host (see machine.py): its own files and daemons in its own namespaces, until told to end.

``python host_init.py NAME HOME INSTANCES COMPUTE...``, standard library only. A line on stdin says that the network is
there. What is mounted here is only seen in here, and is gone with this process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

MS_BIND, MNT_DETACH = 4096, 2
DAEMON_USERS = "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin\n"  # libvirtd ends without it
DAEMON_GROUPS = "libvirt-qemu:x:64055:\nlibvirt:x:64056:\n"
LIBC = ctypes.CDLL(None, use_errno=True)


def mount(source: Path | str, target: str, kind: str = "none", flags: int = 0, data: str = "") -> None:
    names = [os.fsencode(str(name)) for name in (source, target, kind)]
    if LIBC.mount(*names, ctypes.c_ulong(flags), data.encode()):
        raise OSError(ctypes.get_errno(), f"mount: {os.strerror(ctypes.get_errno())}", target)


def mount_own_files(home: Path, instances: str) -> None:
    LIBC.umount2(b"/sys/fs/cgroup", MNT_DETACH)
    mount("sys", "/sys", "sysfs")  # of this network, and without control groups
    mount("run", "/run", "tmpfs", data="mode=755")
    for part, target in {
        "etc": "/etc/libvirt",
        "lib": "/var/lib/libvirt",
        "log": "/var/log/libvirt",
        "cache": "/var/cache/libvirt",
        "instances": instances,
    }.items():
        os.makedirs(target, exist_ok=True)
        mount(home / part, target, flags=MS_BIND)
    for folder in ("qemu/dump", "qemu/save", "qemu/snapshot", "qemu/channel/target", "images", "boot"):
        os.makedirs(f"/var/lib/libvirt/{folder}", exist_ok=True)
    for folder in ("/run/sshd", "/run/lock", "/run/libvirt"):
        os.makedirs(folder)
    own_accounts(home)
    for file, target in {
        "hosts": "/etc/hosts",
        "passwd": "/etc/passwd",
        "group": "/etc/group",
        "machine-id": "/etc/machine-id",
        "boot_id": "/proc/sys/kernel/random/boot_id",
    }.items():
        if os.path.exists(target):  # some machines have no /etc/machine-id
            mount(home / file, target, flags=MS_BIND)


def own_accounts(home: Path) -> None:
    """The machine's own, but root at home here: that is where ssh looks for its keys."""
    lines = Path("/etc/passwd").read_text(encoding="utf-8").splitlines(keepends=True)
    users = "".join(line for line in lines if line.partition(":")[0] not in ("root", "libvirt-qemu"))
    groups = Path("/etc/group").read_text(encoding="utf-8").splitlines(keepends=True)
    others = "".join(line for line in groups if line.partition(":")[0] not in ("libvirt-qemu", "libvirt"))
    (home / "passwd").write_text(f"root:x:0:0:root:{home / 'root'}:/bin/sh\n{users}{DAEMON_USERS}", encoding="utf-8")
    (home / "group").write_text(others + DAEMON_GROUPS, encoding="utf-8")


def keep_running(*commands: list[str]) -> None:
    """Start daemons, start again what ends, and reap whatever they leave behind, QEMU among it."""
    daemons: dict[int, list[str]] = {}

    def start(command: list[str]) -> None:
        # It lives as long as the host; os.wait() below reaps it, with whatever it leaves behind.
        process = subprocess.Popen(command, cwd="/", start_new_session=True)  # pylint: disable=consider-using-with
        daemons[process.pid] = command

    for command in commands:
        start(command)
    while True:
        ended, status = os.wait()
        if ended in daemons:
            command = daemons.pop(ended)
            print(f"{command[0]} ended with {status} and is started again", flush=True)
            time.sleep(1)  # one that ends at once is not to be started without a pause
            start(command)


def main(name: str, home: Path, instances: str, compute: list[str]) -> None:
    sys.stdin.readline()
    socket.sethostname(name)
    mount_own_files(home, instances)
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))
    keep_running(
        ["/usr/sbin/virtlogd", "-f", "/etc/libvirt/virtlogd.conf", "-p", "/run/virtlogd.pid"],
        ["/usr/sbin/libvirtd", "--listen", "-f", "/etc/libvirt/libvirtd.conf", "-p", "/run/libvirtd.pid"],
        ["/usr/sbin/sshd", "-D", "-e", "-f", str(home / "sshd_config")],
        compute,
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
