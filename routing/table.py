"""The prediction as tables for people: the steady state in full, of each failure what it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from routing.course import Direction
from routing.prediction import Path, Scenario

CHANGED = "*"
"""Stands before the source of a path that a failure changes."""


class TableConsole(Console):
    """A console whose caller learns that the reader has gone; rich itself would exit with status 1."""

    def on_broken_pipe(self) -> None:
        """Pass on the BrokenPipeError that rich is handling."""
        raise  # noqa: PLE0704 (rich calls this from its except clause)


def print_tables(console: Console, scenarios: Iterable[Scenario], *, whole: bool = False) -> None:
    """Print a table for the steady state and one for each failure, as the scenarios come.

    A failure's table lists what it changes, or, if `whole`, every pair with a mark at those that change.
    """
    steady: dict[tuple[str, str], Path] = {}
    for scenario in scenarios:
        if scenario.failure is None:
            steady = {(path.source, path.destination): path for path in scenario.paths}
            console.print(path_table("Steady state", scenario.paths))
            continue
        changed = frozenset(
            (path.source, path.destination)
            for path in scenario.paths
            if path.differs_from(steady[path.source, path.destination])
        )
        if whole:
            title = f"Failure of {scenario.failure} ({CHANGED} marks what changes)"
            console.print(path_table(title, scenario.paths, changed))
        elif changed:
            paths = (path for path in scenario.paths if (path.source, path.destination) in changed)
            console.print(path_table(f"Failure of {scenario.failure}: what changes", paths))
        else:
            console.print(f"Failure of {scenario.failure}: every path stays.", highlight=False)


def path_table(title: str, paths: Iterable[Path], marked: Collection[tuple[str, str]] = ()) -> Table:
    """Return one table, a row for each path, with a mark at some pairs."""
    table = Table(title=title, title_justify="left")
    for heading in ("From", "To", "Via", "Over", "Back", "Why"):
        table.add_column(heading, overflow="fold")
    for path in paths:
        mark = f"{CHANGED} " if (path.source, path.destination) in marked else ""
        table.add_row(
            f"{mark}{path.source}",
            path.destination,
            _via(path.forward),
            _over(path.forward),
            _back(path),
            path.reason,
        )
    return table


def _via(direction: Direction) -> Text:
    if not direction.hops:
        return Text("none", style="red")
    if not direction.determined:
        return Text(f"{direction.via.replace('+', ' or ')}, by chance", style="yellow")
    return Text(direction.via, style="green")


def _over(direction: Direction) -> str:
    ways = f" ({len(direction.hops)} ways)" if len(direction.hops) > 1 else ""
    return ", ".join(segment.over for segment in direction.segments) + ways


def _back(path: Path) -> Text:
    if path.symmetric and path.reachable:
        return Text("the same way")
    return _via(path.back)
