# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Write the tables of options in README.md from the modules' documentation; with ``--check`` only compare.

``python tests/tools/readme.py``, with the tools' Python (``build/venv``), for it needs PyYAML.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import Any

import yaml
from layout import ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- options: written by tests/tools/readme.py -->\n", "<!-- end of options -->\n"


def documentation(module: str) -> Any:
    """Return the documentation of a module, read without importing it."""
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise LookupError(f"plugins/modules/{module}.py holds no DOCUMENTATION: write it")


def plain(description: Any) -> str:
    """The description as Markdown: ``O(name)`` and its like become code."""
    text = " ".join(description) if isinstance(description, list) else str(description)
    text = re.sub(r"\b[OVRCE]V?\(([^)]*)\)", lambda found: f"`{found[1].replace('=', ': ')}`", text)
    return re.sub(r"\bM\(stackops\.aggregates\.([^)]*)\)", r"`\1`", text).replace("|", "\\|")


def takes(option: dict[str, Any]) -> str:
    """What may be given, and what counts when nothing is."""
    kind = f"list of {option['elements']}" if "elements" in option else option["type"]
    values = ", ".join(f"`{value}`" for value in option.get("choices", ())) or kind
    if option.get("required"):
        return f"{values}; required"
    default = option.get("default")
    shown = str(default).lower() if isinstance(default, bool) else default
    return values if default is None else f"{values}; default `{shown}`"


def rows(options: dict[str, Any], prefix: str = "") -> list[str]:
    """Return a line for each option, its suboptions after it."""
    lines = []
    for name, option in options.items():
        lines.append(f"| `{prefix}{name}` | {takes(option)} | {plain(option['description'])} |")
        lines += rows(option.get("suboptions", {}), f"{prefix}{name}[].")
    return lines


def tables() -> str:
    """Return the tables of all modules."""
    parts = []
    for module in sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")):
        told = documentation(module)
        head = [f"#### {module}", "", plain(told["short_description"]) + ".", ""]
        lines = rows(told.get("options", {}))
        parts.append("\n".join([*head, "| option | takes | |", "| --- | --- | --- |", *lines, ""]))
    return "\n" + "\n".join(parts) + "\n"


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` return 1 when what stands is not what would be written."""
    text = README.read_text()
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    if not _begin or not _end:
        print(f"README.md lacks the lines {BEGIN.strip()!r} and {END.strip()!r}: put them back.", file=sys.stderr)
        return 1
    wanted = before + BEGIN + tables() + END + after
    if "--check" in arguments:
        if wanted != text:
            print("The options in README.md are not those of the modules: run tests/tools/readme.py.", file=sys.stderr)
        return int(wanted != text)
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
