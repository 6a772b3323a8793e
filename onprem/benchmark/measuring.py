"""One run of a contestant against routers of its own, and the best of several.

Routers run in as many processes as there are cores, so that no contestant waits for one of them alone. Each
has a time limit, after which it is ended with all that it has started, and counts as slower than that.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).with_name("peers.py")
PYTHON_OF_PEERS = ROOT / ".venv-bench/bin/python"
LINES = 100
_ENVIRONMENT = {**os.environ, "IOSXE_PASSWORD": "bench-password", "PYTHONPATH": str(ROOT)}
_OWN = frozenset({"floor", "sending", "netmiko", "guarded", "unchanged", "fleet"})
_ONCE = frozenset({"napalm", "ansible"})
"""Contestants that take so long that chance is a small part of it."""
_FEW, _SLOW = 10, 50
Cell = tuple[int, int]
"""Routers, and milliseconds that each line takes."""


@dataclass(slots=True)
class Fleet:
    """Routers that run, and the seconds of CPU that they have taken once they have ended."""

    targets: list[dict[str, Any]]
    cpu: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How one contestant did: seconds, and megabytes; `routers_cpu` is what its routers have taken."""

    lines: float | None
    whole: float
    cpu: float
    megabytes: float
    rest: float
    routers_cpu: float = 0.0


Found = dict[str, "Measured | str"]
"""What contestants came to in one cell, by name; in words where one came to no end."""


def bench_lines(count: int) -> list[str]:
    """Return lines that each router takes, and none of which it has."""
    return [
        f"ip prefix-list Bench{number // 250} seq {number + 1} permit 10.{number % 250}.0.0/16"
        for number in range(count)
    ]


@contextlib.contextmanager
def routers(count: int, milliseconds: int) -> Iterator[Fleet]:
    """Run fresh routers, and say where they are."""
    cores = min(os.cpu_count() or 1, count)
    starts = [count * core // cores for core in range(cores + 1)]
    with contextlib.ExitStack() as stack:
        parts = [
            stack.enter_context(_process(begin + 1, end - begin, milliseconds))
            for begin, end in itertools.pairwise(starts)
        ]
        fleet = Fleet([target for part in parts for target in part.targets])
        yield fleet
    fleet.cpu = sum(part.cpu for part in parts)


@contextlib.contextmanager
def _process(first: int, count: int, milliseconds: int) -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory(prefix="hybrid-bench-") as folder:
        options = {"first": first, "count": count, "latency": milliseconds, "directory": folder}
        given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        process = subprocess.Popen(  # noqa: S603 (our own)
            [sys.executable, "-m", "lab.iosxe.fleet", *given],
            cwd=ROOT,
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        fleet = Fleet(json.loads(process.stdout.readline()))
        try:
            yield fleet
        finally:
            process.stdin.close()
            fleet.cpu = float(process.stdout.readline())
            process.wait(120)


def run(name: str, fleet: Fleet, lines: Sequence[str], limit: float | None = None) -> Measured:
    """Run one contestant against routers, for at most `limit` seconds.

    Raises:
        subprocess.CalledProcessError: it failed; what it complained of is on standard error.
        subprocess.TimeoutExpired: it took longer, and was ended.
    """
    own = [sys.executable, "-m", "onprem.benchmark.contestants"]
    command = [*(own if name in _OWN else [str(PYTHON_OF_PEERS), str(PEERS)]), name]
    task = json.dumps({"targets": fleet.targets, "lines": lines})
    with subprocess.Popen(  # noqa: S603 (our own)
        command,
        cwd=ROOT,
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that what it starts can be ended with it
    ) as process:
        try:
            said, _ = process.communicate(task, timeout=limit)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Measured(**json.loads(said.splitlines()[-1]))


def measure(cell: Cell, names: Sequence[str], limit: float) -> Found:
    """Run contestants in one cell, the quick ones more than once: the best counts."""
    count, milliseconds = cell
    found: Found = {}
    for name in names:
        for _ in range(_times(name, cell) if name != "unchanged" else 0):
            took: Found = {}
            with routers(count, milliseconds) as fleet:
                took[name] = _outcome(name, fleet, limit)
                if name == "guarded" and "unchanged" in names:
                    took["unchanged"] = _outcome("unchanged", fleet, limit)
            for one, outcome in took.items():
                if not isinstance(outcome, str):
                    _keep_best(found, one, replace(outcome, routers_cpu=fleet.cpu))
                else:
                    found.setdefault(one, outcome)
            if isinstance(took[name], str):
                break
        outcome = found.get(name, "-")
        says = outcome if isinstance(outcome, str) else f"{outcome.whole:.2f} s"
        if name != "unchanged":
            sys.stderr.write(f"{count} routers, {milliseconds} ms a line, {name}: {says}\n")
    return found


def _outcome(name: str, fleet: Fleet, limit: float) -> Measured | str:
    """What one run came to; a peer may fail, this package may not."""
    try:
        return run(name, fleet, bench_lines(LINES), limit)
    except subprocess.TimeoutExpired:
        return f"> {limit:.0f} s"
    except subprocess.CalledProcessError:
        if name in _OWN:
            raise
        return "failed"


def _times(name: str, cell: Cell) -> int:
    count, milliseconds = cell
    return 1 if name in _ONCE else 3 if count <= _FEW and milliseconds < _SLOW else 2


def _keep_best(found: Found, name: str, measured: Measured) -> None:
    old = found.get(name)
    if old is None or isinstance(old, str) or (measured.lines or measured.whole) < (old.lines or old.whole):
        found[name] = measured
