# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The token in a file for the next task: when the file is trusted, what is in it, and that nothing else changes."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.task import PROCESSES, run_task
from tests.unit.fake.wire import Request

REQUESTS = 8


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a clouds.yaml, and a home that holds nothing yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path / "home"


@pytest.fixture
def folder(home: Path) -> Path:
    return home / ".cache" / "stackops.aggregates"


def configure(cloud: FakeCloud, cache: Any = None, **auth: str) -> None:
    clouds = {"one": {"auth": {**cloud.auth(), **auth}}}
    Path("clouds.yaml").write_text(
        yaml.safe_dump({"cache": {"auth": True} if cache is None else cache} | {"clouds": clouds})
    )


def tokens_after_a_task(cloud: FakeCloud, **options: Any) -> int:
    """List the aggregates as a task of its own does; return how many tokens were issued so far."""
    assert cloud.connect({"cloud": "one", **options}).nova.aggregates()
    return cloud.keystone.issued


def token_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_the_second_task_does_not_authenticate(cloud: FakeCloud) -> None:
    configure(cloud)
    assert tokens_after_a_task(cloud) == 1
    cloud.forget_requests()
    assert tokens_after_a_task(cloud) == 1
    assert [str(request) for request in cloud.requests] == ["GET compute /v2.1/os-aggregates"]


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("before", PROCESSES)
def test_module_processes_and_workers_use_the_same_token(cloud: FakeCloud, before: str, process: str) -> None:
    configure(cloud)
    options: dict[str, Any] = {"cloud": "one", "name": "nvme", "hosts": ["cmp01"], "metadata": {"ssd": True}}
    run_task(cloud, "os_aggregate", process=before, **options)
    cloud.forget_requests()
    task = run_task(cloud, "os_aggregate", process=process, **options)
    assert not task.failed and not task.changed, task.printed
    assert [str(request) for request in cloud.requests] == ["GET compute /v2.1/os-aggregates"]
    assert "token-1" not in task.printed


@pytest.mark.parametrize("cache", [{}, {"auth": False}, {"auth": "no"}, {"expiration_time": 3600}])
def test_it_is_off_unless_the_file_says_otherwise(cloud: FakeCloud, home: Path, cache: Any) -> None:
    configure(cloud, cache)
    assert (tokens_after_a_task(cloud), tokens_after_a_task(cloud)) == (1, 2)
    assert not home.exists()


def test_the_file_is_the_users_alone(cloud: FakeCloud, folder: Path) -> None:
    configure(cloud)
    before = os.umask(0)
    try:
        tokens_after_a_task(cloud)
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert token_file(folder).stat().st_mode & 0o777 == 0o600


def test_the_file_is_below_the_cache_that_the_user_chose(
    cloud: FakeCloud, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    configure(cloud)
    tokens_after_a_task(cloud)
    assert token_file(tmp_path / "caches" / "stackops.aggregates").is_file() and not home.exists()


def test_no_secret_is_in_the_file_or_its_name(cloud: FakeCloud, folder: Path) -> None:
    configure(cloud)
    tokens_after_a_task(cloud)
    file = token_file(folder)
    assert json.loads(file.read_text())["auth_token"] == "token-1"
    assert "admins-secret" not in file.read_text() + file.name and "admin" not in file.name


@pytest.mark.parametrize(
    "other",
    [
        {"project_name": "other"},
        {"username": "nova", "password": "novas-secret"},
        {"auth_url": "http://identity.test/v3/"},
        {"user_domain_id": "other"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_credentials_have_another_token(cloud: FakeCloud, folder: Path, other: dict[str, str]) -> None:
    configure(cloud)
    assert tokens_after_a_task(cloud) == 1
    assert (tokens_after_a_task(cloud, auth=other), tokens_after_a_task(cloud, auth=other)) == (2, 2)
    assert len(list(folder.iterdir())) == 2


def test_a_wrong_password_is_wrong_also_when_there_is_a_token(cloud: FakeCloud) -> None:
    configure(cloud)
    tokens_after_a_task(cloud)
    with pytest.raises(CloudError, match="refused the credentials"):
        tokens_after_a_task(cloud, auth={"password": "hunter2"})


def test_a_token_got_without_verification_is_not_used_with_it(cloud: FakeCloud) -> None:
    configure(cloud)
    assert tokens_after_a_task(cloud, validate_certs=False) == 1
    assert tokens_after_a_task(cloud) == 2


def test_a_region_and_an_interface_share_the_token(cloud: FakeCloud) -> None:
    configure(cloud)
    assert (
        tokens_after_a_task(cloud)
        == tokens_after_a_task(cloud, region_name="RegionTwo")
        == tokens_after_a_task(cloud, interface="internal")
        == 1
    )


@pytest.mark.parametrize(("seconds", "used"), [(100, False), (1000, True)])
def test_a_token_that_ends_within_two_minutes_is_not_used(cloud: FakeCloud, seconds: int, used: bool) -> None:
    cloud.keystone.lifetime = timedelta(seconds=seconds)
    configure(cloud)
    assert (tokens_after_a_task(cloud) == tokens_after_a_task(cloud)) is used


def test_a_revoked_token_is_replaced_by_one_authentication(cloud: FakeCloud, folder: Path) -> None:
    configure(cloud)
    tokens_after_a_task(cloud)
    cloud.keystone.revoke_all()
    assert tokens_after_a_task(cloud) == 2
    assert json.loads(token_file(folder).read_text())["auth_token"] == "token-2"
    assert tokens_after_a_task(cloud) == 2


def test_a_revoked_token_is_replaced_for_all_requests_that_are_under_way(cloud: FakeCloud) -> None:
    """A request that is refused while another one has the token replaced is sent again, too."""
    configure(cloud)
    tokens_after_a_task(cloud)
    cloud.keystone.revoke_all()
    connected = Cloud(cloud.client({"cloud": "one"}))
    together = threading.Barrier(REQUESTS)

    def until_all_are_there(_request: Request) -> None:
        together.wait(10)

    def until_all_are_refused(_request: Request) -> None:
        end = time.monotonic() + 10
        while sum(code == 401 for _refused, code in cloud.replies) < REQUESTS and time.monotonic() < end:
            time.sleep(0.01)

    cloud.faults.plant(until_all_are_there, "/os-aggregates", times=REQUESTS)
    cloud.faults.plant(until_all_are_refused, "/auth/tokens")
    with connected.side_by_side() as ask:
        answers = [ask(connected.nova.aggregates) for _number in range(REQUESTS)]
    assert all(answer.result() == answers[0].result() != [] for answer in answers)


def test_a_revoked_token_is_removed_also_when_there_is_no_other(cloud: FakeCloud, folder: Path) -> None:
    configure(cloud)
    tokens_after_a_task(cloud)
    cloud.keystone.revoke_all()
    cloud.faults.plant(status(401, {"error": {"message": "Locked."}}), path="auth", times=9)
    cloud.forget_requests()
    with pytest.raises(CloudError, match="refused the credentials"):
        tokens_after_a_task(cloud)
    assert len(cloud.requests) == 2  # the token, and one guess at the password
    assert list(folder.iterdir()) == []


def opened(path: Path) -> None:
    path.chmod(0o640)


def opened_folder(path: Path) -> None:
    path.parent.chmod(0o750)


def linked(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


def linked_folder(path: Path) -> None:
    path.parent.rename(path.parent.parent / "elsewhere")
    path.parent.symlink_to(path.parent.parent / "elsewhere")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def write(text: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text if isinstance(text, bytes) else text.encode())


def cut(path: Path) -> None:
    state = json.loads(path.read_text())
    del state["body"]["token"]["expires_at"]
    path.write_text(json.dumps(state))


SPOILT: dict[str, Callable[[Path], object]] = {
    "readable by the group": opened,
    "in a folder open to the group": opened_folder,
    "a link": linked,
    "in a folder that is a link": linked_folder,
    "a folder": folder_instead,
    "empty": write(""),
    "half": write('{"auth_token": "x", "bo'),
    "no text": write(b"\xff\xfe"),
    "a list": write("[1, 2]"),
    "a number": write("7"),
    "no token": write('{"auth_token": "x", "body": {}}'),
    "no body": write('{"auth_token": "x", "body": null}'),
    "no end": cut,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_file_is_not_used(cloud: FakeCloud, folder: Path, spoil: Callable[[Path], object]) -> None:
    configure(cloud)
    tokens_after_a_task(cloud)
    spoil(token_file(folder))
    assert tokens_after_a_task(cloud) == 2


def test_a_file_of_another_user_is_not_used(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(cloud)
    tokens_after_a_task(cloud)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert tokens_after_a_task(cloud) == 2


def test_a_token_that_cannot_be_kept_is_used_all_the_same(cloud: FakeCloud, home: Path) -> None:
    configure(cloud)
    home.write_text("no folder")
    assert tokens_after_a_task(cloud) == 1


def test_nothing_but_the_token_is_left_in_the_folder_when_writing_fails(
    cloud: FakeCloud, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_source: str, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    configure(cloud)
    monkeypatch.setattr(os, "replace", full)
    assert tokens_after_a_task(cloud) == 1
    assert list(folder.iterdir()) == []


def test_a_type_of_authentication_without_tokens(cloud: FakeCloud, home: Path) -> None:
    one = {"auth_type": "none", "auth": {"endpoint": "http://compute.test/v2.1"}}
    Path("clouds.yaml").write_text(yaml.safe_dump({"cache": {"auth": True}, "clouds": {"one": one}}))
    cloud.connect({"cloud": "one"})
    assert not home.exists()
