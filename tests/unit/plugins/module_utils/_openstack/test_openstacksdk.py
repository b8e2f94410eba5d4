# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Files, variables and options mean what they mean to openstacksdk, but for the differences that are listed here."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudConfigError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.auth import authentication
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.clouds_yaml import SERVICES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._openstack.configurations import AUTH, OPTIONS, Case, cases, mistaken

try:
    from openstack.config import loader
except (ImportError, TypeError):  # it takes no keystoneauth1 as old as the collection does
    pytest.skip("openstacksdk does not run with this keystoneauth1", allow_module_level=True)

Outcome = dict[str, Any]
EXAMPLES = 3000 if os.environ.get("SOAK") else 300


@contextlib.contextmanager
def laid_out(case: Case, tmp: Path) -> Iterator[None]:
    """Have the files in the current directory, and only these variables."""
    for name, top, content in (
        ("clouds.yaml", "clouds", case.clouds),
        ("secure.yaml", "clouds", case.secure),
        ("clouds-public.yaml", "public-clouds", case.profiles),
    ):
        (tmp / name).unlink(missing_ok=True)
        if content is not None:
            (tmp / name).write_text(json.dumps({top: content}))  # which is YAML too
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CONFIG_HOME") if name in os.environ}
    with mock.patch.dict(os.environ, {**kept, **case.variables}, clear=True):
        yield


def ours(case: Case) -> Outcome | None:
    """What the collection makes of it; None if it refuses it. Anything but its own error is a fault."""
    try:
        found = resolve(case.options)
        authentication(found)
    except CloudConfigError as error:
        message = str(error)
        assert message.endswith(".") and "\n" not in message and "Traceback" not in message, message
        assert not any(secret in message for secret in SECRETS), message
        return None
    return {
        "auth_type": found.auth_type,
        "auth": found.auth,
        "verify": found.verify,
        "cert": found.cert,
        "timeout": found.timeout,
        **{
            f"{name}_{key}": getattr(service, key) or None
            for name, service in found.services.items()
            for key in ("region_name", "interface", "endpoint", "type", "name")
        },
    }


def openstacksdks(case: Case) -> Outcome | None:
    """What openstacksdk makes of it; None if it raises anything."""
    options = {OPTIONS.get(name, name): value for name, value in case.options.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            region = loader.OpenStackConfig().get_one(**options)
            verify, cert = region.get_requests_verify_args()
        config = region.config
        found = {
            "auth_type": config["auth_type"],
            "auth": {key: value for key, value in config["auth"].items() if value},
            "verify": verify,
            "cert": cert,
            "timeout": config.get("api_timeout") or 60,
        }
        for name in SERVICES:
            found[f"{name}_region_name"] = region.get_region_name(name) or None
            found[f"{name}_interface"] = region.get_interface(name)
            found[f"{name}_endpoint"] = region.get_endpoint(name)
            found[f"{name}_type"] = region.get_service_type(name)
            found[f"{name}_name"] = region.get_service_name(name)
    except Exception:  # openstacksdk refuses with exceptions of several libraries; which one is not compared
        return None
    with contextlib.suppress(ValueError):
        found["timeout"] = float(found["timeout"])
    return found


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory and home; openstacksdk looks at both when it is imported."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (home / name).write_text("")
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(logging.getLogger("openstack.config"), "disabled", True)
    importlib.reload(loader)
    return tmp_path


def differing(case: Case, tmp: Path) -> tuple[set[str], str]:
    """The fields in which the two outcomes differ, ``refused`` or ``accepted`` if only one is; and both, to read."""
    with laid_out(case, tmp):
        here, there = ours(case), openstacksdks(case)
    shown = f"\n{case}\nhere:  {here}\nthere: {there}"
    if here is None or there is None:
        return set() if here is there else {"refused" if here is None else "accepted"}, shown
    return {name for name in here if here[name] != there[name]}, shown


# -- the differences that are wanted


@dataclass(frozen=True)
class Difference:
    """:param may: whether a case may show it; :param fields: what may differ then; :param example: one that does."""

    reason: str
    may: Callable[[Case], bool]
    fields: set[str]
    example: Case


SECRETS = ("hunter2", "t0ken", "s3cret", "424242")
LOST_WITH_DASHES = {"auth-type", "auth-methods", "endpoint-type", "api-timeout", "auth-url"}
MAY_BE_OTHERS = {"auth", "regions", "verify", "insecure", "interface", "region_name", "auth_methods"}
KNOWN_WORDS = (True, False, "true", "True", "false", "False")


def one(auth: Mapping[str, Any] | None = None, **keys: Any) -> Case:
    """The cloud ``prod`` with these keys, which the task names."""
    return Case({"prod": {"auth": dict(auth or AUTH), **keys}}, options={"cloud": "prod"})


def is_path(value: object) -> bool:
    return isinstance(value, str) and "/" in value


DIFFERENCES = {
    "a word for verify that is not known": Difference(
        "openstacksdk takes any text for the path of a CA file, and null or nothing for a no, so that a slip of the"
        " hand sends the password to anybody.",
        lambda case: any(not is_path(value) and value not in KNOWN_WORDS for value in case.values("verify")),
        {"refused", "verify"},
        one(verify=None),
    ),
    "no and false as text": Difference(
        "To openstacksdk the text 'false' in verify (as in OS_VERIFY) is the path of a CA file.",
        lambda case: any(value in ("false", "False") for value in case.values("verify")),
        {"verify", "accepted"},
        one(verify="false"),
    ),
    "true as text": Difference(
        "To openstacksdk the text 'true' in verify is the path of a CA file.",
        lambda case: any(value in ("true", "True") for value in case.values("verify")),
        {"verify"},
        one(verify="true"),
    ),
    "a word for insecure that is not known": Difference(
        "openstacksdk takes whatever is not 'true' for a no; here the words of verify are those of insecure.",
        lambda case: any(value not in KNOWN_WORDS for value in case.values("insecure")),
        {"refused", "verify", "accepted"},
        one(insecure="yes"),
    ),
    "verify and insecure that disagree": Difference(
        "In openstacksdk insecure wins wherever it stands. Here the upper source wins, and of two in one the safe one:"
        " validate_certs of a task verifies in any case.",
        lambda case: bool(case.values("insecure")) and bool(case.values("verify")),
        {"verify", "refused"},
        Case({"prod": {"auth": AUTH, "insecure": True}}, options={"cloud": "prod", "validate_certs": True}),
    ),
    "a file that is not there": Difference(
        "openstacksdk finds out with the first request, and says it with a traceback.",
        lambda case: any("none.pem" in str(value) for value in case.values("verify", "cacert", "cert", "key")),
        {"refused"},
        one(cacert="/none.pem"),
    ),
    "~ in verify": Difference(
        "openstacksdk knows it in cacert alone.",
        lambda case: any(str(value).startswith("~") for value in case.values("verify")),
        {"verify"},
        one(verify="~/ca.pem"),
    ),
    "null": Difference(
        "A key without a value is as if it were not there. To openstacksdk a project without a name is named 'None', a"
        " region without a name a traceback, and no auth_type is the type 'none'.",
        lambda case: any(value is None for _key, value in case.everything()),
        {"accepted", "refused", "auth", "auth_type", *(f"{name}_interface" for name in SERVICES)},
        one({**AUTH, "user_domain_name": None}, default_domain_name="Default"),
    ),
    "an empty variable": Difference(
        "It counts as not given, as in a shell: an empty OS_INTERFACE is not an endpoint without interface.",
        lambda case: any(value == "" for value in case.variables.values()),
        {"accepted", "refused", "auth_type", "auth", "verify"}
        | {f"{name}_{key}" for name in SERVICES for key in ("interface", "region_name")},
        Case(variables={f"OS_{key.upper()}": value for key, value in AUTH.items()} | {"OS_INTERFACE": ""}),
    ),
    "another kind of value than text": Difference(
        "openstacksdk passes true, a list or a mapping on to where it fails or is sent; a number for a URL ends it.",
        lambda case: any(
            isinstance(value, (bool, list, Mapping))
            and key.replace("-", "_") not in MAY_BE_OTHERS
            or key == "auth"
            and not isinstance(value, Mapping)
            or key == "auth_url"
            and isinstance(value, int)
            for key, value in case.everything()
        ),
        {"refused", "accepted"},
        one({**AUTH, "password": True}),
    ),
    "regions that are no list": Difference(
        "openstacksdk takes each letter of a text for a region.",
        lambda case: any(not isinstance(value, list) for value in case.values("regions")),
        {"refused"},
        one(regions="A"),
    ),
    "an api_timeout that is no time": Difference(
        "openstacksdk hands it on, and the first request fails; 0 is no time either.",
        lambda case: any(value not in (5, "5", 7.5) for value in case.values("api_timeout")),
        {"refused"},
        one(api_timeout="soon"),
    ),
    "a vendor profile that is nowhere": Difference(
        "openstacksdk ships profiles of public clouds, whose tenants do not upgrade hypervisors, and goes on without"
        " one that it does not find.",
        lambda case: any(name not in list(case.profiles or {}) for name in case.values("profile", "cloud")),
        {"refused"},
        one(profile="nowhere"),
    ),
    "a dashed key": Difference(
        "openstacksdk forgets some of them, by the moment at which it looks.",
        lambda case: any(key in LOST_WITH_DASHES for key, _value in case.everything()),
        {"auth", "auth_type", "refused", "accepted", "timeout"} | {f"{name}_interface" for name in SERVICES},
        Case({"prod": {"auth-type": "token", "auth": {"auth_url": "https://k.test", "token": "t0ken"}}}),
    ),
    "endpoint_type in a lower source": Difference(
        "In openstacksdk it goes over the option interface of a task.",
        lambda case: bool(case.values("endpoint_type")) and bool(case.values("interface")),
        {f"{name}_interface" for name in SERVICES},
        Case({"prod": {"auth": AUTH, "endpoint_type": "admin"}}, options={"cloud": "prod", "interface": "internal"}),
    ),
    "shorthands of v2": Difference(
        "openstacksdk knows them for v2password and not for v2token, and turns only one of two.",
        lambda case: any(str(value).startswith("v2") for value in case.values("auth_type")),
        {"auth", "accepted", "refused"},
        one({"auth_url": "https://k.test/v2.0", "token": "t0ken", "project_name": "admin"}, auth_type="v2token"),
    ),
    "auth_methods in auth": Difference(
        "openstacksdk takes a text there apart into letters, and finds the options of no method.",
        lambda case: any("auth_methods" in auth for auth in case.auths()),
        {"accepted", "refused", "auth"},
        one({**AUTH, "passcode": "424242", "auth_methods": "v3password,v3totp"}, auth_type="v3multifactor"),
    ),
    "credentials that are not complete": Difference(
        "openstacksdk sends a username without its domain, or no password, and Keystone answers 400.",
        lambda case: True,  # each case of it is looked at by ``incomplete``
        {"refused"},
        one({"auth_url": "https://k.test/v3", "username": "ops", "password": "hunter2"}),
    ),
    "auth in a task": Difference(
        "It is a cloud of its own. To openstacksdk it is a change of the only cloud of clouds.yaml, whose region,"
        " endpoints and verify: false would go with it.",
        lambda case: "auth" in case.options and "cloud" not in case.options and len(case.clouds or {}) == 1,
        {"refused", "accepted", "auth", "auth_type", "verify", "cert", "timeout"}
        | {f"{name}_{key}" for name in SERVICES for key in ("interface", "endpoint", "region_name", "type", "name")},
        Case({"lab": {"auth": AUTH, "region_name": "A"}}, options={"auth": AUTH}),
    ),
    "the timeouts of other services": Difference(
        "In openstacksdk any key that ends in timeout is the api_timeout.",
        lambda case: any(key.endswith("_timeout") and key != "api_timeout" for key, _value in case.everything()),
        {"timeout"},
        one(volume_timeout=5),
    ),
}


def incomplete(case: Case) -> bool:
    """Whether our refusal is of what openstacksdk would have sent although something is lacking."""
    try:
        found = resolve(case.options)
    except CloudConfigError:
        return False
    with contextlib.suppress(CloudConfigError):
        authentication(found)
        return False
    return True


def unexplained(case: Case, tmp: Path) -> tuple[set[str], str]:
    """The fields that differ although no difference of the list allows it; and what both made of the case."""
    fields, shown = differing(case, tmp)
    if "refused" in fields:
        with laid_out(case, tmp):
            if incomplete(case):
                return set(), shown
    allowed = set()
    for name, difference in DIFFERENCES.items():
        if name != "credentials that are not complete" and difference.may(case):
            allowed |= difference.fields
    return fields - allowed, shown


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(case=st.one_of(cases(), cases(), mistaken()))
def test_it_means_what_it_means_to_openstacksdk(place: Path, case: Case) -> None:
    fields, shown = unexplained(case, place)
    assert not fields, f"{sorted(fields)}{shown}"


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_is_one(name: str, place: Path) -> None:
    """An entry that shows no difference any more has to go."""
    difference = DIFFERENCES[name]
    fields, shown = differing(difference.example, place)
    assert fields and fields <= difference.fields and difference.may(difference.example), f"{fields}{shown}"
