"""A canary key and a canary password: pushed over every fault, and searched for in everything written.

Each push runs in a process of its own that logs at DEBUG whatever any library logs, prints the traceback of
what fails, and writes its journal, its record and its state. What the process table shows is looked at while
it runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.iosxe.faults import Fault, Moment
from lab.iosxe.server import RouterServer
from tests.onprem.positions import NAME, SMALL
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, Lab

ROOT = Path(__file__).parents[3]
PROGRAM = """\
import dataclasses, json, logging, os, sys, traceback
logging.basicConfig(level=logging.DEBUG, filename="debug.log", format="%(name)s %(message)s")
from pathlib import Path
from onprem.push import sessions
from onprem.push.pushed import Safeguards
from onprem.ssh.access import Access
from onprem.resource.login import Login
from onprem.resource.application import apply
from onprem.resource.comparison import compare_with
from onprem.resource.inputs import Inputs

for module in ("session.LINE_TIMEOUT", "session.READ_TIMEOUT", "connection.CONNECT_TIMEOUT"):
    place, name = module.split(".")
    setattr(sys.modules[f"onprem.ssh.{place}"], name, 1.0)
sessions._RETRY_AFTER = (0.0, 0.1)
given = json.loads(sys.stdin.read())
login = Login(
    username="netops",
    password=given["password"],
    ssh_config=Path(given["ssh_config"]),
    safeguards=Safeguards(journal=Path(".iosxe"), settle=0.1),
)
router, lines = given["router"], tuple(given["lines"])
inputs = Inputs(router=router, host=router, lines=lines, secrets=given["secrets"])
try:
    print(compare_with(inputs, None, login))
    print(repr((inputs, login)))
    outcome = apply(inputs, None, login, lambda: False)
    print(outcome)
    Path("state.json").write_text(json.dumps(dataclasses.asdict(outcome.state)))
except Exception:
    traceback.print_exc()
"""


def always(fault: Fault) -> Callable[[RouterServer], Fault]:
    return lambda _: fault


def reboot(server: RouterServer) -> Fault:
    server.reboot()
    return Fault(drop=True)


def run_out(server: RouterServer) -> Fault:
    server.device.timer.revert()
    return Fault()


ECHOES = f"% Invalid key {CANARY} from user netops with {PASSWORD}"
FAULTS: dict[str, tuple[str, Callable[[RouterServer], Fault]]] = {
    "none": ("", always(Fault())),
    "F1 dropped in the key's line": ("pre-shared-key", always(Fault(drop=True))),
    "F1 dropped while saving": ("write memory", always(Fault(drop=True))),
    "F2 silent in the key's line": ("pre-shared-key", always(Fault(ask=""))),
    "F3 not authorised": ("pre-shared-key", always(Fault(reject="Command authorization failed."))),
    "F5 one character at a time": ("pre-shared-key", always(Fault(pieces=1))),
    "F6 question": ("pre-shared-key", always(Fault(ask=f"Replace {CANARY}? [yes/no]: "))),
    "F7 key echoed in a refusal": ("pre-shared-key", always(Fault(reject=ECHOES))),
    "F7 key echoed in a remark": ("address 203", always(Fault(reject=f"note: {CANARY} is in use"))),
    "F7 lost line": ("pre-shared-key", always(Fault(reject=""))),
    "F8 key in a log line": ("pre-shared-key", always(Fault(log=(f"%CRYPTO-4-KEY: {CANARY}",)))),
    "F8 key in a line that looks like none": (
        "pre-shared-key",
        always(Fault(log=(f"key {CANARY} is weak",))),
    ),
    "F9 reboot": ("pre-shared-key", reboot),
    "F10 archive echoes": ("configure terminal revert", always(Fault(reject=ECHOES))),
    "F15 timer runs out": ("rd 65021:30", run_out),
    "F16 save fails": ("write memory", always(Fault(reject=ECHOES))),
    "F19 configuration cut": ("show running-config", always(Fault(reject=f"version 17\\n key {CANARY}"))),
}


@pytest.fixture
def searched(tmp_path: Path, lab: Lab) -> Callable[[str, dict[str, str]], list[str]]:
    """Pushes in a process of its own; where the canaries were found: the returned list should be empty."""

    def push(password: str, secrets: dict[str, str]) -> list[str]:
        folder = tmp_path / "project"
        folder.mkdir()
        given = {
            "password": password,
            "ssh_config": str(lab.ssh_config),
            "router": ROUTER,
            "lines": SMALL.lines,
            "secrets": secrets,
        }
        process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-W", "default", "-c", PROGRAM],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        table = Path(f"/proc/{process.pid}/cmdline")
        shown = table.read_text() if table.exists() else ""
        said, complained = process.communicate(json.dumps(given), timeout=120)
        assert process.returncode == 0, complained
        assert "paramiko" in (folder / "debug.log").read_text(), "libraries did log"
        everything = {"said": said, "complained": complained, "process table": shown}
        files = [file for file in folder.rglob("*") if file.is_file()]
        everything |= {str(file): file.read_text(errors="replace") for file in files}
        everything |= {str(file): file.read_text(errors="replace") for file in tmp_path.rglob("*.transcript")}
        return [place for place, text in everything.items() if CANARY in text or PASSWORD in text]

    return push


@pytest.mark.promise("P25", "P27", "F1", "F2", "F3", "F5", "F6", "F7", "F8", "F9", "F10", "F15", "F16", "F19")
@pytest.mark.parametrize(("line", "wrong"), FAULTS.values(), ids=FAULTS)
def test_canaries_are_nowhere(
    lab: Lab,
    searched: Callable[[str, dict[str, str]], list[str]],
    line: str,
    wrong: Callable[[RouterServer], Fault],
) -> None:
    server = lab.start()
    left = 1

    async def hook(_: int, moment: Moment, text: str) -> Fault | None:
        nonlocal left
        if not line or not left or moment is not Moment.LINE or not text.strip().startswith(line):
            return None
        left -= 1
        return wrong(server)

    server.faults = hook
    assert searched(PASSWORD, {NAME: CANARY}) == []
    assert not line or not left, "the fault came"


@pytest.mark.promise("P20", "P22", "P25", "F3", "F4")
@pytest.mark.parametrize("host_key", ["own", "changed"])
def test_canaries_are_nowhere_after_a_login_that_failed(
    lab: Lab, searched: Callable[[str, dict[str, str]], list[str]], host_key: str
) -> None:
    server = lab.start(foreign=True)
    server.device._password = "another"
    if host_key == "changed":
        server.reboot(new_key=True)
    assert searched(PASSWORD, {NAME: CANARY}) == []
