"""Nothing of a living network is left, however it ends."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.living, pytest.mark.emulated]


def process_namespace(pid: int | str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def processes_in(namespace: str) -> list[str]:
    return [
        entry.name for entry in Path("/proc").glob("[0-9]*") if process_namespace(entry.name) == namespace
    ]


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


def await_keeper(directory: Path) -> int:
    """The keeper's own process, the first of its namespace; as soon as it has some others."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        file = directory / "bgp" / "keeper.pid"
        if file.exists() and file.read_text():
            started = children(int(file.read_text().split()[0]))
            if started and len(processes_in(process_namespace(started[0]))) > 5:
                return started[0]
        time.sleep(0.05)
    raise TimeoutError(directory)


def await_empty(namespace: str) -> bool:
    deadline = time.monotonic() + 20
    while processes_in(namespace):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def traces() -> Any:
    """What this machine shows of networks: its interfaces, named namespaces and mounts."""

    def look() -> tuple[set[str], set[str], int]:
        named = Path("/run/netns")
        names = {entry.name for entry in named.iterdir()} if named.exists() else set()
        mounts = len(Path("/proc/self/mounts").read_text().splitlines())
        return {entry.name for entry in Path("/sys/class/net").iterdir()}, names, mounts

    return look


def test_a_crash_of_the_keeper_ends_everything(command_line: Any, traces: Any) -> None:
    before = traces()
    process = command_line.start("up")
    keeper = await_keeper(command_line.directory)
    namespace = process_namespace(keeper)
    os.kill(keeper, signal.SIGKILL)
    assert await_empty(namespace)
    assert traces() == before
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "did not start" in said


def test_ctrl_c_while_it_starts_ends_everything(command_line: Any, traces: Any) -> None:
    before = traces()
    process = command_line.start("up")
    namespace = process_namespace(await_keeper(command_line.directory))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert await_empty(namespace)
    assert traces() == before


def test_without_a_living_network_every_command_says_so(command_line: Any) -> None:
    for command in (["status"], ["check"], ["drill"], ["run", "ce.location1-ce1", "true"]):
        code, said = command_line.run(*command)
        assert code == 2
        assert "start one with `up`" in said
    assert command_line.run("down") == (0, "none was running\n")
