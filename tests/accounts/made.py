# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Where the files lie that are made from the table, and Nova's own rules, which they depend on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.accounts import files
from tests.accounts.table import JOBS
from tests.tools.layout import BUILD, ROOT

FOLDER = ROOT / "playbooks" / "files" / "accounts"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "accounts_guide.rst"
DEFAULTS = Path(__file__).with_name("nova_defaults.json")
NOVA = BUILD / "cloud" / "venv" / "bin" / "python"  # the embedded cloud's
ASK = """
import importlib.metadata, json, nova.policies
rules = {rule.name: rule.check_str for rule in nova.policies.list_rules()}
print(json.dumps({"release": importlib.metadata.version("nova"), "rules": rules}))
"""


def defaults() -> tuple[str, dict[str, str]]:
    """Return the Nova whose rules are recorded, and those of its rules that a policy file must hold."""
    known = json.loads(DEFAULTS.read_text(encoding="utf-8"))
    return f"Nova {known['release']}", known["rules"]


def record() -> None:
    """Ask the Nova of the embedded cloud for its rules, and record them."""
    asked = subprocess.run([NOVA, "-c", ASK], check=True, stdout=subprocess.PIPE, text=True)
    known = json.loads(asked.stdout.splitlines()[-1])
    known["rules"] = files.recorded(known["rules"])
    DEFAULTS.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def made() -> dict[Path, str]:
    """Return the text of each file that is made from the table."""
    release, rules = defaults()
    texts = {
        FOLDER / "nova-policy.yaml": files.policy_file("Nova", release, files.nova_rules(rules)),
        FOLDER / "placement-policy.yaml": files.policy_file("Placement", "every release", files.placement_rules()),
        FOLDER / "neutron-policy.yaml": files.policy_file("Neutron", "every release", files.neutron_rules()),
        GUIDE: files.guide(GUIDE.read_text(encoding="utf-8")),
    }
    return texts | {FOLDER / f"access-rules-{job}.json": files.access_rules(job) for job in JOBS}
