# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Make the root folders of the stand-in hosts and their inventory: ``stand_in_hosts.py FOLDER PYTHON``."""

from __future__ import annotations

import json
import shutil
import sys
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORDED = HERE.parents[2] / "tests" / "recorded"
PROGRAMS = "apt-get cat dnf dpkg dpkg-query rpm sudo systemctl uname"
NEEDED_BY_ANSIBLE = "chmod mkdir rm sleep whoami"
GONE = ""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MACHINE_ID = Path("/etc/machine-id")

# What stand_in.py reads, by its path, and the recorded file or the text that is there.
DEBIAN = {
    "answers/pending": "debian/pending.txt",
    "answers/installed": "debian/installed.txt",
    "answers/kernel": "debian/kernel.txt",
    "after_upgrade/answers/pending": "debian/pending-none.txt",
    "after_upgrade/answers/installed": "debian/installed-upgraded.txt",
    "after_reboot/answers/kernel": "debian/kernel-booted.txt",
}
REDHAT = {
    "answers/pending": "redhat/pending.txt",
    "answers/pending.status": "100",
    "answers/installed": "redhat/installed.txt",
    "answers/kernel": "redhat/kernel.txt",
    "answers/restart": "redhat/restart-no.txt",
    "after_upgrade/answers/pending": GONE,
    "after_upgrade/answers/pending.status": GONE,
    "after_upgrade/answers/installed": "redhat/installed-upgraded.txt",
    "after_upgrade/answers/restart": "redhat/restart-yes.txt",
    "after_upgrade/answers/restart.status": "1",
    "after_reboot/answers/kernel": "redhat/kernel-booted.txt",
    "after_reboot/answers/restart": "redhat/restart-no.txt",
    "after_reboot/answers/restart.status": GONE,
}
NO_PLUGIN = {"answers/restart.error": "redhat/restart-missing.txt", "answers/restart.status": "1"}
DONE = {
    "answers/pending": "debian/pending-none.txt",
    "answers/installed": "debian/installed-upgraded.txt",
    "answers/kernel": "debian/kernel-booted.txt",
}
# The controller's own machine id, or its boot id where it has none, as in many containers.
TWIN = {"etc/machine-id": MACHINE_ID.read_text() if MACHINE_ID.exists() else ""}
TWIN = TWIN if TWIN["etc/machine-id"].strip() else {"proc/sys/kernel/random/boot_id": BOOT_ID.read_text()}

WAITING = REDHAT | {
    "answers/pending": GONE,
    "answers/pending.status": GONE,
    "answers/installed": "redhat/installed-upgraded.txt",
    "answers/restart": "redhat/restart-yes.txt",
    "answers/restart.status": "1",
}


def without(part: str, files: dict[str, str]) -> dict[str, str]:
    return {name: file for name, file in files.items() if part not in name}


HOSTS = {
    "good": {
        "debian": DEBIAN,
        "debian_marked": DEBIAN
        | {"after_upgrade/run/reboot-required": "debian/restart-yes.txt", "after_reboot/run/reboot-required": GONE},
        "debian_interrupted": DONE
        | {
            "answers/installed": "debian/installed-broken.txt",
            "after_repair/answers/installed": "debian/installed-upgraded.txt",
        },
        "debian_done": DONE,
        "redhat": REDHAT,
        "redhat_bare": without("restart", REDHAT) | NO_PLUGIN,
        "redhat_waiting": WAITING,
        "redhat_never": WAITING,
    },
    "always": {"debian_always": DONE},
    "pool": {"pool_1": DEBIAN, "pool_2": DEBIAN},
    "bad": {
        "twin": DEBIAN | TWIN,
        "removing": DEBIAN | {"answers/pending": "debian/pending-removal.txt"},
        "misspelt": DEBIAN,
        "held": without("after_upgrade", DEBIAN),
        "stuck": DEBIAN | {"stuck": "It does not boot."},
        "pinned": without("after_reboot", DEBIAN),
    },
}
SETTINGS: dict[str, dict[str, object]] = {
    "debian_marked": {"rolling_upgrade_packages": ["openssl", "libssl*"]},
    "redhat_bare": {"rolling_upgrade_packages": "qemu-*,kernel*"},
    "redhat_never": {"rolling_upgrade_reboot": "never"},
    "debian_always": {"rolling_upgrade_reboot": "always"},
    "pool_1": {"nova_host": "cmp01"},
    "pool_2": {"nova_host": "cmp02"},
    "misspelt": {"rolling_upgrade_packages": ["qemo-*"]},
    "stuck": {"rolling_upgrade_reboot_timeout": 3},
}


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def make(root: Path, files: dict[str, str], python: str) -> None:
    """Make one host; its machine has the name by which Nova knows it, if Nova does."""
    for program in PROGRAMS.split():
        path = root / "bin" / program
        write(path, f'#!/bin/sh\nexec {python} {HERE / "stand_in.py"} {program} "$@"\n')
        path.chmod(0o755)
    for program in NEEDED_BY_ANSIBLE.split():
        (root / "bin" / program).symlink_to(str(shutil.which(program)))
    write(root / "journal", "")
    (root / "run").mkdir()
    identity = {
        "etc/hostname": f"{SETTINGS.get(root.name, {}).get('nova_host', root.name)}\n",
        "etc/machine-id": f"{uuid.uuid4().hex}\n",
        "proc/sys/kernel/random/boot_id": f"{uuid.uuid4()}\n",
    }
    for name, file in {**identity, **files}.items():
        recorded = file.startswith(("debian/", "redhat/"))
        content = (RECORDED / file).read_text() if recorded else file
        if content or name.startswith("after_"):
            write(root / name, content)


def main(folder: str, python: str) -> None:
    state = Path(folder)
    groups: dict[str, dict[str, dict[str, dict[str, object]]]] = {}
    for group, hosts in HOSTS.items():
        groups[group] = {"hosts": {}}
        for host, files in hosts.items():
            shutil.rmtree(state / host, ignore_errors=True)
            make(state / host, files, python)
            groups[group]["hosts"][host] = {
                "ansible_connection": "stand_in_host",
                "ansible_stand_in_root": str(state / host),
                "ansible_remote_tmp": str(state / host / "tmp"),
                "ansible_pipelining": True,
                "ansible_python_interpreter": python,
                "family": "RedHat" if host.startswith("redhat") else "Debian",
                **SETTINGS.get(host, {}),
            }
    write(state / "inventory.yml", json.dumps(groups, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
