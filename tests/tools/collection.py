# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Build the collection from the files git tracks, see that the tarball holds what it should, and install it offline.

It goes into an empty place, where tests/packaging tries it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.tools.layout import BUILD, ROOT, VENV, alone, copy_checkout, environment

WORK = BUILD / "collection"
# What a user gets, at the top of the tarball. The last two are written by the build.
CONTENTS = {
    "CHANGELOG.md",
    "LICENSE",
    "LICENSES",
    "README.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
    "FILES.json",
    "MANIFEST.json",
}


def run(tool: str, *arguments: str, path: Path | None = None) -> str:
    """Run an installed tool, with only the collections below ``path``; return what it prints."""
    extra = {"ANSIBLE_COLLECTIONS_PATH": str(path)} if path else {}
    command = [str(VENV / "bin" / tool), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment(**extra)).stdout


def build() -> Path:
    """Return the tarball, made from a copy without anything git does not know."""
    copy_checkout(WORK / "source", untracked=False)
    run("ansible-galaxy", "collection", "build", str(WORK / "source"), "--output-path", str(WORK), "--force")
    (tarball,) = WORK.glob("*.tar.gz")
    return tarball


def faults(tarball: Path) -> list[str]:
    """Install the tarball and say what is missing in it or should not be there."""
    with tarfile.open(tarball) as archive:
        packed = {name.split("/")[0] for name in archive.getnames()}
    problems = [f"{name} is packed: list it in build_ignore of galaxy.yml" for name in sorted(packed - CONTENTS)]
    there = {path.name for path in (WORK / "source").iterdir()} & CONTENTS
    problems += [f"{name} is not packed: build_ignore of galaxy.yml hides it" for name in sorted(there - packed)]

    place = WORK / "installed"
    run(
        "ansible-galaxy",
        "collection",
        "install",
        str(tarball),
        "--collections-path",
        str(place),
        "--offline",
        path=place,
    )
    for playbook in sorted((ROOT / "playbooks").glob("*.yml")):
        run("ansible-playbook", "--syntax-check", f"stackops.aggregates.{playbook.stem}", path=place)
    return problems


def main() -> int:
    """Build, install, look; keep the tarball in ``build/collection``."""
    if WORK.exists():
        shutil.rmtree(WORK)
    try:
        tarball = build()
        problems = faults(tarball)
    except subprocess.CalledProcessError as error:
        print(error.stdout, file=sys.stderr)
        print(f"{' '.join(error.cmd)} ended with {error.returncode}; mend what it says above.", file=sys.stderr)
        return 1
    print("\n".join(problems) or f"{tarball.relative_to(ROOT)} installs, and holds all that it should.")
    return 1 if problems else 0


if __name__ == "__main__":
    with alone("collection"):
        sys.exit(main())
