# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The guests' kernel, which is Debian's own, and their one program (guest.c) as its initial file system."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("guest.c")
KERNEL_PACKAGE = "linux-image-cloud-amd64"


def build(folder: Path) -> tuple[Path, Path]:
    """Return the kernel and the initial file system, made unless they are there."""
    kernel, initrd = folder / "vmlinuz", folder / "initrd.gz"
    folder.mkdir(parents=True, exist_ok=True)
    if not kernel.exists():
        unpack_kernel(folder, kernel)
    if not initrd.exists() or initrd.stat().st_mtime < SOURCE.stat().st_mtime:
        pack_program(folder / "root", initrd)
    return kernel, initrd


def unpack_kernel(folder: Path, kernel: Path) -> None:
    """Download the package, and install nothing."""
    depends = ["apt-cache", "depends", "--important", KERNEL_PACKAGE]
    lines = subprocess.run(depends, check=True, capture_output=True, text=True).stdout.splitlines()
    package = next(line.split()[1] for line in lines if line.strip().startswith("Depends:"))
    download = folder / "package"
    download.mkdir(exist_ok=True)
    subprocess.run(["apt-get", "-q", "download", package], cwd=download, check=True, stdout=subprocess.DEVNULL)
    (file,) = download.glob("*.deb")
    subprocess.run(["dpkg-deb", "--extract", str(file), str(download / "tree")], check=True)
    (image,) = (download / "tree" / "boot").glob("vmlinuz*")
    image.rename(kernel)
    shutil.rmtree(download)


def pack_program(root: Path, initrd: Path) -> None:
    (root / "dev").mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-static", "-s", "-o", str(root / "init"), str(SOURCE)], check=True)
    console = root / "dev" / "console"
    if not console.exists():
        os.mknod(console, stat.S_IFCHR | 0o600, os.makedev(5, 1))
    with initrd.open("wb") as output:
        command = "find . | cpio --create --format newc --quiet | gzip -9"
        subprocess.run(["sh", "-c", command], cwd=root, stdout=output, check=True)
