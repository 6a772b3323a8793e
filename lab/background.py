"""Starts and stops the lab's process, and puts the engine where the lab's environment finds it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from lab.directory import LabDirectory
from lab.engine import find_engine
from lab.errors import LabError
from lab.stacks import refuse_another, why_plain

_ROOT = Path(__file__).parents[1]
_START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_LOOK = 0.05

_LANGUAGE_HOST = """#!/bin/sh
# The language host of an engine that was built here; see lab/engine/language_host.py.
PYTHONPATH={root} exec {python} -m lab.engine.language_host "$@"
"""


class Launched(Protocol):
    """A process that serves a lab, as far as starting one goes."""

    def poll(self) -> int | None:
        """Return its exit code; None while it runs."""

    def terminate(self) -> None:
        """Ask it to end."""

    def wait(self) -> int:
        """Wait for its end."""


Launch = Callable[[LabDirectory, Path, float, str], Launched]
"""Starts a process that serves a lab: its directory, its project, the provider's delay, its stack."""


def launch(directory: LabDirectory, project: Path, provider_delay: float, stack: str) -> Launched:
    """Start `python -m lab serve` in a session of its own."""
    command = [sys.executable, "-m", "lab", "--directory", str(directory.path), "--project", str(project)]
    with directory.log_file.open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            [*command, "serve", "--provider-delay", str(provider_delay), "--stack", stack],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def start(
    directory: LabDirectory,
    project: Path,
    provider_delay: float = 0.0,
    stack: str = "test",
    launch: Launch = launch,
) -> dict[str, Any]:
    """Start the lab unless it runs, and return what it says of itself.

    Args:
        directory: Where the lab keeps everything.
        project: Where the stack files are.
        provider_delay: Seconds until an ordered circuit is provisioned.
        stack: Whose network lives behind the routers, if one can.
        launch: How its process is started.

    Raises:
        LabError: if it does not come up, with its last words, or runs for another stack.
        lab.engine.BuildError: if there is no engine and none can be built.
    """
    if (status := directory.read_status()) is not None:
        refuse_another(status, project, stack)
        return status
    if directory.living.is_running() and not why_plain(project, stack):
        raise LabError(
            f"a network of its own lives in {directory.living.path}, in the place of that of the lab's"
            " routers: end it first with `make lab-bgp-stop`"
        )
    place_engine(directory)
    (directory.path / "state").mkdir(parents=True, exist_ok=True)
    return _await_status(directory, launch(directory, project, provider_delay, stack))


def _await_status(directory: LabDirectory, process: Launched) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    try:
        while time.monotonic() < deadline and process.poll() is None:
            if (status := directory.read_status()) is not None:
                return status
            time.sleep(_LOOK)
    except BaseException:  # Ctrl-C does not reach it: it has a session of its own
        process.terminate()
        process.wait()
        raise
    process.terminate()
    words = directory.log_file.read_text(encoding="utf-8").strip() or "it said nothing"
    raise LabError(f"the lab did not start; {directory.log_file}:\n{words}")


def stop(directory: LabDirectory) -> bool:
    """Stop the lab and wait until it has kept its state; False if it was not running."""
    status = directory.read_status()
    if status is None:
        return False
    os.kill(status["pid"], signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while directory.is_running():
        if time.monotonic() > deadline:
            raise LabError(f"process {status['pid']}, the lab in {directory.path}, does not stop")
        time.sleep(_LOOK)
    return True


def reset(directory: LabDirectory) -> None:
    """Stop the lab and forget everything: the emulated Azure, the routers, and Pulumi's state of them."""
    stop(directory)
    if directory.path.exists():
        shutil.rmtree(directory.path)


def behind_the_routers(status: Mapping[str, Any]) -> str:
    """Say in a line whether a network lives behind the routers; if none does, why, with the mend."""
    if status["plain"]:
        return f"Routers take lines and move no packet: {status['plain']}"
    return f"Behind the routers of stack {status['stack']} lives their network: real BGP, OSPF and IPsec"


def place_engine(directory: LabDirectory) -> None:
    """Put the engine first on the lab's PATH, with a language host beside it if it has none of its own."""
    engine = find_engine()
    directory.commands.mkdir(parents=True, exist_ok=True)
    place, host = directory.commands / "pulumi", directory.commands / "pulumi-language-python"
    place.unlink(missing_ok=True)
    host.unlink(missing_ok=True)
    if engine.has_language_host:
        place.symlink_to(engine.binary)  # it finds its own host beside its real place
        return
    try:
        place.hardlink_to(engine.binary)  # a link to it would make the engine look beside the original
    except OSError:
        shutil.copy2(engine.binary, place)
    host.write_text(_LANGUAGE_HOST.format(root=_ROOT, python=sys.executable), encoding="utf-8")
    host.chmod(0o755)
