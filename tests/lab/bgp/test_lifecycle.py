"""Nothing of a living network is left, however it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import ROOT, start
from tests.lab.bgp.conftest import skip_unless_able

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
    file = directory / "bgp" / "keeper.pid"
    while time.monotonic() < deadline:
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


def test_a_keeper_that_is_killed_once_all_runs_leaves_nothing(command_line: Any, traces: Any) -> None:
    before = traces()
    code, said = command_line.run("up")
    assert code == 0, said
    keeper = await_keeper(command_line.directory)
    namespace = process_namespace(keeper)
    os.kill(keeper, signal.SIGKILL)
    assert await_empty(namespace)
    assert traces() == before
    assert command_line.run("status")[0] == 2
    assert command_line.run("down") == (0, "none was running\n")


def test_ctrl_c_during_a_drill_mends_what_was_cut(command_line: Any) -> None:
    assert command_line.run("up")[0] == 0
    process = command_line.start("drill", "--how", "silent")
    probe = command_line.directory / "bgp" / "probe-hub-location1.txt"
    deadline = time.monotonic() + 60
    while not (probe.exists() and probe.stat().st_size > 3000):  # some four seconds of answers: it has failed
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    code, said = command_line.run("check")
    assert code == 0, said


@pytest.mark.parametrize("settled", [False, True], ids=["while it starts", "while it checks"])
def test_ctrl_c_during_a_soak_leaves_nothing(tmp_path: Path, traces: Any, *, settled: bool) -> None:
    """No program, no namespace, no folder, and no result of a network that was not looked at to its end."""
    skip_unless_able()
    before = traces()
    process = start("lab.bgp.soak", "--directory", str(tmp_path), "--first", "3", "--networks", "2")
    folder = tmp_path / "soak" / "seed-3"
    namespace = process_namespace(await_keeper(folder))
    deadline = time.monotonic() + 90
    while settled and not (folder / "verdicts.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("ended; what came of whole networks is kept")
    assert await_empty(namespace)
    assert traces() == before
    assert list((tmp_path / "soak").iterdir()) == []


def test_it_ends_by_itself_when_its_time_is_up(command_line: Any, traces: Any) -> None:
    before = traces()
    process = command_line.start("up", "--lifetime", "8")
    namespace = process_namespace(await_keeper(command_line.directory))
    assert await_empty(namespace)
    process.communicate(timeout=60)
    assert traces() == before


@pytest.mark.parametrize("command", [("lab.bgp", "up"), ("lab.bgp.soak",)])
def test_without_root_one_message_says_so(command: tuple[str, ...]) -> None:
    """As another user of this machine, from the command line."""
    other_user = ("setpriv", "--reuid", "65534", "--clear-groups", sys.executable)
    if (
        os.geteuid() != 0
        or subprocess.run([*other_user, "-c", "import lab"], cwd=ROOT, check=False).returncode
    ):
        pytest.skip("no other user can run Python from this folder")
    done = subprocess.run(
        [*other_user, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "needs root" in line
    assert line.endswith("Everything else in this project works without it.")


def test_without_a_living_network_every_command_says_so(command_line: Any) -> None:
    for command in (["status"], ["check"], ["drill"], ["run", "ce.location1-ce1", "true"]):
        code, said = command_line.run(*command)
        assert code == 2
        assert "start one with `up`" in said
    assert command_line.run("down") == (0, "none was running\n")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """A lab's folder in which the place of the living network is taken."""
    network = tmp_path / "bgp"
    network.mkdir()
    with (network / "keeper.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path


def said(*command: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if name != "LAB_PLAIN"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_what_lives_behind_the_labs_routers_ends_with_the_lab_only(held: Path) -> None:
    skip_unless_able()
    (held / "bgp" / "status.json").write_text('{"undeployed": true}')
    for command in ("down", "up"):
        code, error = said("lab.bgp", "--directory", str(held), command)
        assert (code, "`make lab-stop`" in error) == (2, True), error


def test_a_lab_does_not_start_where_a_network_of_its_own_lives(held: Path) -> None:
    skip_unless_able()
    (held / "bgp" / "status.json").write_text('{"undeployed": false}')
    code, error = said("lab", "--directory", str(held), "start")
    assert (code, "`make lab-bgp-stop`" in error) == (2, True), error
    assert not (held / "lab.json").exists()
