# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The gate of Prometheus and the notices of a roll, played against servers on the loopback; and who cannot be told."""

from __future__ import annotations

import json
import re
import shutil
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.docs.test_pages import code
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.loopback import served
from tests.unit.fake.past_roll import PastRoll
from tests.unit.fake.role import ROLE
from tests.unit.roles.test_rolling_upgrade import played

GUIDE = Path("docs", "docsite", "rst", "what_stops_a_roll.rst")
ALERTS = [
    {"labels": {"alertname": name, "instance": "cmp01"}, "state": state}
    for name, state in (("Watchdog", "firing"), ("NodeDown", "firing"), ("Slow", "pending"))
]
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


@contextmanager
def server(answer: Any) -> Iterator[tuple[str, list[Any]]]:
    """The URL of a server that gives this answer to everything, and the bodies that were sent to it."""
    sent: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}", sent
    finally:
        listening.shutdown()
        listening.server_close()


def test_the_gate_of_prometheus_names_the_alerts_that_fire(tmp_path: Path) -> None:
    """An expression ignores what it fits as a whole; what is pending does not fire."""

    def gate(ignore: str, url: str) -> dict[str, Any]:
        return {
            "include_role": {"name": "stackops.aggregates.rolling_upgrade", "tasks_from": "gate_prometheus_alerts"},
            "vars": {"rolling_upgrade_prometheus_url": url, "rolling_upgrade_prometheus_ignore": ignore},
        }

    with server({"status": "success", "data": {"alerts": ALERTS}}) as (url, _sent):
        tasks = [gate("Watchdog|Node.*", url), {"debug": {"msg": "the first gate held"}}, gate("Watch", url)]
        told = played(tmp_path, {"a": LOCAL}, {"hosts": "a", "gather_facts": False, "tasks": tasks})
    assert "the first gate held" in told
    assert "These alerts fire: NodeDown, Watchdog." in told and "failed=1" in told


def test_gates_of_the_cloud_name_what_is_down(tmp_path: Path) -> None:
    """All is well on cmp01, an agent is dead on cmp02, cmp03 has none in use; what is disabled may be down."""
    include = {
        gate: {
            "include_role": {"name": "stackops.aggregates.rolling_upgrade", "tasks_from": f"gate_{gate}"},
            "vars": {"rolling_upgrade_cloud": {"auth": "{{ auth }}"}},
        }
        for gate in ("services", "network_agents")
    }
    with served("cmp01", "cmp02", "cmp03", "cmp04") as cloud:
        for host in ("cmp01", "cmp02"):
            cloud.neutron.agent(host, "neutron-ovs-agent", alive=host == "cmp01")
        cloud.neutron.agent("cmp03", "neutron-ovs-agent", up=False)
        cloud.world.hosts["cmp04"].up = cloud.world.hosts["cmp04"].enabled = False
        cloud.clock.sleep(120.0)
        hosts = {host: LOCAL for host in ("cmp01", "cmp02", "cmp03")}
        play = {"hosts": "all", "gather_facts": False, "vars": {"auth": cloud.auth()}}
        tasks = [include["services"], include["network_agents"]]
        told = played(tmp_path, hosts, {**play, "tasks": tasks})
        cloud.world.hosts["cmp04"].enabled = True
        again = played(tmp_path, {"cmp01": LOCAL}, {**play, "tasks": tasks})
    recap = dict(re.findall(r"^(cmp\d+) .* failed=(\d)", told, re.MULTILINE))
    assert recap == {"cmp01": "0", "cmp02": "1", "cmp03": "1"}, told
    assert "The network agents of cmp02 are not alive: neutron-ovs-agent." in told
    assert "The network agents of cmp03 are not alive: there are none." in told
    assert "These services are down: nova-compute on cmp04." in again


def told_by(tmp_path: Path, tasks: list[Any], events: list[str]) -> str:
    """What a play prints that has these events of a roll told by these tasks."""
    past = PastRoll(hosts=1)
    past.write(tmp_path)
    roll = {"id": "r1", "pool": "nvme", "folder": str(tmp_path), "session": "s1"}
    (tmp_path / "notify.yml").write_text(json.dumps(tasks))
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROLE / "vars" / "main.yml")],
        "vars": {
            "rolling_upgrade_cloud": {"auth": FakeCloud().auth()},
            "rolling_upgrade_notify_tasks": "notify.yml",
            "rolling_upgrade_tasks": "",
        },
        "tasks": [
            {"set_fact": {"__rolling_upgrade_opened": {"roll": roll}}},
            *(
                {
                    "include_tasks": str(ROLE / "tasks" / "notify.yml"),
                    "vars": {"__rolling_upgrade_told": {"event": event, "text": "cmp01 has no boot", "host": "cmp01"}},
                }
                for event in events
            ),
            {"debug": {"msg": "the roll goes on"}},
        ],
    }
    away = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    told = played(tmp_path, {"localhost": LOCAL, "away": away}, play)
    assert "the roll goes on" in told and "failed=0" in told and "unreachable=0" in told, told
    return told


def test_a_webhook_is_told_and_who_cannot_be_told_fails_nothing(tmp_path: Path) -> None:
    """By the example of the guide."""
    webhook = yaml.safe_load(code(GUIDE, "yaml+jinja")[0])
    with server({}) as (url, sent):
        webhook[0]["ansible.builtin.uri"]["url"] = url
        refused = {"name": "Tell nobody", "fail": {"msg": "no route"}, "when": "rolling_upgrade_notice.event == 'done'"}
        unreachable = {"name": "Tell a host that is away", "ping": {}, "delegate_to": "away"}
        told = told_by(tmp_path, [*webhook, unreachable, refused], ["failed", "done"])
    assert [body["text"] for body in sent] == [f"nvme {event}: cmp01 has no boot" for event in ("failed", "done")]
    assert "Nobody was told, see rolling_upgrade_notify_tasks: cmp01 has no boot" in told
    last = json.loads((tmp_path / "record.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "not_told" and "The task 'Tell nobody' failed: no route" in last["reason"]


@contextmanager
def mail_server() -> Iterator[tuple[int, list[bytes]]]:
    """The port of a mail server, and the mails that it took."""
    mails: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                if line.startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"250 well\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_address[1], mails
        listening.shutdown()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example of a mail is a call of curl, which is not here")
def test_a_mail_is_sent_and_a_mail_server_that_is_away_fails_nothing(tmp_path: Path) -> None:
    """By the example of the guide, whose server does not listen any more for the second notice."""
    example = code(GUIDE, "yaml+jinja")[1]
    with mail_server() as (port, mails):
        tasks = yaml.safe_load(example.replace("smtp://mail.example.com:25", f"smtp://127.0.0.1:{port}"))
        assert "Nobody was told" not in told_by(tmp_path, tasks, ["failed", "done"])
    (mail,) = mails
    assert mail.rstrip().split(b"\r\n") == [
        b"From: roll@example.com",
        b"To: ops@example.com",
        b"Subject: Roll of nvme failed",
        b"",
        b"cmp01 has no boot",
    ]
    assert "Nobody was told, see rolling_upgrade_notify_tasks: cmp01 has no boot" in told_by(
        tmp_path, tasks, ["failed"]
    )
