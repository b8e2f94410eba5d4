# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a host needs, read from recorded outputs of the tools of both families."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import UnreadableOutput
from ansible_collections.stackops.aggregates.plugins.module_utils._host_packages import Needs, host_needs, is_new_boot

RECORDED = Path(__file__).resolve().parents[3] / "recorded"
FOLDERS = {"Debian": RECORDED / "debian", "RedHat": RECORDED / "redhat"}
DEBIAN_PACKAGES = [
    *("base-files", "libperl5.36", "perl", "perl-base", "perl-modules-5.36", "tzdata", "libssl-dev", "libssl3"),
    *("libexpat1-dev", "libexpat1", "linux-image-amd64", "openssl"),
]
REDHAT_PACKAGES = [
    *("kernel-core", "openstack-nova-compute", "openvswitch3.4-selinux-extra-policy-for-network-functions", "qemu-kvm"),
    "network-scripts-openvswitch3.5",
]


def needs(family: str, *patterns: str, **files: str) -> Needs:
    """Return what a host needs whose tools print these recorded files; a text with a line break is printed itself."""
    printed = {"pending": "pending", "installed": "installed", "kernel": "kernel", "restart": "", "unlocked": ""}
    printed |= files
    outputs: dict[str, dict[str, Any]] = {}
    for name, file in printed.items():
        text = file if "\n" in file or not file else (FOLDERS[family] / f"{file}.txt").read_text()
        outputs[name] = {"stdout": text.rstrip("\n"), "rc": 0}  # as the module command returns it
    outputs["pending"]["rc"] = 100 if family == "RedHat" and outputs["pending"]["stdout"] else 0
    return host_needs(family, outputs, patterns or ["*"])


@pytest.mark.parametrize(("family", "packages"), [("Debian", DEBIAN_PACKAGES), ("RedHat", REDHAT_PACKAGES)])
def test_all_that_can_be_upgraded_is_named_and_nothing_else(family: str, packages: list[str]) -> None:
    found = needs(family)
    assert found == Needs(packages=packages, kept_back=found.kept_back, kernel=found.kernel)


@pytest.mark.parametrize("family", FOLDERS)
def test_host_that_is_up_to_date_needs_nothing(family: str) -> None:
    found = needs(family, pending="pending-none")
    assert found == Needs(kept_back=found.kept_back, kernel=found.kernel)


def test_what_apt_keeps_back_is_told() -> None:
    kept_back = needs("Debian").kept_back
    assert (len(kept_back), kept_back[0], kept_back[-1]) == (95, "appstream", "xz-utils")
    assert needs("Debian", "openssl", "libssl*").kept_back == []
    assert needs("Debian", "systemd*").kept_back == ["systemd", "systemd-sysv", "systemd-timesyncd"]
    assert needs("RedHat").kept_back == []


def test_what_dnf_excludes_or_locks_is_told() -> None:
    """As dnf 4.14 printed it: beta is locked to its version, gamma excluded."""
    line = "{}.noarch                                2.0-1                           told\n"
    pending = "\n" + "".join(map(line.format, ("alpha", "kernel-core")))
    unlocked = "\n" + "".join(map(line.format, ("alpha", "beta", "gamma", "kernel-core")))
    assert needs("RedHat", pending=pending, unlocked=unlocked).kept_back == ["beta", "gamma"]
    found = needs("RedHat", "b*", "bash", pending=pending, unlocked=unlocked)
    assert (found.packages, found.kept_back) == ([], ["beta"])


@pytest.mark.parametrize(
    ("family", "patterns", "packages"),
    [
        ("Debian", ["openssl", "libssl*"], ["libssl-dev", "libssl3", "openssl"]),
        ("Debian", ["linux-image-*"], ["linux-image-amd64"]),
        ("Debian", ["bash"], []),
        ("RedHat", ["qemu-*", "bash"], ["qemu-kvm"]),
        ("RedHat", ["network-scripts-openvswitch*"], ["network-scripts-openvswitch3.5"]),
    ],
)
def test_only_packages_that_match_are_upgraded(family: str, patterns: list[str], packages: list[str]) -> None:
    found = needs(family, *patterns)
    assert found == Needs(packages=packages, kept_back=found.kept_back, kernel=found.kernel)


def test_foreign_architecture_does_not_hide_the_name() -> None:
    pending = "Inst libssl3:i386 [3.0.1] (3.0.2 Debian:12 [i386])\n1 upgraded, 0 newly installed, 0 to remove.\n"
    assert needs("Debian", "libssl3", pending=pending).packages == ["libssl3:i386"]


@pytest.mark.parametrize("family", FOLDERS)
def test_name_that_no_installed_package_has_is_a_problem(family: str) -> None:
    problems = needs(family, "bash", "qemo-*").problems
    assert problems == ["no installed package matches 'qemo-*' of rolling_upgrade_packages"]


def test_upgrade_of_everything_that_removes_packages_is_a_problem() -> None:
    assert needs("Debian", pending="pending-removal").problems == ["the upgrade would remove monitoring-agent"]
    assert needs("Debian", "openssl", pending="pending-removal").problems == []


def test_interrupted_upgrade_left_work() -> None:
    assert needs("Debian", installed="installed-broken").unfinished == ["libssl3", "openssl"]


def test_lines_that_dnf_broke_are_read() -> None:
    assert needs("RedHat", pending="pending-wrapped").packages == [REDHAT_PACKAGES[2], "qemu-kvm"]


def test_obsoleting_package_alone_is_an_upgrade() -> None:
    assert needs("RedHat", pending="pending-obsoletes").packages == ["network-scripts-openvswitch3.5"]


@pytest.mark.parametrize(
    ("family", "files", "words"),
    [
        ("Debian", {"pending": "E: Unmet dependencies.\n"}, "apt-get did not say"),
        ("Debian", {"installed": "ii openssl 3.0\n"}, "dpkg-query did not print"),
        ("Debian", {"installed": ""}, "dpkg-query did not print"),
        ("RedHat", {"installed": "bash-5.1.8-9.el9.x86_64\n"}, "rpm did not print"),
        ("RedHat", {"pending": "Something else\n"}, "lists none"),
    ],
)
def test_what_the_tools_never_print_is_an_error(family: str, files: dict[str, str], words: str) -> None:
    with pytest.raises(UnreadableOutput, match=words):
        needs(family, **files)


@pytest.mark.parametrize(
    ("family", "files", "reasons"),
    [
        ("Debian", {"restart": "restart-yes"}, ["linux-image-6.1.0-50-amd64", "dbus"]),
        ("Debian", {"restart": "*** System restart required ***\n"}, ["*** System restart required ***"]),
        (
            "Debian",
            {"installed": "installed-upgraded"},
            ["the kernel 6.1.0-50-amd64 is installed and 6.1.0-28-amd64 runs"],
        ),
        ("Debian", {"installed": "installed-upgraded", "kernel": "kernel-booted"}, []),
        ("RedHat", {"restart": "restart-yes"}, ["systemd"]),
        ("RedHat", {"restart": "restart-no", "installed": "installed-upgraded"}, []),
        (
            "RedHat",
            {"restart": "restart-missing", "installed": "installed-upgraded"},
            ["the kernel 5.14.0-503.15.1.el9_5.x86_64 is installed and 5.14.0-503.11.1.el9_5.x86_64 runs"],
        ),
        ("RedHat", {"restart": "restart-missing", "installed": "installed-upgraded", "kernel": "kernel-booted"}, []),
    ],
)
def test_reboot_is_required_for_these_reasons(family: str, files: dict[str, str], reasons: list[str]) -> None:
    assert needs(family, **files).reboot == reasons


def debian_kernels(running: str, *releases: str) -> list[str]:
    installed = "".join(f"ii \tlinux-image-{release}\t1\n" for release in releases)
    return needs("Debian", installed=installed + "ii \tbash\t1\n", kernel=f"{running} #1 SMP\n").reboot


@pytest.mark.parametrize(
    ("running", "newer"),
    [
        ("6.1.0-9-amd64", "6.1.0-28-amd64"),
        ("6.1.0-28-amd64", "6.12.9-amd64"),
        ("6.12.9+deb13-amd64", "6.12.57+deb13-amd64"),
        ("6.12.57+deb13-amd64", "6.12.57+deb13-1-amd64"),
        ("6.8.0-45-generic", "6.8.0-49-generic"),
    ],
)
def test_newer_debian_kernel_of_the_same_flavour_asks_for_a_reboot(running: str, newer: str) -> None:
    assert debian_kernels(running, running, newer) == [f"the kernel {newer} is installed and {running} runs"]
    assert debian_kernels(newer, running, newer) == []


@pytest.mark.parametrize(
    "others",
    [
        pytest.param(["6.1.0-28-cloud-amd64"], id="another flavour"),
        pytest.param(["6.1.0-28-amd64-dbg"], id="debug symbols"),
        pytest.param(["amd64"], id="the package that only depends on kernels"),
    ],
)
def test_what_does_not_succeed_the_running_kernel_asks_for_nothing(others: list[str]) -> None:
    assert debian_kernels("6.1.0-9-amd64", "6.1.0-9-amd64", *others) == []


def test_kernel_that_no_package_brought_is_left_alone() -> None:
    assert debian_kernels("6.18.44-ours", "6.1.0-28-amd64") == []


def test_removed_kernel_whose_settings_are_left_asks_for_nothing() -> None:
    installed = "ii \tlinux-image-6.1.0-9-amd64\t1\nrc \tlinux-image-6.1.0-28-amd64\t1\n"
    assert needs("Debian", installed=installed, kernel="6.1.0-9-amd64 #1 SMP\n").reboot == []


def test_other_build_of_the_running_kernel_asks_for_a_reboot() -> None:
    installed = "ii \tlinux-image-6.1.0-28-amd64\t6.1.119-2\n"
    assert needs("Debian", installed=installed).reboot == [
        "the kernel 6.1.0-28-amd64 is installed as 6.1.119-2 and runs as 6.1.119-1"
    ]


@pytest.mark.parametrize(
    ("package", "running", "newer"),
    [
        ("kernel-core", "5.14.0-503.el9.x86_64", "5.14.0-503.2.1.el9_5.x86_64"),
        ("kernel-core", "5.14.0-503.9.1.el9_5.x86_64", "5.14.0-503.11.1.el9_5.x86_64"),
        ("kernel-core", "6.6.8-200.fc39.x86_64", "6.11.4-100.fc39.x86_64"),
        ("kernel-uek-core", "5.15.0-300.161.13.el9uek.x86_64", "5.15.0-302.167.6.el9uek.x86_64"),
        ("kernel-rt-core", "5.14.0-427.rt7.1.el9.x86_64", "5.14.0-503.rt7.1.el9.x86_64"),
    ],
)
def test_newer_red_hat_kernel_asks_for_a_reboot(package: str, running: str, newer: str) -> None:
    installed = f"{package} {newer}\n{package} {running}\nbash 5-1.x86_64\n"
    variant = "+rt" if "-rt-" in package else ""

    def reboot(release: str) -> list[str]:
        return needs("RedHat", installed=installed, restart="restart-missing", kernel=f"{release}{variant} #1\n").reboot

    assert reboot(running) == [f"the kernel {newer} is installed and {running} runs"]
    assert reboot(newer) == []


BOOT = "2718c37f-3621-42f7-8627-1a21da46d4c8"


def test_boot_is_new_when_its_id_differs() -> None:
    assert is_new_boot(BOOT, BOOT.replace("2", "3"))
    assert not is_new_boot(BOOT, f"{BOOT}\n")


@pytest.mark.parametrize("nothing", ["", "Connection closed"])
def test_what_is_no_boot_id_proves_nothing(nothing: str) -> None:
    with pytest.raises(UnreadableOutput, match="not the id of a boot"):
        is_new_boot(BOOT, nothing)


def test_the_kernel_that_runs_is_told_with_its_build_where_that_has_a_version() -> None:
    assert needs("RedHat").kernel == "5.14.0-503.11.1.el9_5.x86_64"
    assert needs("Debian").kernel == "6.1.0-28-amd64 (6.1.119-1)"
