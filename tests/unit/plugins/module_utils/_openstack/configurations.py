# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Configurations of a cloud as an operator may have them, drawn at random: files, variables and options of a task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.clouds_yaml import SERVICES
from hypothesis import strategies as st

# What a task calls an option, and what openstacksdk calls it.
OPTIONS = {"ca_cert": "cacert", "client_cert": "cert", "client_key": "key", "validate_certs": "verify"}
AUTH = {
    "auth_url": "https://k.test/v3",
    "username": "ops",
    "password": "hunter2",
    "project_name": "admin",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}


@dataclass(frozen=True)
class Case:
    """What a user has.

    :param clouds: what ``clouds.yaml`` holds below ``clouds``; None without that file. So for the other files.
    :param variables: ``OS_*`` variables.
    :param options: of the task.
    """

    clouds: Mapping[str, Any] | None = None
    secure: Mapping[str, Any] | None = None
    profiles: Mapping[str, Any] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def layers(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every mapping of keys of a cloud in it, with its kind."""
        for kind, clouds in (("profile", self.profiles), ("cloud", self.clouds), ("secure", self.secure)):
            for cloud in (clouds or {}).values():
                if isinstance(cloud, Mapping):
                    yield kind, cloud
                    regions = cloud.get("regions")
                    for region in regions if isinstance(regions, list) else []:
                        if isinstance(region, Mapping) and isinstance(region.get("values"), Mapping):
                            yield "region", region["values"]
        yield "variables", {name.removeprefix("OS_").lower(): value for name, value in self.variables.items()}
        yield "options", {OPTIONS.get(name, name): value for name, value in self.options.items()}

    def values(self, *keys: str) -> list[Any]:
        """The values of these keys wherever they are beside ``auth``."""
        return [layer[key] for _kind, layer in self.layers() for key in keys if key in layer]

    def auths(self) -> list[Mapping[str, Any]]:
        return [auth for auth in self.values("auth") if isinstance(auth, Mapping)]

    def everything(self) -> Iterator[tuple[str, Any]]:
        """Every key of a cloud with its value, in ``auth`` and beside it."""
        for _kind, layer in self.layers():
            yield from layer.items()
            if isinstance(layer.get("auth"), Mapping):
                yield from layer["auth"].items()


# -- the two sides


NAMES = st.sampled_from(["A", "B", "north"])
URLS = st.sampled_from(["https://one.test/v2.1", "https://{region_name}.test", "https://two.test"])
INTERFACES = st.sampled_from(["public", "internal", "admin", "internalURL", ["internal", "public"]])
FILES = st.sampled_from(["./ca.pem", "~/ca.pem", "./cert.pem", "~/key.pem"])
TEXTS = st.sampled_from(["ops", "admin", 2026])
# Credentials that suffice, by the type of authentication; None for the default. Each text is one option, or several
# names of one.
USER = ["username user_name", "user_domain_name"]
PROJECT = ["project_name tenant_name", "project_domain_name"]
CREDENTIALS: dict[str | None, list[list[str]]] = {
    None: [
        ["auth_url", "password", *USER, *PROJECT],
        ["auth_url", "password", "user_id", "project_id tenant_id"],
        ["auth_url", "password", "username", "project_name", "domain_id"],
        ["auth_url", "password", "username", "tenant_name", "default_domain_name"],
        ["auth_url", "password", *USER, "domain_name"],
        ["auth_url", "password", "user_id", "system_scope"],
        ["auth_url", "password", "user_id", "trust_id"],
    ],
    "token": [["auth_url", "token auth_token", *PROJECT], ["auth_url", "token", "system_scope"]],
    "v3password": [["auth_url", "password", *USER, *PROJECT], ["auth_url", "password", *USER, "domain_id"]],
    "v3token": [["auth_url", "token", *PROJECT]],
    "v3applicationcredential": [["auth_url", "application_credential_id", "application_credential_secret"]],
    "v3totp": [["auth_url", "passcode", *USER, *PROJECT]],
    "v3multifactor": [["auth_url", "password", "passcode", "methods", *USER, *PROJECT]],
    "v2password": [["auth_url", "username", "password", "tenant_name"]],
    "none": [["endpoint"]],
    "None": [["endpoint"]],
    "admin_token": [["endpoint", "token"]],
    "token_endpoint": [["endpoint", "token"]],
    "http_basic": [["endpoint", "username", "password"]],
    "v3oidcclientcredentials": [
        ["auth_url", "identity_provider", "protocol", "access_token_endpoint", "client_id", "client_secret"]
    ],
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "auth_url": st.sampled_from(["https://k.test/v3", "https://k.test", "https://{region_name}.k.test/v3"]),
    "password": st.sampled_from(["hunter2", "hunter2{}"]),
    "system_scope": st.just("all"),
    **{name: st.just("t0ken") for name in ("token", "auth_token")},
    **{name: st.just("s3cret") for name in ("application_credential_secret", "client_secret")},
    "passcode": st.sampled_from(["424242", 424242]),
}
# Other keys of a cloud, which may stand in clouds.yaml, in a profile, in the values of a region and in secure.yaml.
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "interface": INTERFACES,
    "endpoint_type": INTERFACES,
    "verify": st.one_of(st.booleans(), FILES),
    "insecure": st.booleans(),
    "cacert": FILES,
    "cert": FILES,
    "key": FILES,
    "api_timeout": st.sampled_from([5, "5", 7.5]),
    **{f"{name}_{key}": URLS for name in SERVICES for key in ("endpoint_override", "endpoint")},
    **{f"{name}_interface": INTERFACES for name in SERVICES},
    **{f"{name}_region_name": NAMES for name in SERVICES},
    "compute_service_type": st.just("compute_legacy"),
    "compute_service_name": st.just("nova"),
    "floating_ip_source": st.just("neutron"),
}
# Those that are options of a task, by openstacksdk's names.
TASK = {
    "interface": st.sampled_from(["public", "internal", "admin"]),
    "verify": st.booleans(),
    "cacert": FILES,
    "cert": FILES,
    "key": FILES,
    "api_timeout": st.just(5),
}
REGIONS = st.sampled_from(["A", "A,B", ["A", "B"], "north", 7])
MISTAKES = st.sampled_from([None, "", "ture", "no", True, ["x"], {"x": "y"}, "{nothing}", "/none.pem", 0])
Sources = dict[str, dict[str, Any]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Files, variables and options as people have them, with credentials that suffice, spread over several sources."""
    in_variables = draw(st.integers(0, 3)) == 0
    names = ["variables", "options"] if in_variables else ["cloud", "cloud", "cloud", "secure", "profile", "region"]
    sources: Sources = {name: {} for name in names}
    kind = draw(st.sampled_from([None, None, None, *CREDENTIALS]))
    if kind is not None:
        sources[names[0]]["auth_type"] = kind
    for option in draw(st.sampled_from(CREDENTIALS[kind])):
        _spread(draw, option, sources[draw(st.sampled_from(names))])
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=6, unique=True)):
        name = draw(st.sampled_from(names))
        if name != "options":
            sources[name][key] = draw(KEYS[key])
    if in_variables:
        return _in_variables(draw, sources)
    return _in_files(draw, sources)


def _spread(draw: st.DrawFn, option: str, source: dict[str, Any]) -> None:
    """Put an option of the credentials into a source, in ``auth`` or, more rarely, beside it."""
    name = draw(st.sampled_from(option.split()))
    if name == "methods":
        source["auth_methods"] = draw(st.sampled_from(["v3password,v3totp", ["v3password", "v3totp"]]))
        return
    place = source.setdefault("auth", {}) if draw(st.integers(0, 3)) else source
    place[name] = draw(VALUES.get(name, TEXTS))


def _in_variables(draw: st.DrawFn, sources: Sources) -> Case:
    layer = sources["variables"]
    keys = layer.pop("auth", {}) | layer
    texts = {f"OS_{key.upper()}": str(value) for key, value in keys.items() if not isinstance(value, list)}
    texts |= {"OS_AUTH_METHODS": "v3password,v3totp"} if "auth_methods" in keys else {}
    if draw(st.booleans()):
        texts["OS_REGION_NAME"] = draw(NAMES)
    options = {"auth": auth} if (auth := sources["options"].get("auth")) else {}
    if draw(st.booleans()):
        options["cloud"] = "envvars"
    clouds = {"lab": {"auth": AUTH, "region_name": "lab"}} if draw(st.booleans()) else None
    return Case(clouds, variables=texts, options={**options, **draw(_options())})


def _in_files(draw: st.DrawFn, sources: Sources) -> Case:
    cloud, profiles, secure = sources["cloud"], None, None
    if sources["profile"]:
        profiles = {"acme": sources["profile"]}
        cloud[draw(st.sampled_from(["profile", "profile", "cloud"]))] = "acme"
    if sources["secure"]:
        secure = {"prod": sources["secure"]}
    asked = draw(st.sampled_from([None, None, "A"]))
    if sources["region"]:
        regions = [{"name": "A", "values": sources["region"]}, {"name": "B", "values": {"interface": "admin"}}]
        draw(st.sampled_from([cloud, sources["profile"] or cloud]))["regions"] = regions
    elif draw(st.booleans()):
        cloud["region_name"] = draw(REGIONS)
    if draw(st.integers(0, 7)) == 0:
        cloud = _dashed(cloud)
    clouds = {"prod": cloud}
    options = draw(_options()) | ({"region_name": asked} if asked else {})
    variables = {}
    if draw(st.booleans()):
        clouds["lab"] = {"auth": AUTH, "region_name": "lab"}
        variables, options = draw(
            st.sampled_from([({"OS_CLOUD": "prod"}, options), ({}, {**options, "cloud": "prod"})])
        )
    return Case(clouds, secure, profiles, variables, options)


def _dashed(layer: dict[str, Any]) -> dict[str, Any]:
    kept = ("auth_type", "auth_methods")  # which openstacksdk loses, so that nothing would be left to compare
    dashed = {key if key in kept else key.replace("_", "-"): value for key, value in layer.items()}
    return dashed | ({"auth": _dashed(layer["auth"])} if "auth" in layer else {})


@st.composite
def _options(draw: st.DrawFn) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(sorted(TASK)), max_size=2, unique=True))
    ours = {theirs: name for name, theirs in OPTIONS.items()}
    return {ours.get(key, key): draw(TASK[key]) for key in chosen}


@st.composite
def mistaken(draw: st.DrawFn) -> Case:
    """The same with one thing, or two, that nobody means."""
    case = draw(cases())
    for _number in range(draw(st.integers(1, 2))):
        case = _mistake(draw, case)
    return case


def _mistake(draw: st.DrawFn, case: Case) -> Case:
    kind = draw(st.sampled_from(["name", "region", "variable", "value", "value", "value", "value", "lost", "unknown"]))
    if kind == "name":
        return replace(case, options={**case.options, "cloud": draw(st.sampled_from(["lab", "nope", "envvars"]))})
    if kind == "region":
        return replace(case, options={**case.options, "region_name": "C"})
    if kind == "variable":
        return replace(case, variables={**case.variables, draw(st.sampled_from(["OS_USERNAME", "OS_VERIFY"])): ""})
    files = {"clouds": case.clouds, "secure": case.secure, "profiles": case.profiles}
    name = draw(st.sampled_from(sorted(name for name, file in files.items() if file) or ["clouds"]))
    file = json.loads(json.dumps(files[name] or {"prod": {"auth": AUTH}}))
    layer = next(iter(file.values()))
    if isinstance(layer, dict):
        place = layer["auth"] if isinstance(layer.get("auth"), dict) and draw(st.booleans()) else layer
        if kind == "unknown":
            place["projct_name"] = "admin"
        elif place:
            key = draw(st.sampled_from(sorted(place)))
            place.pop(key) if kind == "lost" else place.update({key: draw(MISTAKES)})
    return replace(case, **{name: file})
