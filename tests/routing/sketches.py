"""Paths of all pairs as tables that a person can work out and read.

A cell is what traffic from the row's site to the column's crosses, in order: a letter for each peering,
circuit and tunnel; x nothing arrives. `?` means that chance decides, `~` that the way back differs.
"""

from __future__ import annotations

from collections.abc import Mapping

from routing import Path

Pair = tuple[str, str]

LETTERS = {
    "hub-spoke": "p",
    "hub-spoke2": "q",
    "expressroute1": "1",
    "expressroute2": "2",
    "expressroute3": "3",
    "hub-branch": "b",
    "hub-location1": "v",
}
"""Those of the test stack and of what is added to it."""

BASE = """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      p.b     p.1     p.1        p.2
branch      b    b.p    -       x       b.v        x
remote      1    1.p    x       -       1          x
location1   1    1.p    v.b     1       -          x
location2   2    2.p    x       x       x          -
"""
"""The test stack itself."""


def cells(table: str) -> dict[Pair, str]:
    """Return a table's cells by pair of sites."""
    heading, *lines = table.strip().splitlines()
    sites = heading.split()
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    return {
        (source, to): cell
        for source, written in rows.items()
        for to, cell in zip(sites, written, strict=True)
        if source != to
    }


def sketch(paths: Mapping[Pair, Path], letters: Mapping[str, str] = LETTERS) -> dict[Pair, str]:
    """Return predicted paths as such cells."""
    return {pair: _cell(path, letters) for pair, path in paths.items()}


def _cell(path: Path, letters: Mapping[str, str]) -> str:
    crossed = ".".join(letters[segment.over] for segment in path.forward.segments) or "x"
    chance = "" if path.forward.determined else "?"
    return f"{crossed}{chance}{'' if path.symmetric else '~'}"
