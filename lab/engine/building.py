"""Builds the Pulumi engine from the Go module proxy, once for each version and machine.

The binary is kept in the user's cache, outside the work tree: `$HYBRID_CACHE`, else `$XDG_CACHE_HOME/hybrid`,
else `~/.cache/hybrid`. Go checks every source against `go.sum`.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

VERSION = (3, 256, 0)
TAG = "v" + ".".join(map(str, VERSION))

_HERE = Path(__file__).parent
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_LINKER_FLAGS = f"-s -w -X {_VERSION_VARIABLE}={TAG}"
_LAST_LINES = 15
_SECONDS_BETWEEN_LINES = 20.0


class BuildError(RuntimeError):
    """The engine could not be built; the message says what to install or to mend."""


def build_engine() -> Path:
    """Return the built engine; building takes 4 to 7 minutes on two cores, once.

    Raises:
        BuildError: without a fitting Go, or if Go fails; the message holds what Go said.
    """
    binary = cache_directory() / "engine" / TAG / "pulumi"
    if binary.exists():
        return binary
    go = _find_go()
    try:
        binary.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"{binary.parent} cannot be made ({error.strerror}): set HYBRID_CACHE") from None
    with _only_one(binary.with_suffix(".lock")):
        if not binary.exists():
            _build(go, binary)
    return binary


def cache_directory() -> Path:
    """Return where this project keeps what is costly to make again."""
    if own := os.environ.get("HYBRID_CACHE"):
        return Path(own).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "hybrid"


def _find_go() -> str:
    """Return the Go command. Raises BuildError if it is missing or older than `go.mod` asks for."""
    wanted = re.search(r"^go (\d+)\.(\d+)", (_HERE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted is not None, "go.mod names its Go version"
    oldest = (int(wanted[1]), int(wanted[2]))
    mend = (
        f"install Go {oldest[0]}.{oldest[1]} or newer (https://go.dev/dl), or the Pulumi CLI {TAG} or a "
        "newer v3 (https://www.pulumi.com/docs/install), and try again"
    )
    go = shutil.which("go")
    if go is None:
        raise BuildError(f"There is no pulumi {TAG} on PATH, and no Go to build it with: {mend}.")
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd="/")
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    if found is None or (int(found[1]), int(found[2])) < oldest:
        raise BuildError(f"Go here is {answer.stdout.strip() or 'of no known version'}: {mend}.")
    return go


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Let one process build while others wait for it."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(go: str, binary: Path) -> None:
    packages = _list_packages(go)
    handle, unfinished = tempfile.mkstemp(dir=binary.parent, prefix="pulumi-")
    os.close(handle)
    command = [go, "build", "-v", "-trimpath", "-ldflags", _LINKER_FLAGS, "-o", unfinished, _COMMAND]
    try:
        _run(command, f"building the Pulumi engine {TAG}, once", len(packages))
        Path(unfinished).chmod(0o755)
        Path(unfinished).replace(binary)
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _list_packages(go: str) -> list[str]:
    """Return every package of the engine, once its sources are there."""
    return _run([go, "list", "-deps", _COMMAND], f"fetching the sources of the Pulumi engine {TAG}", None)


def _run(command: list[str], task: str, total: int | None) -> list[str]:
    """Run a Go command in `go.mod`'s directory, show how far it is, and return the lines of its output.

    Go names each module that it downloads and, with -v, each package that it compiles, on standard error.
    """
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=_HERE, env=environment, stdout=output, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        try:
            said = _follow(process.stderr, task, total)
            failed = process.wait() != 0
        finally:
            process.kill()
            process.wait()
        if failed:
            last = "\n".join(said[-_LAST_LINES:])
            raise BuildError(f"The Pulumi engine {TAG} could not be built; Go said last:\n{last}")
        output.seek(0)
        return output.read().splitlines()


def _follow(lines: IO[str], task: str, total: int | None) -> list[str]:
    """Count lines on a progress bar, or with a plain line now and then where nobody watches a terminal."""
    # only a build waits for these, not each start of a language host, which needs this package
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    said: list[str] = []
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bar:
        followed = bar.add_task(task, total=total, count="")
        due = time.monotonic()
        for line in lines:
            said.append(line.rstrip())
            count = f"{len(said)} of {total} packages" if total else f"{len(said)} modules"
            bar.update(followed, completed=len(said), count=count)
            if not console.is_terminal and time.monotonic() >= due:
                due = time.monotonic() + _SECONDS_BETWEEN_LINES
                sys.stderr.write(f"{task}: {count}\n")
                sys.stderr.flush()
    return said
