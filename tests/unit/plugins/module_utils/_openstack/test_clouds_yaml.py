# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which cloud is meant, where its files lie, and what is wrong in them. ``test_openstacksdk`` has the keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudConfigError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud_settings import CloudSettings

Write = Callable[..., Path]
CLOUDS = """
clouds:
  prod:
    auth: {auth_url: "https://prod.test/v3", username: ops, project_name: ops, password: from-clouds}
    region_name: north
    cacert: ~/prod.pem
  lab:
    auth: {auth_url: "https://lab.test/v3"}
    verify: false
"""
ONE = "clouds: {one: {auth: {auth_url: u}}}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory, and a home with nothing in it but certificates."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for name in ("prod.pem", "mine.pem"):
        (tmp_path / "home" / name).touch()
    return tmp_path


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home / "home")}


def refusal(options: dict[str, Any], environ: dict[str, str]) -> str:
    with pytest.raises(CloudConfigError) as refused:
        resolve(options, environ)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)
    return str(refused.value)


# -- which cloud


def test_options_alone(environ: dict[str, str]) -> None:
    settings = resolve(
        {"auth": {"auth_url": "u"}, "auth_type": "v3token", "region_name": "r", "interface": "admin"}, environ
    )
    assert settings == CloudSettings("v3token", {"auth_url": "u"}, "r", "admin", services=settings.services)


def test_a_dictionary_as_cloud_has_the_keys_of_the_file(environ: dict[str, str]) -> None:
    cloud = {"auth": {"auth_url": "u"}, "auth_type": "v3token", "endpoint_type": "internal", "regions": ["a", "b"]}
    settings = resolve({"cloud": cloud}, environ)
    assert (settings.auth_type, settings.interface, settings.region_name) == ("v3token", "internal", "a")


def test_a_dictionary_as_cloud_may_have_the_names_of_options(home: Path, environ: dict[str, str]) -> None:
    settings = resolve({"cloud": {"auth": {"auth_url": "u"}, "ca_cert": "home/mine.pem"}}, environ)
    assert settings.verify == "home/mine.pem"


def test_os_cloud(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    assert resolve({}, {**environ, "OS_CLOUD": "lab"}).auth == {"auth_url": "https://lab.test/v3"}
    assert resolve({"cloud": "prod"}, {**environ, "OS_CLOUD": "lab"}).region_name == "north"


def test_the_only_cloud_needs_no_name(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text(ONE)
    assert resolve({}, environ).auth == {"auth_url": "u"}


@pytest.mark.parametrize("name", ["2026", 2026])
def test_a_name_that_is_a_number(home: Path, environ: dict[str, str], name: object) -> None:
    (home / "clouds.yaml").write_text("clouds: {2026: {auth: {auth_url: u}}}")
    assert resolve({"cloud": name}, environ).auth == {"auth_url": "u"}


def test_the_environment(environ: dict[str, str]) -> None:
    environ |= {
        "OS_AUTH_URL": "https://env.test/v3",
        "OS_USERNAME": "ops",
        "OS_PASSWORD": "secret",
        "OS_REGION_NAME": "south",
        "OS_ENDPOINT_TYPE": "internal",
        "OS_CACERT": "~/mine.pem",
        "OS_CERT": "home/prod.pem",
        "OS_KEY": "home/mine.pem",
        "OS_PROJECT_NAME": "",
        "OS_COMPUTE_ENDPOINT_OVERRIDE": "https://tunnel.test/v2.1",
    }
    for chosen in ({}, {"cloud": "envvars"}):
        settings = resolve(chosen, environ)
        assert settings.auth == {"auth_url": "https://env.test/v3", "username": "ops", "password": "secret"}
        assert (settings.region_name, settings.interface) == ("south", "internal")
        assert settings.verify == f"{environ['HOME']}/mine.pem"
        assert settings.cert == ("home/prod.pem", "home/mine.pem")
        assert settings.services["compute"].endpoint == "https://tunnel.test/v2.1"


def test_options_go_over_the_cloud(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    options = {"cloud": "prod", "auth": {"password": "mine"}, "interface": "admin", "ca_cert": "~/mine.pem"}
    settings = resolve(options, environ)
    assert settings.auth["password"] == "mine" and settings.auth["username"] == "ops"
    assert (settings.interface, settings.verify) == ("admin", f"{environ['HOME']}/mine.pem")


def test_a_cloud_that_is_not_meant_may_be_wrong(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text("clouds: {one: {auth: {auth_url: u}}, other: {verify: ture}}")
    assert resolve({"cloud": "one"}, environ).verify is True


# -- where the files lie


@pytest.mark.parametrize(
    "place", ["clouds.yaml", "clouds.yml", "home/.config/openstack/clouds.yaml", "xdg/openstack/clouds.yaml"]
)
def test_a_named_cloud(home: Path, environ: dict[str, str], place: str) -> None:
    environ["XDG_CONFIG_HOME"] = str(home / "xdg")
    (home / place).parent.mkdir(parents=True, exist_ok=True)
    (home / place).write_text(CLOUDS)
    settings = resolve({"cloud": "prod"}, environ)
    assert settings.auth["auth_url"] == "https://prod.test/v3" and settings.region_name == "north"
    assert settings.verify == str(home / "home" / "prod.pem")


def test_json_is_read_too(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.json").write_text(json.dumps({"clouds": {"one": {"auth": {"auth_url": "u"}}}}))
    assert resolve({"cloud": "one"}, environ).auth == {"auth_url": "u"}


def test_the_current_directory_goes_before_the_home(home: Path, environ: dict[str, str]) -> None:
    for place, url in ((home / "clouds.yaml", "here"), (home / "home/.config/openstack/clouds.yaml", "there")):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"clouds: {{one: {{auth: {{auth_url: {url}}}}}}}")
    assert resolve({"cloud": "one"}, environ).auth["auth_url"] == "here"


def test_os_client_config_file_goes_before_both(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text("clouds: {one: {auth: {auth_url: here}}}")
    (home / "home/elsewhere.yaml").write_text("clouds: {one: {auth: {auth_url: elsewhere}}}")
    for path in (str(home / "home/elsewhere.yaml"), "home/elsewhere.yaml", "~/elsewhere.yaml"):
        environ["OS_CLIENT_CONFIG_FILE"] = path
        assert resolve({"cloud": "one"}, environ).auth["auth_url"] == "elsewhere"


def test_secrets_come_from_their_own_file(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    (home / "secure.yaml").write_text("clouds: {prod: {auth: {password: from-secure}}}")
    settings = resolve({"cloud": "prod"}, environ)
    assert settings.auth["password"] == "from-secure" and settings.auth["username"] == "ops"


def test_a_vendor_profile(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds-public.yaml").write_text("public-clouds: {acme: {auth: {auth_url: https://acme.test/v3}}}")
    (home / "clouds.yaml").write_text("clouds: {one: {profile: acme, auth: {username: ops}}}")
    assert resolve({"cloud": "one"}, environ).auth == {"auth_url": "https://acme.test/v3", "username": "ops"}
    (home / "clouds-public.yaml").unlink()
    assert "vendor profile 'acme'" in refusal({"cloud": "one"}, environ)


# -- what is missing or broken


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cloud": "nope"}, "no cloud named 'nope' (clouds.yaml: {} holds lab, prod)"),
        ({}, "No cloud is chosen (clouds.yaml: {} holds lab, prod)"),
        ({"cloud": "prod", "region_name": "west"}, "no region 'west' in the cloud 'prod': it has north"),
        ({"cloud": ""}, "no name of a cloud"),
        ({"cloud": ["prod"]}, "no name of a cloud"),
        ({"cloud": True}, "no name of a cloud"),
    ],
)
def test_missing_or_ambiguous(home: Path, environ: dict[str, str], options: dict[str, Any], message: str) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    assert message.format(home / "clouds.yaml") in refusal(options, environ)


@pytest.mark.parametrize("options", [{"cloud": "nope"}, {}])
def test_nothing_at_all(environ: dict[str, str], options: dict[str, Any]) -> None:
    assert "(clouds.yaml: there is none)" in refusal(options, environ)


@pytest.mark.parametrize(
    "text",
    [
        "{'auth': {'password': 'hunter2'}}",
        '{"auth": {"password": "hunter2"}}',
        "auth_url=https://k.test password=hunter2",
        "auth:\n  password: hunter2",
        "password: hunter2",
    ],
)
def test_a_dictionary_as_text_is_not_quoted(home: Path, environ: dict[str, str], text: str) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    for message in (refusal({"cloud": text}, environ), refusal({}, {**environ, "OS_CLOUD": text})):
        assert "a dictionary itself and not its text" in message and "hunter2" not in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("clouds: [one]", "The section 'clouds' of"),
        ("clouds: {one: hunter2}", "There must be a mapping in the cloud 'one' of"),
        ("clouds: {one: {auth: hunter2}}", "There must be a mapping in 'auth' in the cloud 'one' of"),
        ("clouds: {one: {auth: {password: [hunter2]}}}", "'password' in 'auth' in the cloud 'one' of"),
        ("clouds: {one: {password: {x: hunter2}, auth: {auth_url: u}}}", "'password' in the cloud must be text"),
        ("clouds: {one: {regions: A}}", "'regions' in the cloud 'one' of"),
        ("clouds: {one: {regions: [{nome: A}]}}", "Each of 'regions' in the cloud 'one' of"),
        ("clouds: {one: {regions: [{name: A, values: hunter2}]}}", "in 'values' of the region A"),
        ("clouds: {one: {region_name: no}}", "'region_name' in the cloud 'one' of"),
        ("clouds: {one: {profile: [a]}}", "'profile' in the cloud 'one' of"),
        ("clouds: {one: {api_timeout: soon}}", "'api_timeout' in the cloud 'one' of"),
        ("clouds: {one: {cacert: /nowhere.pem}}", "cacert (of a task: ca_cert) names '/nowhere.pem'"),
        ("clouds: {one: {compute_endpoint_override: 'https://{nothing}'}}", "'compute_endpoint_override' of the cloud"),
        ("clouds: {one: {auth: {auth_url: u, projct_name: x}}}", "'auth' has projct_name, which the auth_type"),
        ("clouds: {one: {auth_type: magic}}", "There is no auth_type 'magic'"),
        ("clouds: {one: {auth_type: v3kerberos}}", "needs a Python package that is not installed"),
        ("{clouds: {one: {}}, cache: true}", "The section 'cache' of"),
        ("{clouds: {one: {}}, cache: {auth: perhaps}}", "'auth' in the section 'cache' of"),
    ],
)
def test_a_mistake_is_one_sentence(home: Path, environ: dict[str, str], content: str, message: str) -> None:
    (home / "clouds.yaml").write_text(content)
    said = refusal({"cloud": "one"}, environ)
    assert message in said and "hunter2" not in said


@pytest.mark.parametrize(
    "content",
    [
        "clouds:\n  one:\n    password: hunter2\n   bad: [",
        "clouds: {one: {password: hunter2",
        "- hunter2\n- list",
        "hunter2",
    ],
)
@pytest.mark.parametrize("name", ["clouds.yaml", "secure.yaml"])
def test_a_broken_file_is_named_and_not_quoted(home: Path, environ: dict[str, str], name: str, content: str) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    (home / name).write_text(content)
    with pytest.raises(CloudConfigError) as broken:
        resolve({"cloud": "prod"}, environ)
    assert name in str(broken.value) and "hunter2" not in str(broken.value)
    assert broken.value.__context__ is None or broken.value.__suppress_context__


def test_bytes_that_are_no_text(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_bytes(b"clouds: \xff\xfe hunter2")
    assert "cannot be read" in refusal({"cloud": "prod"}, environ)


def test_secrets_stay_out_of_the_repr(environ: dict[str, str]) -> None:
    assert "hunter2" not in repr(resolve({"auth": {"password": "hunter2"}}, environ))
