"""`python -m onprem.benchmark [ROUTERS ...]`: pushes of one hundred lines, this package's and other tools'.

Emulated routers, in a process of their own, take 0, 5 or 50 ms for each line; 50 is nearer to a WAN. Each
contestant is a process of its own as well, with fresh routers. Ratios within a run count, not seconds.

Left out: Ansible with more than ten routers, for it takes 90 MB for each of fifty forks; NAPALM and Ansible
at 50 ms with more than one, for they spend their time on other things than lines, and it does not change.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).with_name("peers.py")
PYTHON_OF_PEERS = ROOT / ".venv-bench/bin/python"
MILLISECONDS = (0, 5, 50)
LINES, MANY_LINES, MANY_ROUTERS = 100, 10_000, 1000
_TIME_LIMIT = 1800
_ENVIRONMENT = {**os.environ, "IOSXE_PASSWORD": "bench-password", "PYTHONPATH": str(ROOT)}
_FEW, _SLOW = 10, 50
_SENDING = {
    "floor": "floor: asyncssh writes all, checks nothing",
    "sending": "this push: every line checked",
    "netmiko": "plain netmiko",
    "nornir": "Nornir, nornir_netmiko",
}
_WHOLE = {
    "floor": "floor",
    "netmiko": "plain netmiko",
    "nornir": "Nornir, nornir_netmiko",
    "napalm": "NAPALM, merge",
    "ansible": "Ansible, ios_config",
    "guarded": "this push: read, arm, send, log in anew, read back, confirm, save",
    "unchanged": "this push: nothing to change",
}
Cell = tuple[int, int]
"""Routers, and milliseconds that each line takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How one contestant did: seconds, and megabytes."""

    lines: float | None
    whole: float
    cpu: float
    megabytes: float
    rest: float


def bench_lines(count: int) -> list[str]:
    """Return lines that each router takes, and none of which it has."""
    return [
        f"ip prefix-list Bench{number // 250} seq {number + 1} permit 10.{number % 250}.0.0/16"
        for number in range(count)
    ]


@contextlib.contextmanager
def routers(count: int, milliseconds: int) -> Iterator[list[dict[str, Any]]]:
    """Run fresh routers, and say where they are."""
    with tempfile.TemporaryDirectory(prefix="hybrid-bench-") as folder:
        command = ["-m", "lab.iosxe.fleet", "--count", str(count), "--directory", folder]
        process = subprocess.Popen(  # noqa: S603 (our own)
            [sys.executable, *command, "--latency", str(milliseconds)],
            cwd=ROOT,
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(120)


def run(name: str, targets: Sequence[dict[str, Any]], lines: Sequence[str]) -> Measured:
    """Run one contestant against routers.

    Raises:
        subprocess.CalledProcessError: it failed; what it complained of is on standard error.
    """
    own = name in {"floor", "sending", "netmiko", "guarded", "unchanged", "fleet"}
    command = [sys.executable, "-m", "onprem.benchmark.contestants"] if own else [PYTHON_OF_PEERS, PEERS]
    done = subprocess.run(  # noqa: S603 (our own)
        [*command, name],
        input=json.dumps({"targets": targets, "lines": lines}),
        cwd=ROOT,
        env=_ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=_TIME_LIMIT,
    )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def measure(cell: Cell, names: Sequence[str]) -> dict[str, Measured]:
    """Run contestants in one cell, the quick ones more than once: the best counts."""
    count, milliseconds = cell
    found: dict[str, Measured] = {}
    for name in names:
        if name == "unchanged" or not _is_reasonable(name, cell):
            continue
        for _ in range(1 if name in {"napalm", "ansible"} else 3 if count <= _FEW else 2):
            with routers(count, milliseconds) as targets:
                _keep_best(found, name, run(name, targets, bench_lines(LINES)))
                if name == "guarded" and "unchanged" in names:
                    _keep_best(found, "unchanged", run("unchanged", targets, bench_lines(LINES)))
        sys.stderr.write(f"{count} routers, {milliseconds} ms a line, {name}: {found[name].whole:.2f} s\n")
    return found


def _is_reasonable(name: str, cell: Cell) -> bool:
    count, milliseconds = cell
    if name == "ansible" and count > _FEW:
        return False
    return name not in {"napalm", "ansible"} or milliseconds < _SLOW or count == 1


def _keep_best(found: dict[str, Measured], name: str, measured: Measured) -> None:
    old = found.get(name)
    if old is None or (measured.lines or measured.whole) < (old.lines or old.whole):
        found[name] = measured


def _table(title: str, rows: dict[str, str], cells: dict[Cell, dict[str, Measured]], *, whole: bool) -> Table:
    table = Table(title, *(f"{count} x {ms} ms" for count, ms in cells))
    for name, says in rows.items():
        shown = []
        for found in cells.values():
            seconds = _seconds(found.get(name), whole=whole)
            base = _seconds(found.get("floor"), whole=whole)
            ratio = f" ({seconds / base:.1f}x)" if seconds is not None and base else ""
            shown.append("-" if seconds is None else f"{seconds:.2f} s{ratio}")
        table.add_row(says, *shown)
    return table


def _seconds(measured: Measured | None, *, whole: bool) -> float | None:
    return None if measured is None else measured.whole if whole else measured.lines


def _many(console: Console, lines: int, count: int) -> None:
    """Measure what grows: a long configuration, and a large fleet."""
    with routers(1, 0) as targets:
        short = run("sending", targets, bench_lines(lines // 10))
    with routers(1, 0) as targets:
        long = run("sending", targets, bench_lines(lines))
    assert short.lines is not None
    assert long.lines is not None
    growth = (long.lines / lines) / (short.lines / (lines // 10))
    console.print(
        f"{lines:,} lines: {growth:.2f} times a line's time among {lines // 10:,} (wanted: at most 1.3)"
    )
    with routers(count, 0) as targets:
        found = run("fleet", targets, bench_lines(LINES))
    each = (found.megabytes - found.rest) / count
    console.print(
        f"{count:,} routers, in waves of 50: pushed to, read back, confirmed and saved in {found.whole:.0f} s"
        f" ({found.cpu:.0f} s of CPU); {each:.2f} MB a router over {found.rest:.0f} (wanted: at most 1)"
    )


def _targets(console: Console, cells: dict[Cell, dict[str, Measured]]) -> None:
    for (count, ms), found in cells.items():
        ours, base, peer = (
            _seconds(found.get(name), whole=False) for name in ("sending", "floor", "netmiko")
        )
        if ours is None or base is None or peer is None:
            continue
        if count == 1:
            console.print(
                f"1 router, {ms} ms a line: sending takes {ours / base:.2f} times the floor, with every line"
                f" verified{' (wanted: at most 1.5)' if ms else ''}; plain netmiko {peer / base:.2f} times"
            )
        else:
            wanted = " (wanted: at most 0.5)" if count == max(n for n, _ in cells) and ms else ""
            console.print(
                f"{count} routers, {ms} ms a line: sending takes {ours / peer:.2f} of plain netmiko's{wanted}"
            )


def main() -> int:
    """Measure and print the tables and the ratios; 2 if the peers are not installed."""
    parser = argparse.ArgumentParser(prog="python -m onprem.benchmark", description=__doc__)
    parser.add_argument("routers", nargs="*", type=int, default=[1, 10, 100], help="how many at once")
    parser.add_argument("--milliseconds", type=int, nargs="+", default=MILLISECONDS, help="that a line takes")
    parser.add_argument("--without-peers", action="store_true", help="only what needs no other packages")
    parser.add_argument("--many-lines", type=int, default=MANY_LINES)
    parser.add_argument("--many-routers", type=int, default=MANY_ROUTERS)
    options = parser.parse_args()
    if not options.without_peers and not PYTHON_OF_PEERS.exists():
        sys.stderr.write("the other tools are not installed: run 'make bench', or add --without-peers\n")
        return 2
    peers = () if options.without_peers else ("nornir", "napalm", "ansible")
    names = ("floor", "sending", "netmiko", *peers, "guarded", "unchanged")
    cells = {
        (count, ms): measure((count, ms), names) for count in options.routers for ms in options.milliseconds
    }
    console = Console(width=160)
    console.print(_table(f"{LINES} lines alone", _SENDING, cells, whole=False))
    console.print(_table("from the first connection to the last one's end", _WHOLE, cells, whole=True))
    _targets(console, cells)
    _many(console, options.many_lines, options.many_routers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
