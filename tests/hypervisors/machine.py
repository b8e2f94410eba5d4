# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The power supply of one host: ``python -m tests.hypervisors.machine STATE NAME`` runs it until it is powered off.

A host is a mount, UTS, IPC, PID and network namespace. Its first process is host_init.py; when that ends, the kernel
ends all that runs there, and its mounts and its network card are gone: that is a loss of power. It is powered on again
when a reboot was asked for in there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from functools import partial
from pathlib import Path

from tests.cloud.embedded import processes
from tests.cloud.embedded.layout import Layout, listener_port
from tests.cloud.embedded.waiting import wait_for

HERE = Path(__file__).resolve().parent
NAMESPACES = ("--mount", "--uts", "--net", "--ipc", "--pid")
SUBNET = "10.77.0."
OFF_SECONDS = 2  # without power, at a reboot
SERVICES = ("keystone", "bus", "nova", "placement", "glance", "neutron")


def address(name: str) -> str:
    return SUBNET + str(int(name.removeprefix("cmp")))


def home(layout: Layout, name: str) -> Path:
    return layout.state / "machines" / name


def running(layout: Layout, name: str) -> int | None:
    """The first process of a host that is on, as the machine's own namespace numbers it."""
    file = home(layout, name) / "pid"
    return int(file.read_text(encoding="utf-8")) if file.exists() else None


def switch(layout: Layout) -> int:
    return int((layout.state / "machines" / "switch").read_text(encoding="utf-8"))


def start_switch(layout: Layout) -> None:
    """The bridge that the hosts' network cards hang on, in a network namespace of its own without any way out."""
    # It lives as long as the cloud, whose end ends it.
    process = subprocess.Popen(  # pylint: disable=consider-using-with
        ["unshare", "--net", "sleep", "infinity"], env=processes.environment(layout), start_new_session=True
    )
    wait_for("the switch has a network", partial(own_network, process.pid))
    ip(process.pid, "link", "add", "br0", "type", "bridge")
    ip(process.pid, "link", "set", "br0", "up")
    (layout.state / "machines" / "switch").write_text(str(process.pid), encoding="utf-8")


def own_network(pid: int) -> bool:
    return os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")


def ip(pid: int, *arguments: str) -> None:
    """Run ``ip`` in the network of a process."""
    subprocess.run(["nsenter", "--target", str(pid), "--net", "ip", *arguments], check=True)


def first_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return int(wait_for(f"the process {pid} has a child", partial(children.read_text, "utf-8")).split()[0])


def plug(layout: Layout, name: str, pid: int) -> None:
    """Connect the host's network card with the switch. What is left of the last boot's goes first."""
    there = switch(layout)
    cards = ["nsenter", "--target", str(there), "--net", "ls", "/sys/class/net"]
    if name in subprocess.run(cards, check=True, capture_output=True, text=True).stdout.split():
        ip(there, "link", "delete", name)
    ip(there, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    ip(there, "link", "set", name, "master", "br0", "up")
    ip(pid, "link", "set", "lo", "up")
    ip(pid, "addr", "add", f"{address(name)}/24", "dev", "eth0")
    ip(pid, "link", "set", "eth0", "up")


def boot(layout: Layout, name: str) -> None:
    """Power on, and return when the power is off again."""
    place = home(layout, name)
    (place / "boot_id").write_text(f"{uuid.uuid4()}\n", encoding="utf-8")
    compute = [str(layout.python), "-m", "tests.hypervisors.compute", name]
    command = ["unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc", sys.executable, "-S"]
    init = [str(HERE / "host_init.py"), name, str(place), str(layout.state / "machines" / "instances"), *compute]
    with subprocess.Popen([*command, *init], stdin=subprocess.PIPE, text=True) as host:
        assert host.stdin
        pid = first_child(host.pid)
        wait_for(f"{name} has a network", partial(own_network, pid))
        plug(layout, name, pid)
        ports = [str(listener_port(layout.settings.port, service)) for service in SERVICES]
        relay = [sys.executable, "-m", "tests.hypervisors.relay", str(pid), *ports]
        with subprocess.Popen(relay, stdout=subprocess.PIPE, text=True) as way:
            assert way.stdout
            way.stdout.readline()
            (place / "pid").write_text(str(pid), encoding="utf-8")
            host.stdin.write("go\n")
            host.stdin.close()
            host.wait()
            (place / "pid").unlink()
            way.terminate()


def main(layout: Layout, name: str) -> None:
    reboot = home(layout, name) / "reboot"
    while True:
        boot(layout, name)
        if not reboot.exists():
            return
        reboot.unlink()
        time.sleep(OFF_SECONDS)  # so that whoever waits for the host misses it, as in life


if __name__ == "__main__":
    processes.introduce(f"power-{sys.argv[2]}")
    main(Layout.recorded(Path(sys.argv[1])), sys.argv[2])
