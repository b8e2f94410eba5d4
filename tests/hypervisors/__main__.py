# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Real hypervisors on this machine under the embedded control plane, and real guests on the move.

``python3 -m tests.hypervisors [SCENE ...]``; what each move did to its guest is measured from outside and printed. The
exit status is 1 when a guest was lost, began anew, or paused for longer than a second, and 2 where this machine cannot
have real hosts.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from tests.cloud.embedded import cloud, installation
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout, default_venv
from tests.hypervisors import guest, moves, packages, scenes
from tests.hypervisors.beats import alive, restarts, summary
from tests.hypervisors.proving_ground import BINDINGS, STATE, ProvingGround
from tests.hypervisors.scenes import Finding
from tests.tools.layout import BUILD

PORT = int(os.environ.get("EMBEDDED_CLOUD_PORT") or 26000)
HOSTS = 3
LONGEST_SECONDS = 1.0  # that a guest may pause
SCENES = {scene.__name__: scene for scene in (scenes.reboots, scenes.busy, scenes.disk)}


def say(text: str) -> None:
    print(text, flush=True)


def prepare() -> tuple[Path, Path]:
    """Have everything that real hosts need on this machine, and return the guests' kernel and file system."""
    packages.check_machine()
    packages.install()
    services = Layout(STATE, default_venv(""))
    installation.install(services, "", say)
    packages.install_bindings(services, BINDINGS)
    return guest.build(BUILD / "hypervisors" / "guest")


def prove(names: list[str]) -> bool:
    """Play these scenes, and return whether all was as it must be."""
    began = time.monotonic()
    files = prepare()
    virt_type = packages.virtualization()
    cloud.down(STATE, say)
    say(f"{HOSTS} hosts with libvirt and QEMU {packages.emulator()} ({virt_type}), {os.cpu_count()} processors in all,")
    say(f"{platform.platform()}")
    ground = ProvingGround.up(PORT, HOSTS, virt_type, files)
    ground.record()
    scenes.make_pool(ground)
    good, pauses = True, []
    for name in names:
        if scenes.ROLLS.exists():  # a roll of an earlier scene or run is not to be resumed
            shutil.rmtree(scenes.ROLLS)
        started = time.monotonic()
        findings = SCENES[name](ground)
        done = moves.read(ground.migrations(), ground.beats())  # Nova forgets them with their servers
        findings += judge(ground, done)
        show(f"{name}: {(time.monotonic() - started) / 60:.1f} minutes", findings)
        good = good and all(finding.good for finding in findings)
        pauses += [move.pause.seconds for move in done]
        ground.clear()
    say(f"\n{summary(pauses) if pauses else 'no move'}; {(time.monotonic() - began) / 60:.1f} minutes in all")
    return good


def show(title: str, findings: list[Finding]) -> None:
    say("\n".join([f"\n== {title}", *(f"  {'ok ' if found.good else 'BAD'}  {found.text}" for found in findings)]))


def judge(ground: ProvingGround, done: Sequence[moves.Move]) -> list[Finding]:
    """What became of every guest that there is, and of every move of one."""
    now, beats = time.time(), ground.beats()
    servers = {server["id"]: server for server in ground.servers()}
    done = [move for move in done if move.server in servers]
    findings = [
        Finding(move.pause.seconds <= LONGEST_SECONDS, f"{servers[move.server]['name']}: {move.text}") for move in done
    ]
    for key, server in servers.items():
        if server["status"] in ("ACTIVE", "ERROR"):
            begin = min((move.begin for move in done if move.server == key), default=now)
            heard = [beat for beat in beats.get(key, ()) if beat.at >= begin - LONGEST_SECONDS]
            again = restarts(heard)
            good = alive(heard, now, LONGEST_SECONDS) and not again
            findings.append(
                Finding(
                    good, f"{server['name']}: {len(heard)} heartbeats since its first move, began anew {again} times"
                )
            )
    return findings


def stop(_signal: int, _frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def main(names: list[str]) -> int:
    signal.signal(signal.SIGTERM, stop)
    if unknown := sorted(set(names) - set(SCENES)):
        print(f"There is no scene {', '.join(unknown)}: there are {', '.join(SCENES)}.", file=sys.stderr)
        return 2
    try:
        return 0 if prove(names or list(SCENES)) else 1
    except packages.Lacking as lacking:
        print(lacking, file=sys.stderr)
        return 2
    except (CloudError, subprocess.SubprocessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        cloud.down(STATE, say)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
