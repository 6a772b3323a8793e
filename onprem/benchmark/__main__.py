"""`python -m onprem.benchmark [ROUTERS ...]`: pushes of one hundred lines, this package's and other tools'.

Emulated routers, in processes of their own, take 0, 5 or 50 ms for each line; 50 is nearer to a WAN. Each
contestant is a process of its own as well, with fresh routers. Ratios within a run count, not seconds. A
contestant that takes longer than `--limit` in a cell is shown as slower than that.
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from onprem.benchmark.measuring import LINES, PYTHON_OF_PEERS, Cell, Found, bench_lines, measure, routers, run

MILLISECONDS = (0, 5, 50)
MANY_LINES, MANY_ROUTERS = 10_000, 1000
_HALF_OF_NETMIKO = (100, 5)
"""Where sending is to take half of plain netmiko's time; where lines are slow, both wait for them."""
LIMIT = 180
"""Seconds that a contestant may take in one cell."""
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


def _table(title: str, rows: dict[str, str], cells: dict[Cell, Found], *, whole: bool) -> Table:
    table = Table(title, *(f"{count} x {ms} ms" for count, ms in cells))
    for name, says in rows.items():
        shown = []
        for found in cells.values():
            seconds = _seconds(found, name, whole=whole)
            base = _seconds(found, "floor", whole=whole)
            ratio = f" ({seconds / base:.1f}x)" if seconds is not None and base else ""
            unknown = str(found.get(name, "-")) if isinstance(found.get(name), str) else "-"
            shown.append(unknown if seconds is None else f"{seconds:.2f} s{ratio}")
        table.add_row(says, *shown)
    return table


def _processors(cells: dict[Cell, Found]) -> Table:
    """What contestants and their routers took of the processors, logins included."""
    table = Table("seconds of CPU: its own + its routers'", *(f"{count} x {ms} ms" for count, ms in cells))
    for name, says in _SENDING.items():
        found = [cell.get(name, "-") for cell in cells.values()]
        table.add_row(
            says,
            *(one if isinstance(one, str) else f"{one.cpu:.2f} + {one.routers_cpu:.2f}" for one in found),
        )
    return table


def _seconds(found: Found, name: str, *, whole: bool) -> float | None:
    measured = found.get(name)
    if measured is None or isinstance(measured, str):
        return None
    return measured.whole if whole else measured.lines


def _many(console: Console, lines: int, count: int) -> None:
    """Measure what grows: a long configuration, and a large fleet."""
    with routers(1, 0) as fleet:
        short = run("sending", fleet, bench_lines(lines // 10))
    with routers(1, 0) as fleet:
        long = run("sending", fleet, bench_lines(lines))
    assert short.lines is not None
    assert long.lines is not None
    growth = (long.lines / lines) / (short.lines / (lines // 10))
    console.print(
        f"{lines:,} lines: {growth:.2f} times a line's time among {lines // 10:,} (wanted: at most 1.3)"
    )
    with routers(count, 0) as fleet:
        found = run("fleet", fleet, bench_lines(LINES))
    each = (found.megabytes - found.rest) / count
    console.print(
        f"{count:,} routers, in waves of 50: pushed to, read back, confirmed and saved in {found.whole:.0f} s"
        f" ({found.cpu:.0f} s of CPU); {each:.2f} MB a router over {found.rest:.0f} (wanted: at most 1)"
    )


def _targets(console: Console, cells: dict[Cell, Found]) -> None:
    for (count, ms), found in cells.items():
        ours, base, peer = (_seconds(found, name, whole=False) for name in ("sending", "floor", "netmiko"))
        if ours is None or base is None or peer is None:
            continue
        if count == 1:
            console.print(
                f"1 router, {ms} ms a line: sending takes {ours / base:.2f} times the floor, with every line"
                f" verified{' (wanted: at most 1.5)' if ms else ''}; plain netmiko {peer / base:.2f} times"
            )
        else:
            wanted = " (wanted: at most 0.5)" if (count, ms) == _HALF_OF_NETMIKO else ""
            console.print(
                f"{count} routers, {ms} ms a line: sending takes {ours / peer:.2f} of plain netmiko's{wanted}"
            )


def main() -> int:
    """Measure and print the tables and the ratios; 2 if the peers are not installed."""
    parser = argparse.ArgumentParser(prog="python -m onprem.benchmark", description=__doc__)
    parser.add_argument("routers", nargs="*", type=int, default=[1, 10, 100], help="how many at once")
    parser.add_argument("--milliseconds", type=int, nargs="+", default=MILLISECONDS, help="that a line takes")
    parser.add_argument("--without-peers", action="store_true", help="only what needs no other packages")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for a contestant in one cell")
    parser.add_argument("--many-lines", type=int, default=MANY_LINES)
    parser.add_argument("--many-routers", type=int, default=MANY_ROUTERS)
    options = parser.parse_args()
    if not options.without_peers and not PYTHON_OF_PEERS.exists():
        sys.stderr.write("the other tools are not installed: run 'make bench', or add --without-peers\n")
        return 2
    peers = () if options.without_peers else ("nornir", "napalm", "ansible")
    names = ("floor", "sending", "netmiko", *peers, "guarded", "unchanged")
    cells = {
        (count, ms): measure((count, ms), names, options.limit)
        for count in options.routers
        for ms in options.milliseconds
    }
    console = Console(width=160)
    console.print(_table(f"{LINES} lines alone", _SENDING, cells, whole=False))
    console.print(_table("from the first connection to the last one's end", _WHOLE, cells, whole=True))
    console.print(_processors(cells))
    _targets(console, cells)
    _many(console, options.many_lines, options.many_routers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
