# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Build the documentation as a site in ``build/docs/html``: the guides of ``docs/docsite`` and a page for each plugin.

Nothing is downloaded, a warning is an error, and the pages load nothing from elsewhere, so the site works anywhere.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

from tests.tools.layout import BUILD, ROOT, VENV, alone, environment

WORK = BUILD / "docs"
SOURCE, SITE = WORK / "source", WORK / "html"
COLLECTION = "stackops.aggregates"

# What the generated pages refer to in Ansible's own documentation: name, type and place, as in Sphinx' inventories.
# Without it these are unknown references; the real inventory would have to be downloaded for each build.
ANSIBLE = {
    "action_plugins": ("std:label", "plugins/action.html#action-plugins"),
    "ansible_configuration_settings": ("std:label", "reference_appendices/config.html#ansible-configuration-settings"),
    "callback_plugins": ("std:label", "plugins/callback.html#callback-plugins"),
    "common_return_values": ("std:label", "reference_appendices/common_return_values.html#common-return-values"),
    **{
        f"ANSIBLE_{name}": ("std:envvar", f"reference_appendices/config.html#envvar-ANSIBLE_{name}")
        for name in ("CACHE_PLUGIN", "CACHE_PLUGIN_CONNECTION", "CACHE_PLUGIN_PREFIX", "CACHE_PLUGIN_TIMEOUT")
    },
}
REMOTE = re.compile(r"<(?:script|img|iframe|link rel=\"stylesheet\")[^>]+(?:src|href)=\"(?:https?:)?//[^\"]*\"")


def run(tool: str, *arguments: str) -> None:
    """Run an installed tool in the checkout."""
    subprocess.run([str(VENV / "bin" / tool), *arguments], check=True, cwd=ROOT, env=environment())


def write_inventory() -> None:
    """Write what Sphinx' inventory of Ansible's documentation has of ``ANSIBLE`` (format 2, zlib after four lines)."""
    lines = [f"{name} {kind} -1 {place} -\n" for name, (kind, place) in ANSIBLE.items()]
    head = b"# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n# The remainder of this file is zlib.\n"
    (WORK / "ansible.inv").write_bytes(head + zlib.compress("".join(lines).encode()))


def tags_from_afar(page: Path) -> list[str]:
    """Return what a page would load from another site."""
    return [match[0] for match in REMOTE.finditer(page.read_text())]


def main() -> int:
    """Return 1 when something is wrong with a page; the tools say what."""
    if WORK.exists():
        shutil.rmtree(WORK)
    SOURCE.mkdir(parents=True, mode=0o755)
    SOURCE.chmod(0o755)  # antsibull-docs writes into no folder that a group may write to
    settings = ["--config-file", str(ROOT / "docs" / "antsibull-docs.cfg")]
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(SOURCE)]
    write_inventory()
    try:
        run("antsibull-docs", *settings, "collection", *options, COLLECTION)
        run("sphinx-build", "--quiet", "--fail-on-warning", "-c", str(ROOT / "docs"), str(SOURCE), str(SITE))
    except subprocess.CalledProcessError as error:
        print(f"{error.cmd[0]} ended with {error.returncode}; mend what it says above.", file=sys.stderr)
        return 1
    pages = SITE.rglob("*.html")
    remote = [f"{page.name} loads from elsewhere: {tag}" for page in pages for tag in tags_from_afar(page)]
    print("\n".join(remote) or f"{SITE.relative_to(ROOT)}/index.html is the site.")
    return 1 if remote else 0


if __name__ == "__main__":
    with alone("docs"):
        sys.exit(main())
