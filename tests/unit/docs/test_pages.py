# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is written about the collection names only what it has, and quotes only what it says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import record

from tests.accounts.table import CALLS, JOBS, policies_of, role
from tests.unit.collection.repository import (
    COLLECTION,
    INVENTORIES,
    MODULES,
    ROLES,
    ROOT,
    files,
    load,
    options,
    task_faults,
)

PAGES = sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.rst"))
FOR_USERS = [*PAGES, Path("README.md"), *(Path("roles", role, "README.md") for role in ROLES)]
PROSE = [*FOR_USERS, Path("CONTRIBUTING.md")]
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
# Facts and groups of the roles that are no options: what hooks read and set, and where the playbook puts the hosts.
FACTS = {
    "rolling_upgrade_failed_phase",
    "rolling_upgrade_host",
    "rolling_upgrade_needed",
    "rolling_upgrade_kept_back",
    "rolling_upgrade_version",
    "rolling_upgrade_members",
    "rolling_upgrade_notice",
}
# Words that pages set as code and that are no names of ours: examples, Ansible's, Nova's, other tools'.
WORDS = {
    *("nvme", "production", "localhost", "rack", "forks", "nova", "openstack", "affinity", "anti-affinity", "zone"),
    *("max_concurrent_live_migrations", "cluster_upgrade", "request_id", "nova_host"),
    *("event", "begun", "paused", "blocked", "failed", "done", "text", "pool", "roll"),  # of a notice
    *("flock", "concurrency", "resource_group", "ansible-builder", "failure"),  # of file systems, CI and a report
    *re.findall(r"``(\w+)``", record.__doc__ or ""),  # events of a record
    *("no_log", "host_pinned", "run_once", "any_errors_fatal", "max_fail_percentage"),  # Ansible's own
    *("kolla_serial", "nova_compute_serial", "rolling_update", "migrate", "evacuate"),  # of other tools
    *("admin", "reader", "compute", "placement", "image", "enforce_new_defaults", "service_type", "system_scope"),
    # What the guide on accounts has of the table.
    *(word for job in JOBS for word in (job, role(job), *policies_of(job))),
    *(word.removeprefix("os_compute_api:") for call in CALLS for word in (call.action, *call.policies) if word),
}


def code(page: Path, language: str) -> list[str]:
    """Return the blocks of code in one language."""
    if page.suffix == ".md":
        return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    block = rf"^\.\. code-block:: {re.escape(language)}\n\n((?:(?: {{4}}.*)?\n)+)"
    return re.findall(block, (ROOT / page).read_text(), re.MULTILINE)


def choices(documented: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Yield each option at any depth with the values that it takes; none where it takes others too."""
    for name, option in documented.items():
        yield name, set(option.get("choices", ()))
        yield from choices(option.get("suboptions") or option.get("options") or {})


@cache
def variables() -> dict[str, set[str]]:
    """Return the variables of all roles, as documented, and of ``plan_upgrade``, as its playbook reads them."""
    specs = [load(Path("roles", role, "meta", "argument_specs.yml"))["argument_specs"] for role in ROLES]
    ours = {name: values for spec in specs for entry in spec.values() for name, values in choices(entry["options"])}
    playbook = (ROOT / "playbooks" / "plan_upgrade.yml").read_text()
    return ours | {name: set() for name in re.findall(r"\bplan_upgrade_\w*[a-z]", playbook)}


def takes(name: str, value: str) -> bool:
    """Return whether a variable, or an option of one of our modules, has this name and takes this value."""
    documented = [*variables().items(), *(pair for module in MODULES for pair in choices(options(module)))]
    return any(option == name and (value in ("", *taken) or not taken) for option, taken in documented)


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_page_names_only_what_there_is(page: Path) -> None:
    text = (ROOT / page).read_text()
    named = set(re.findall(rf"\b{re.escape(COLLECTION)}\.(?!docsite|git)(\w+)", text))
    assert named <= {*MODULES, *INVENTORIES, *ROLES, *PLAYBOOKS, "all"}
    # A role's name with an underscore behind it begins a variable, unless it is a key, a folder or a page.
    owners = "|".join([*ROLES, "plan_upgrade"])
    variables_named = set(re.findall(rf"(?<![\w/.])((?:{owners})_[a-z_]*[a-z])(?![\w.(]|-of)", text))
    assert variables_named - variables().keys() - FACTS == set()


@pytest.mark.parametrize("page", FOR_USERS, ids=str)
def test_page_names_options_and_values_that_there_are(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"(?<!`)`{1,2}([a-z][a-z_-]*[a-z])(?::\s+([^`]*))?`", text)
    known = {(name, "") for name in [*MODULES, *INVENTORIES, *ROLES, *PLAYBOOKS, *FACTS, *WORDS]}
    assert [pair for pair in named if pair not in known and not takes(*pair)] == []


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_page_names_targets_of_make_that_there_are(page: Path) -> None:
    named = re.findall(r"(?:`|^(?: {4})?)make ([a-z -]+)", (ROOT / page).read_text(), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    lists = re.findall(r"^(?:PARTS :=|\.PHONY:) (.*)$", makefile, re.MULTILINE)
    assert {target for targets in named for target in targets.split()} <= set(" ".join(lists).split())


def anchors(page: Path) -> set[str]:
    """Return what GitHub makes of the headings of a guide."""
    headings = re.findall(r"^(.+)\n[-=]{4,}$", (ROOT / page).read_text(), re.MULTILINE)
    return {"", *(re.sub(r"\W+", "-", heading.lower()) for heading in headings)}


@pytest.mark.parametrize("page", [page for page in PROSE if page.suffix == ".md"], ids=str)
def test_links_to_our_own_files_lead_somewhere(page: Path) -> None:
    """Galaxy shows the pages of a release where no files lie beside them, so these name the repository."""
    tree = f"{load(Path('galaxy.yml'))['repository']}/blob/main/"
    links = re.findall(r"\]\(([^)]+)\)|^\[\w+\]: (\S+)$", (ROOT / page).read_text(), re.MULTILINE)
    for address, _hash, anchor in ("".join(link).partition("#") for link in links):
        assert page not in FOR_USERS or address.startswith("https://"), f"{address} is no address"
        ours = Path(address.removeprefix(tree))
        if address.startswith(tree) or not address.startswith("https://"):
            assert ours in files() and anchor in anchors(ours), f"{address} has nothing called {anchor!r}"


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_tasks_on_a_page_call_what_is_documented(page: Path) -> None:
    for block in [*code(page, "yaml"), *code(page, "yaml+jinja")]:
        entries = yaml.safe_load(block)
        if isinstance(entries, list) and all("name" in entry and len(entry) > 1 for entry in entries):
            assert task_faults(entries, str(page)) == []


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_no_playbook_of_ours_is_given_its_own_folder(page: Path) -> None:
    """In variables of ``import_playbook`` Ansible takes ``playbook_dir`` for the folder of the imported playbook."""
    for block in [*code(page, "yaml"), *code(page, "yaml+jinja")]:
        entries = yaml.safe_load(block)
        imports = [entry for entry in entries if "ansible.builtin.import_playbook" in entry]
        assert "playbook_dir" not in str(imports)


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_commands_on_a_page_give_options_that_there_are(page: Path) -> None:
    for block in [*code(page, "console"), *code(page, "sh")]:
        for module, given in re.findall(rf"-m {re.escape(COLLECTION)}\.(\w+) -a \"(.*?)\"", block):
            assert {option.split("=")[0] for option in given.split()} <= set(options(module))


@pytest.mark.parametrize("page", [page for page in FOR_USERS if page.suffix == ".md"], ids=str)
def test_links_by_name_have_their_addresses(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    named = {"".join(link) for link in re.findall(r"\]\[(\w+)\]|(?<!\])\[(\w+)\](?![\[(:])", text)}
    assert named == set(re.findall(r"^\[(\w+)\]: ", text, re.MULTILINE))


@cache
def sentences() -> tuple[str, ...]:
    """Return every text in the code and in the tasks, with ``…`` where something is filled in."""
    texts = []
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                texts.append("".join(str(part) for part in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    for path in (ROOT / "roles").rglob("*.yml"):
        for filled_in in (r"\{\{.*?\}\}", r"""(['"]) ~ [^'"]* ~ \1"""):
            texts.append(re.sub(filled_in, "…", " ".join(path.read_text().split())))
    return tuple(texts)


def quoted() -> list[str]:
    guide = (ROOT / "docs" / "docsite" / "rst" / "failures_guide.rst").read_text()
    return re.findall(r"^``(.*)``\n {4}", guide, re.MULTILINE)


@pytest.mark.parametrize("sentence", quoted())
def test_the_guide_to_failures_quotes_what_is_said(sentence: str) -> None:
    pattern = ".{0,150}".join(re.escape(part) for part in sentence.split("…"))
    assert any(re.search(pattern, text) for text in sentences()), f"nothing in the code says {sentence!r} any more"
