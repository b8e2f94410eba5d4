# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""HAProxy stands before every API that a load balancer is for, and is the machine's own program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cloud.embedded import haproxy, processes
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import FRONTS, LISTENERS, Layout, listener_port


@pytest.fixture
def program(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A haproxy that writes down how it is called."""
    layout.logs.mkdir()
    folder = layout.state / "bin"
    folder.mkdir()
    made = folder / "haproxy"
    made.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return made


def test_each_front_has_its_apis_behind_it_and_nova_has_two() -> None:
    text = haproxy.configuration(20000)
    assert haproxy.BEHIND.keys() == FRONTS.keys()
    for service, (front, behind) in FRONTS.items():
        assert f"bind 127.0.0.1:{listener_port(20000, front)}\n" in text
        assert behind in haproxy.BEHIND[service] and set(haproxy.BEHIND[service]) <= set(LISTENERS)
        for name in haproxy.BEHIND[service]:
            assert f"    server {name} 127.0.0.1:{listener_port(20000, name)} check " in text
    assert len(haproxy.BEHIND["compute"]) == 2


@pytest.mark.skipif(not Path("/usr/sbin/haproxy").exists(), reason="install Debian's haproxy to try it")
def test_haproxy_understands_it(tmp_path: Path) -> None:
    file = tmp_path / "haproxy.cfg"
    file.write_text(haproxy.configuration(20000), encoding="utf-8")
    checked = subprocess.run(["/usr/sbin/haproxy", "-c", "-f", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_one_that_runs_gives_way_to_the_next(layout: Layout, program: Path) -> None:
    haproxy.start(layout)
    assert (layout.logs / "haproxy.log").read_text() == f"-D -f {layout.etc / 'haproxy.cfg'}\n"
    named = layout.state / haproxy.NAME
    named.symlink_to(shutil.which("sleep") or "")
    running = subprocess.Popen([named, "60"], env={processes.MARKER: str(layout.state)})
    try:
        haproxy.start(layout)
        assert (layout.logs / "haproxy.log").read_text().endswith(f" -sf {running.pid}\n")
        haproxy.stop(layout)
        assert running.wait(10) == -9
    finally:
        running.kill()
        running.wait()
    with pytest.raises(CloudError, match="No HAProxy runs"):
        haproxy.stop(layout)


def test_one_that_does_not_start_is_told(layout: Layout, program: Path) -> None:
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    with pytest.raises(CloudError, match=r"HAProxy did not start: read .*haproxy\.log"):
        haproxy.start(layout)


def test_a_machine_without_it_is_told_what_to_install(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_arguments, **_options: None)
    with pytest.raises(CloudError, match="install it, as with `apt-get install haproxy`"):
        haproxy.start(layout)
