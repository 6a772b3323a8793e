"""Starts and ends a living network's keeper, and runs commands in its world."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lab.bgp.directory import Directory
from lab.bgp.errors import LivingLabError
from lab.bgp.prerequisites import WORLD, require
from lab.bgp.typist import TYPIST, Typist

_ROOT = Path(__file__).parents[2]
_START_SECONDS = 180.0
_STOP_SECONDS = 10.0
_MEND_SECONDS = 60.0
_LOOK = 0.05
INSIDE = "LIVING_NETWORK_INSIDE"
"""Set in the environment of a command that runs in the keeper's world already."""


def start(directory: Directory, stack_file: Path, lifetime: float) -> dict[str, Any]:
    """Build a living network in the background and return what its keeper says; routing settles later.

    Raises:
        MissingPrerequisiteError: if this machine cannot do it.
        LivingLabError: if one runs already, or it does not start; the message holds its last words.
    """
    _start(directory, stack_file, "--lifetime", str(lifetime), stdin=subprocess.DEVNULL)
    return directory.read_status() or {}


def start_owned(
    directory: Directory, stack_file: Path, *, undeployed: bool = False
) -> subprocess.Popen[bytes]:
    """Build a network that ends with this process, which holds a pipe to it; or what is there undeployed.

    Raises:
        MissingPrerequisiteError: if this machine cannot do it.
        LivingLabError: if one runs already, or it does not start; the message holds its last words.
    """
    return _start(directory, stack_file, *(["--undeployed"] if undeployed else ()), stdin=subprocess.PIPE)


def _start(directory: Directory, stack_file: Path, *options: str, stdin: int) -> subprocess.Popen[bytes]:
    require()
    if directory.is_running():
        raise LivingLabError(
            f"a living network runs in {directory.path} already: end it {_how_to_end(directory)}"
        )
    shutil.rmtree(directory.logs, ignore_errors=True)
    directory.logs.mkdir(parents=True)
    directory.status_file.unlink(missing_ok=True)
    command = [*WORLD, sys.executable, "-m", "lab.bgp.keeper", str(directory.path), str(stack_file), *options]
    with directory.keeper_log.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, cwd=_ROOT, stdin=stdin, stdout=log, stderr=log, start_new_session=True
        )
    directory.pid_file.write_text(f"{process.pid} {_start_time(process.pid)}\n")
    try:
        _await_status(directory, process)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def is_the_labs(directory: Directory) -> bool:
    """Whether the network that runs there lives behind the lab's routers."""
    return bool((directory.read_status() or {}).get("undeployed"))


def _how_to_end(directory: Directory) -> str:
    if is_the_labs(directory):
        return "with `make lab-stop`, for it lives behind the lab's routers"
    return "with `python -m lab.bgp down`"


def last_words(directory: Directory) -> str:
    """Return what a keeper said before it ended."""
    return directory.keeper_log.read_text(encoding="utf-8").strip() or "it said nothing"


def _await_status(directory: Directory, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if directory.read_status() is not None:
            return
        time.sleep(_LOOK)
    raise LivingLabError(f"the living network did not start: {last_words(directory)}")


def end(directory: Directory, process: subprocess.Popen[bytes]) -> None:
    """End a network that this process owns, and wait until nothing of it is left.

    Raises:
        LivingLabError: if it does not end.
    """
    keeper = _keeper(process.pid)
    process.kill()
    process.wait()
    _await_end(directory, keeper)


def stop(directory: Directory) -> bool:
    """End a living network and wait until nothing of it is left; False if none ran.

    Raises:
        LivingLabError: if it does not end.
    """
    if not directory.is_running():
        return False
    pid = _keeper_parent(directory)
    keeper = _keeper(pid)
    os.kill(pid, signal.SIGKILL)
    _await_end(directory, keeper)
    directory.status_file.unlink(missing_ok=True)
    directory.pid_file.unlink(missing_ok=True)
    return True


def _await_end(directory: Directory, keeper: tuple[int, str] | None) -> None:
    """Wait until the lock is free, and the keeper gone: the kernel ends all others of its world before."""
    deadline = time.monotonic() + _STOP_SECONDS
    while directory.is_running() or (keeper and _is_alive(*keeper)):
        if time.monotonic() > deadline:
            raise LivingLabError(f"what keeps {directory.path} does not end")
        time.sleep(_LOOK)


def enter(directory: Directory, arguments: list[str]) -> int:
    """Run `python -m lab.bgp` with these arguments in the keeper's world and return its exit code.

    Raises:
        LivingLabError: if no living network runs.
    """
    if directory.read_status() is None:
        raise LivingLabError(f"no living network runs in {directory.path}: start one with `up`")
    keeper = _child(_keeper_parent(directory))
    command = ["nsenter", f"--target={keeper}", "--mount", "--pid", "--net", f"--wd={Path.cwd()}"]
    environment = {**os.environ, INSIDE: "1", "PYTHONPATH": str(_ROOT)}
    typist = Typist(directory.path.parent)
    environment[TYPIST] = str(typist.other.fileno())
    process = subprocess.Popen(
        [*command, sys.executable, "-m", "lab.bgp", *arguments],
        env=environment,
        pass_fds=[typist.other.fileno()],
    )
    typist.start()
    try:
        return process.wait()
    except KeyboardInterrupt:
        typist.await_end(_MEND_SECONDS)  # the command has heard it, too, and takes back what it has changed
        raise
    finally:
        process.kill()
        process.wait()


def _keeper_parent(directory: Directory) -> int:
    """Return the process that `start` began, unless its number has passed to another."""
    try:
        pid, began = directory.pid_file.read_text().split()
    except (OSError, ValueError):
        raise LivingLabError(f"{directory.pid_file} is missing: the keeper cannot be found") from None
    if _start_time(int(pid)) != began:
        raise LivingLabError(f"process {pid} is not the one that {directory.pid_file} means")
    return int(pid)


def _keeper(parent: int) -> tuple[int, str] | None:
    """Return the keeper's process and when it began; None if it has not come that far."""
    try:
        pid = _child(parent)
    except LivingLabError:
        return None
    return pid, _start_time(pid)


def _is_alive(pid: int, began: str) -> bool:
    try:
        fields = _stat(pid)
    except OSError:
        return False
    return fields[19] == began and fields[0] not in {"Z", "X"}


def _start_time(pid: int) -> str:
    """Return when a process began, in the kernel's ticks; empty if there is none."""
    try:
        return _stat(pid)[19]
    except OSError:
        return ""


def _child(parent: int) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int(_stat(int(entry.name))[1]) == parent:
                    return int(entry.name)
            except OSError:
                continue
    raise LivingLabError(f"process {parent} has no child: the keeper has ended")


def _stat(pid: int) -> list[str]:
    """Return the fields after a process's name (proc(5)): state, parent, and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
