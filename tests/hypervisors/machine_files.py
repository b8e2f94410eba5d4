# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a host has for itself: the configuration of its daemons, its keys, and the programs that stand in for systemd's
and apt's, which must not reach the machine that it is on."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import uuid
from pathlib import Path

from tests.cloud.embedded import configuration
from tests.cloud.embedded.hosts import LONG_NAME
from tests.cloud.embedded.layout import Layout
from tests.hypervisors.machine import SUBNET, address, home

LINK_MIB_PER_SECOND = 100  # what a live migration may use of the network
OVERCOMMIT = 8.0  # guests do little, and each host has the machine's own few processors
LIBVIRTD = """\
listen_tls = 0
listen_tcp = 1
listen_addr = "{address}"
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
host_uuid = "{uuid}"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
"""
VIRTLOGD = """\
max_size = 0
log_outputs = "3:file:/var/log/libvirt/virtlogd.log"
"""
QEMU = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
security_default_confined = 0
cgroup_controllers = []
namespaces = []
seccomp_sandbox = 0
stdio_handler = "logd"
migration_address = "{address}"
migration_host = "{address}"
"""
SSHD = """\
ListenAddress {address}
HostKey {keys}/id_ed25519
AuthorizedKeysFile {keys}/id_ed25519.pub
UsePAM no
PidFile none
StrictModes no
PasswordAuthentication no
Subsystem sftp internal-sftp
SetEnv PATH={home}/bin:/usr/sbin:/usr/bin:/sbin:/bin
"""
SSH = """\
IdentityFile {keys}/id_ed25519
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
"""
# What PID 1 ends with, the host is without power; that file says that it is to come back.
SYSTEMCTL = """\
#!/bin/sh
[ "$1" = reboot ] || exit 1
touch {home}/reboot
kill -TERM 1
"""
APT_GET = """\
#!/bin/sh
echo '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.'
"""


def make_keys(layout: Layout) -> None:
    """One key for all: each host's own, and that of root on each of them."""
    keys = layout.state / "machines" / "keys"
    keys.mkdir(mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / "id_ed25519")], check=True)


def write(layout: Layout, name: str, virt_type: str) -> None:
    place, keys = home(layout, name), layout.state / "machines" / "keys"
    identity = uuid.uuid5(uuid.NAMESPACE_DNS, name)  # by default all would have the machine's
    values = {"address": address(name), "home": place, "keys": keys, "uuid": identity}
    for folder in ("etc", "lib", "log", "cache", "instances", "bin", "root/.ssh"):
        (place / folder).mkdir(parents=True)
    for file, text in {
        "etc/libvirtd.conf": LIBVIRTD,
        "etc/virtlogd.conf": VIRTLOGD,
        "etc/qemu.conf": QEMU,
        "etc/libvirt.conf": "",
        "sshd_config": SSHD,
        "root/.ssh/config": SSH,
        "bin/systemctl": SYSTEMCTL,
        "bin/apt-get": APT_GET,
    }.items():
        (place / file).write_text(text.format(**values), encoding="utf-8")
    for program in (place / "bin").iterdir():
        program.chmod(0o755)
    (place / "machine-id").write_text(f"{identity.hex}\n", encoding="utf-8")
    names = "".join(f"{SUBNET}{number} cmp{number:02d}\n" for number in range(1, 100))
    (place / "hosts").write_text(f"127.0.0.1 localhost\n{names}", encoding="utf-8")
    (layout.etc / f"nova-{name}.conf").write_text(configuration.render(nova(layout, name, virt_type)), encoding="utf-8")


def nova(layout: Layout, name: str, virt_type: str) -> configuration.Sections:
    state = layout.state / "nova" / name
    state.mkdir()
    files = " ".join(f"--config-file {layout.etc / file}" for file in ("nova.conf", f"nova-{name}.conf"))
    return {
        "DEFAULT": {
            "host": name,
            "my_ip": address(name),
            "state_path": state,
            "instances_path": layout.state / "machines" / "instances",
            "compute_driver": "libvirt.LibvirtDriver",
            "cpu_allocation_ratio": OVERCOMMIT,
            "max_concurrent_live_migrations": 1,
        },
        "libvirt": {
            "virt_type": virt_type,
            "cpu_mode": "none",
            "images_type": "qcow2",
            "live_migration_scheme": "tcp",
            "live_migration_inbound_addr": address(name),
            "live_migration_bandwidth": LINK_MIB_PER_SECOND,
            "num_pcie_ports": 0,
        },
        # With it Nova 34 refuses the kernel of a guest whose disk it is to copy: it takes that for a disk too.
        "workarounds": {"disable_deep_image_inspection": True},
        "nova_sys_admin": {"helper_command": f"{layout.venv}/bin/privsep-helper {files}"},
        "spice": {"enabled": False},
    }


def write_inventory(layout: Layout, names: tuple[str, ...]) -> None:
    """Ansible reaches a host by ssh, through a daemon that is started there for each connection."""
    keys = layout.state / "machines" / "keys"
    options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlMaster=no"
    hosts = {
        LONG_NAME.format(number=name.removeprefix("cmp")): {
            "nova_host": name,
            "ansible_connection": "ssh",
            "ansible_host": address(name),
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(keys / "id_ed25519"),
            "ansible_ssh_common_args": f"{options} -o ProxyCommand={shlex.quote(enter(layout, name))}",
            "ansible_ssh_args": "",
            "ansible_python_interpreter": sys.executable,
            "ansible_ssh_pipelining": True,
            "ansible_become": False,
        }
        for name in names
    }
    layout.inventory.write_text(json.dumps({"compute": {"hosts": hosts}}, indent=2) + "\n", encoding="utf-8")


def enter(layout: Layout, name: str) -> str:
    place = home(layout, name)
    script = f"exec nsenter --target $(cat {place}/pid) --all /usr/sbin/sshd -i -f {place}/sshd_config"
    return f"sh -c {shlex.quote(script)}"


def run_on(layout: Layout, name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a host, and return what it printed and how it ended."""
    pid = Path(home(layout, name), "pid").read_text(encoding="utf-8")
    return subprocess.run(
        ["nsenter", "--target", pid, "--mount", "--uts", "--net", "--ipc", "--pid", *command],
        capture_output=True,
        text=True,
        check=False,
    )
