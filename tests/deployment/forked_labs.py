"""Labs forked from a process that has read their modules, which is most of what it takes to start one.

They differ in nothing else from those of `lab.background`, which tests/deployment/test_lab.py starts, and all
tests where a process that has loaded Apple's frameworks must not fork.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from lab import background
from lab.directory import LabDirectory
from lab.errors import LabError

_READ_BEFORE = "tests.deployment.lab_modules"

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([_READ_BEFORE])


class ForkedLab:
    """The process, as `lab.background` knows it."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    def poll(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def wait(self) -> int:
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


def launch(directory: LabDirectory, project: Path, provider_delay: float, stack: str) -> background.Launched:
    """Fork a lab, in this process's environment of now."""
    if sys.platform != "linux":
        return background.launch(directory, project, provider_delay, stack)
    directory.log_file.touch()
    arguments = (dict(os.environ), directory, project, provider_delay, stack)
    process = _context.Process(target=_serve, args=arguments, daemon=True)
    process.start()
    return ForkedLab(process)


def _serve(
    environment: dict[str, str], directory: LabDirectory, project: Path, provider_delay: float, stack: str
) -> None:
    from lab.service import serve  # noqa: PLC0415 (read before, but by this process only)

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(directory.log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for descriptor, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, place)
    try:
        asyncio.run(serve(directory, project, provider_delay, stack))
    except LabError as error:
        sys.exit(str(error))
