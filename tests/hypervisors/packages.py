# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What real hosts need of this machine: see that it can have it, and install it from Debian."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from tests.cloud.embedded.layout import CHECKOUT, Layout

PACKAGES = (
    "libvirt-daemon",
    "libvirt-daemon-driver-qemu",
    "libvirt-clients",
    "libvirt-dev",
    "pkg-config",
    "gcc",
    "libc6-dev",
    "cpio",
    "openssh-server",
    "iproute2",
)
EMULATOR = ("qemu-system-x86", "qemu-utils")
OLDEST_QEMU = 10  # with Debian 12's own, 7.2, guests died in live migrations that Nova called completed
OLDEST_DEBIAN = 12
MIRROR = "http://deb.debian.org/debian"  # where the machine's own sources name none
BINDINGS = CHECKOUT / "requirements" / "hypervisors.txt"
LOG = CHECKOUT / "build" / "hypervisors" / "packages.log"
KVM = Path("/dev/kvm")


class Lacking(Exception):
    """This machine cannot have real hosts; the message is one sentence."""


def check_machine() -> None:
    if os.geteuid():
        raise Lacking("Real hosts need namespaces, which only root may make here: run this as root.")
    system = platform.freedesktop_os_release()
    version = system.get("VERSION_ID", "0")
    if system.get("ID") != "debian" or int(version.partition(".")[0]) < OLDEST_DEBIAN or platform.machine() != "x86_64":
        raise Lacking(f"Real hosts need Debian {OLDEST_DEBIAN} or newer on x86_64, and this is another machine.")
    namespaces = ["unshare", "--mount", "--uts", "--net", "--ipc", "--pid", "--fork", "--mount-proc", "true"]
    if subprocess.run(namespaces, capture_output=True, check=False).returncode:
        raise Lacking("Real hosts need namespaces, and the kernel does not let root make them here.")


def install() -> None:
    """Install what lacks; from the suite of backports where Debian's own QEMU is too old."""
    programs = ("virtlogd", "libvirtd", "virsh", "sshd", "cpio", "gcc", "pkg-config", "nsenter", "ip")
    if any(not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") for program in programs):
        apt_get("update")
        apt_get("install", *PACKAGES)
    if emulator() < OLDEST_QEMU:
        install_emulator()
    if emulator() < OLDEST_QEMU:
        raise Lacking(f"Real hosts need QEMU {OLDEST_QEMU} or newer, and Debian's is older here: see {LOG}.")


def emulator() -> int:
    """The version of QEMU that is installed, 0 for none."""
    if not shutil.which("qemu-system-x86_64"):
        return 0
    told = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+)", told)
    return int(found[1]) if found else 0


def install_emulator() -> None:
    """The list of sources that it makes is its own: the machine's are left as they are."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    suite = f"{release}-backports"
    own = Path("/etc/apt/sources.list")
    sources = LOG.with_name("sources.list")
    key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    lines = f"deb {key} {mirror(release)} {suite} main\n"
    sources.parent.mkdir(parents=True, exist_ok=True)
    sources.write_text((own.read_text(encoding="utf-8") if own.exists() else "") + lines, encoding="utf-8")
    place = ("-o", f"Dir::Etc::sourcelist={sources}")
    apt_get(*place, "update")
    apt_get(*place, "--target-release", suite, "install", *EMULATOR)


def mirror(release: str) -> str:
    """The server that the machine's own sources name for the release."""
    fields = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    told = subprocess.run(fields, capture_output=True, text=True, check=True).stdout
    found = [line.split()[0] for line in told.splitlines() if line.split()[1:] == [release]]
    return found[0] if found else MIRROR


def apt_get(*arguments: str) -> None:
    LOG.parent.mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "--yes", "--quiet", "--no-install-recommends", *arguments]
    with LOG.open("a", encoding="utf-8") as log:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if subprocess.run(command, env=environment, stdout=log, stderr=log, check=False).returncode:
            raise Lacking(f"Debian's packages could not be had: see what `apt-get {arguments[-1]}` says in {LOG}.")


def install_bindings(layout: Layout, folder: Path) -> None:
    """libvirt's Python bindings, compiled for the Python of the services, beside their virtualenv."""
    stamp = folder / "installed"
    wanted = f"{layout.python} {layout.python.resolve()}\n{BINDINGS.read_text(encoding='utf-8')}"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    if folder.exists():
        shutil.rmtree(folder)
    pip = [str(layout.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--require-hashes", "--target", str(folder), "--requirement", str(BINDINGS)]
    if subprocess.run(command, check=False).returncode:
        raise Lacking(f"libvirt's Python bindings could not be built: see what pip says of {BINDINGS.name} above.")
    stamp.write_text(wanted, encoding="utf-8")


def virtualization() -> str:
    """`kvm` where a virtual machine runs on it, else `qemu`: emulation."""
    if not KVM.exists():
        return "qemu"
    trial = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-nodefaults", "-display", "none", "-S"]
    quit_at_once = b'{"execute": "qmp_capabilities"}\n{"execute": "quit"}\n'
    try:
        tried = subprocess.run(
            [*trial, "-qmp", "stdio"], input=quit_at_once, capture_output=True, timeout=20, check=False
        )
    except subprocess.TimeoutExpired:
        return "qemu"
    return "qemu" if tried.returncode else "kvm"
