# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Every source of the settings of a cloud, the keys of clouds.yaml, and which source goes before which."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudConfigError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.clouds_yaml import CloudSettings, resolve

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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory, and a home with nothing in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home / "home")}


def test_options_alone(environ: dict[str, str]) -> None:
    settings = resolve(
        {"auth": {"auth_url": "u"}, "auth_type": "v3token", "region_name": "r", "interface": "admin"}, environ
    )
    assert settings == CloudSettings("v3token", {"auth_url": "u"}, "r", "admin")


def test_a_dictionary_as_cloud_has_the_keys_of_the_file(environ: dict[str, str]) -> None:
    cloud = {"auth": {"auth_url": "u"}, "auth_plugin": "v3token", "endpoint_type": "internalURL", "regions": ["a", "b"]}
    settings = resolve({"cloud": cloud}, environ)
    assert (settings.auth_type, settings.interface, settings.region_name) == ("v3token", "internal", "a")


@pytest.mark.parametrize("place", ["clouds.yaml", "clouds.yml", "home/.config/openstack/clouds.yaml"])
def test_a_named_cloud(home: Path, environ: dict[str, str], place: str) -> None:
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
    (home / "elsewhere.yaml").write_text("clouds: {one: {auth: {auth_url: elsewhere}}}")
    environ["OS_CLIENT_CONFIG_FILE"] = str(home / "elsewhere.yaml")
    assert resolve({"cloud": "one"}, environ).auth["auth_url"] == "elsewhere"


def test_os_cloud(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    assert resolve({}, {**environ, "OS_CLOUD": "lab"}).auth == {"auth_url": "https://lab.test/v3"}
    assert resolve({"cloud": "prod"}, {**environ, "OS_CLOUD": "lab"}).region_name == "north"


def test_the_only_cloud_needs_no_name(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text("clouds: {one: {auth: {auth_url: u}}}")
    assert resolve({}, environ).auth == {"auth_url": "u"}


def test_the_environment(environ: dict[str, str]) -> None:
    environ |= {
        "OS_AUTH_URL": "https://env.test/v3",
        "OS_USERNAME": "ops",
        "OS_PASSWORD": "secret",
        "OS_REGION_NAME": "south",
        "OS_ENDPOINT_TYPE": "internalURL",
        "OS_CACERT": "/ca.pem",
        "OS_CERT": "/c.pem",
        "OS_KEY": "/k.pem",
        "OS_PROJECT_NAME": "",
    }
    settings = resolve({}, environ)
    assert settings.auth == {"auth_url": "https://env.test/v3", "username": "ops", "password": "secret"}
    assert (settings.region_name, settings.interface) == ("south", "internal")
    assert (settings.verify, settings.cert) == ("/ca.pem", ("/c.pem", "/k.pem"))


def test_options_go_over_the_cloud(home: Path, environ: dict[str, str]) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    options = {"cloud": "prod", "auth": {"password": "mine"}, "region_name": "west", "ca_cert": "/mine.pem"}
    settings = resolve(options, environ)
    assert settings.auth["password"] == "mine" and settings.auth["username"] == "ops"
    assert (settings.region_name, settings.verify) == ("west", "/mine.pem")


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
    with pytest.raises(CloudConfigError, match="vendor profile 'acme'"):
        resolve({"cloud": "one"}, environ)


@pytest.mark.parametrize(
    ("cloud", "verify", "cert"),
    [
        ({}, True, None),
        ({"verify": False}, False, None),
        ({"validate_certs": "no"}, False, None),
        ({"insecure": True, "cacert": "/ca.pem"}, False, None),
        ({"cacert": "/ca.pem"}, "/ca.pem", None),
        ({"cert": "/c.pem"}, True, "/c.pem"),
        ({"cert": "/c.pem", "key": "/k.pem"}, True, ("/c.pem", "/k.pem")),
    ],
)
def test_tls(environ: dict[str, str], cloud: dict[str, Any], verify: bool | str, cert: object) -> None:
    settings = resolve({"cloud": {"auth": {"auth_url": "u"}, **cloud}}, environ)
    assert (settings.verify, settings.cert) == (verify, cert)


def test_insecure_in_the_environment(environ: dict[str, str]) -> None:
    assert resolve({}, {**environ, "OS_AUTH_URL": "u", "OS_INSECURE": "true"}).verify is False
    assert resolve({"validate_certs": False}, {**environ, "OS_AUTH_URL": "u"}).verify is False


def test_an_endpoint_instead_of_the_catalogs(environ: dict[str, str]) -> None:
    cloud = {"auth": {"auth_url": "u"}, "compute_endpoint_override": "https://tunnel.test/v2.1"}
    assert resolve({"cloud": cloud}, environ).endpoints == {"compute": "https://tunnel.test/v2.1"}


# -- what is missing or broken


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cloud": "nope"}, "no cloud named 'nope'.*clouds.yaml holds lab, prod"),
        ({}, "No cloud is chosen .*clouds.yaml holds lab, prod"),
    ],
)
def test_missing_or_ambiguous(home: Path, environ: dict[str, str], options: dict[str, Any], message: str) -> None:
    (home / "clouds.yaml").write_text(CLOUDS)
    with pytest.raises(CloudConfigError, match=message):
        resolve(options, environ)


@pytest.mark.parametrize("options", [{"cloud": "nope"}, {}])
def test_nothing_at_all(environ: dict[str, str], options: dict[str, Any]) -> None:
    with pytest.raises(CloudConfigError, match="no clouds.yaml was found"):
        resolve(options, environ)


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
    with pytest.raises(CloudConfigError, match="cannot be read"):
        resolve({"cloud": "prod"}, environ)


def test_secrets_stay_out_of_the_repr(environ: dict[str, str]) -> None:
    assert "hunter2" not in repr(resolve({"auth": {"password": "hunter2"}}, environ))
