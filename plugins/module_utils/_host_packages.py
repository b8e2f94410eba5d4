# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide which packages of a host to upgrade, whether it needs a reboot, and whether a boot is a new one. Pure.

This reads what the host's own tools print under ``LC_ALL=C``, as ``roles/rolling_upgrade/vars/built_in_*.yml`` call
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ._errors import UnreadableOutput

# Lines of ``apt-get --simulate``. Only a package that is installed already has its old version, in brackets.
_APT_UPGRADE = re.compile(r"^Inst ([a-z0-9][\w.+:-]*) \[\S+\] \(", re.MULTILINE)
_APT_REMOVAL = re.compile(r"^Remv ([a-z0-9][\w.+:-]*) ", re.MULTILINE)
_APT_KEPT_BACK = re.compile(r"^The following packages have been kept back:\n((?: .*\n)+)", re.MULTILINE)
_APT_END = re.compile(r"^\d+ upgraded, \d+ newly installed, ", re.MULTILINE)
# The second letter of dpkg's abbreviated status of a package that dpkg has not finished with: half-installed, unpacked,
# half-configured, waiting for triggers, triggers pending.
_UNFINISHED = frozenset("HUFWt")
# The release of a kernel is its version, whose parts start with digits, and its flavour.
_DEBIAN_KERNEL = re.compile(r"linux-image-(?:unsigned-)?((?:\d[^-]*-)+([a-z][a-z0-9-]*))")
_DEBIAN_BUILD = re.compile(r" Debian (\S+) \(")
# ``name.arch  version  repository``; what an obsoleting package replaces is indented, and is not meant.
_DNF_LINE = re.compile(r"^([A-Za-z0-9][\w.+-]*)\.\w+[ \t]+\S+[ \t]+\S+[ \t]*$", re.MULTILINE)
_DNF_OBSOLETING = re.compile(r"^Obsoleting [Pp]ackages[ \t]*$", re.MULTILINE)
_DNF_BROKEN_LINE = re.compile(r"\n[ \t]+(?=\S)")
_DNF_UPDATES = 100  # the exit status of ``dnf check-update`` when there are updates
_BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a host needs."""

    packages: list[str] = field(default_factory=list)  # to upgrade
    unfinished: list[str] = field(default_factory=list)  # which an interrupted upgrade left half-installed
    reboot: list[str] = field(default_factory=list)  # why one is required
    problems: list[str] = field(default_factory=list)  # why the upgrade must not begin
    kept_back: list[str] = field(default_factory=list)  # which wait and are not upgraded, such as those on hold
    kernel: str = ""  # that runs, with its build where that has a version of its own


def host_needs(family: str, outputs: Mapping[str, Mapping[str, Any]], patterns: Sequence[str]) -> Needs:
    """Return what a host needs.

    :param family: ``Debian`` or ``RedHat``.
    :param outputs: ``stdout`` and ``rc`` of the tools, by ``pending``, ``installed``, ``kernel`` and ``restart``, of
        dnf also ``unlocked``: what would be pending if nothing were excluded or locked to its version.
    :param patterns: names of packages to upgrade, with ``*``, ``?`` and ``[...]``.
    :raises UnreadableOutput: if an output is not what the tool prints.
    """
    printed = {name: str(output["stdout"]) for name, output in outputs.items()}
    everything = "*" in patterns
    if family == "Debian":
        installed = _dpkg(printed["installed"])
        names = {name for name, (status, version) in installed.items() if status == "i"}
        pending, removed, kept_back = _apt(printed["pending"])
        unfinished = sorted(name for name, (status, version) in installed.items() if status in _UNFINISHED)
        reboot = _reboot_file(printed["restart"]) or _debian_kernel(installed, printed["kernel"])
    else:
        builds = _rpm(printed["installed"])
        names = {name for name, build in builds}
        pending, removed, unfinished = _dnf(printed["pending"], int(outputs["pending"]["rc"])), [], []
        unlocked = _dnf(printed["unlocked"], int(outputs["unlocked"]["rc"]))
        kept_back = [name for name in unlocked if name not in pending]
        required = _needs_restarting(printed["restart"])
        # Red Hat appends the variant to the release of a running kernel (``...x86_64+rt``), but not to its package.
        reboot = _newer(builds, printed["kernel"].split()[0].partition("+")[0]) if required is None else required
    problems = [
        f"no installed package matches {pattern!r} of rolling_upgrade_packages"
        for pattern in patterns
        if not any(fnmatchcase(name, pattern) for name in [*names, *unfinished, *map(_bare, pending)])
    ]
    if everything and removed:
        problems.append(f"the upgrade would remove {', '.join(removed)}")

    def matching(packages: Iterable[str]) -> list[str]:
        return [name for name in packages if any(fnmatchcase(_bare(name), pattern) for pattern in patterns)]

    kernel = _running_kernel(printed["kernel"])
    return Needs(matching(pending), unfinished, reboot, problems, matching(kept_back), kernel)


def is_new_boot(before: str, after: str) -> bool:
    """Return whether two values of the kernel's ``random/boot_id`` are those of different boots.

    :raises UnreadableOutput: if one of them is no such id.
    """
    for text in (before, after):
        if not _BOOT_ID.fullmatch(text.strip()):
            raise UnreadableOutput(f"{text.strip()!r} is not the id of a boot, which is a UUID.")
    return before.strip() != after.strip()


def _bare(name: str) -> str:
    """Return the name of a package without the architecture that apt adds to a foreign one."""
    return name.split(":")[0]


def _apt(text: str) -> tuple[list[str], list[str], list[str]]:
    """Return the packages that ``apt-get --simulate dist-upgrade`` would upgrade, would remove, and keeps back."""
    if not _APT_END.search(text):
        raise UnreadableOutput(
            "apt-get did not say how many packages it would upgrade: see what it prints on the host."
        )
    kept_back = _APT_KEPT_BACK.search(text)
    return _APT_UPGRADE.findall(text), _APT_REMOVAL.findall(text), kept_back[1].split() if kept_back else []


def _dpkg(text: str) -> dict[str, tuple[str, str]]:
    """Return status letter and version by package, from lines of abbreviated status, name and version between tabs."""
    lines = [line.split("\t") for line in text.splitlines()]
    if not lines or any(len(parts) != 3 for parts in lines):
        raise UnreadableOutput(
            "dpkg-query did not print a status, a name and a version per line: see what it prints on the host."
        )
    return {name: (status[1:2], version) for status, name, version in lines}


def _reboot_file(text: str) -> list[str]:
    """Return the packages for which ``/run/reboot-required`` was written, from its text and its list of packages."""
    lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    packages = [line for line in lines if not line.startswith("*")]
    return packages or lines


def _running_kernel(running: str) -> str:
    """Return the release of the kernel that runs, and on Debian its build, which changes where the release does not."""
    build = _DEBIAN_BUILD.search(running)
    return running.split()[0] + (f" ({build[1]})" if build else "")


def _debian_kernel(installed: Mapping[str, tuple[str, str]], running: str) -> list[str]:
    """Return why another kernel should run: a newer one is installed, or another build of the running one."""
    release = running.split()[0]
    versions = {}
    kernels = []
    for name, (status, version) in installed.items():
        match = _DEBIAN_KERNEL.fullmatch(name)
        if match and status == "i":
            versions[match[1]] = version
            kernels.append((match[2], match[1]))
    build = _DEBIAN_BUILD.search(running)
    if build and versions.get(release, build[1]) != build[1]:
        return [f"the kernel {release} is installed as {versions[release]} and runs as {build[1]}"]
    return _newer(kernels, release)


def _rpm(text: str) -> list[tuple[str, str]]:
    """Return name and version-release.architecture of each package; for a kernel the latter is its release."""
    lines = [line.split(" ") for line in text.splitlines()]
    if not lines or any(len(parts) != 2 for parts in lines):
        raise UnreadableOutput("rpm did not print a name and a version per line: see what it prints on the host.")
    return [(parts[0], parts[1]) for parts in lines]


def _dnf(text: str, status: int) -> list[str]:
    """Return the packages that ``dnf check-update`` lists, with those that obsolete an installed one."""
    updates, *obsoleting = _DNF_OBSOLETING.split(text, maxsplit=1)
    lines = "\n".join([_DNF_BROKEN_LINE.sub(" ", updates), *obsoleting])
    packages = list(dict.fromkeys(_DNF_LINE.findall(lines)))
    if status == _DNF_UPDATES and not packages:
        raise UnreadableOutput(
            "dnf check-update says that there are updates, but lists none: see what it prints on the host."
        )
    return packages


def _needs_restarting(text: str) -> list[str] | None:
    """Return the packages for which ``dnf needs-restarting -r`` wants a reboot; None if dnf has no such command."""
    if "Reboot is required" in text:
        return re.findall(r"^  \* (\S+)$", text, re.MULTILINE) or ["dnf needs-restarting"]
    return [] if "Reboot should not be necessary" in text else None


def _newer(kernels: Iterable[tuple[str, str]], running: str) -> list[str]:
    """Return a sentence that names the newest kernel, if one is newer than the running one.

    Only kernels of one flavour are compared. A running kernel that is not installed has no known flavour, so nothing is
    newer than it.

    :param kernels: flavour and release of each installed kernel.
    :param running: the release of the running one.
    """
    known = list(kernels)
    flavours = {flavour for flavour, release in known if release == running}
    later = [release for flavour, release in known if flavour in flavours and _age(release) > _age(running)]
    return [f"the kernel {max(later, key=_age)} is installed and {running} runs"] if later else []


def _age(release: str) -> list[list[tuple[int, int, str]]]:
    """Return a key that sorts releases as rpm does, version before release: numbers by value, and above letters."""
    return [
        [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|[A-Za-z]+", piece)]
        for piece in release.split("-")
    ]
