"""The prediction as tables for people: the steady state in full, of each failure what it changes."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from routing.course import Direction
from routing.prediction import Path, Scenario


def print_tables(console: Console, scenarios: Iterable[Scenario]) -> None:
    """Print a table for the steady state and one for each failure, as the scenarios come."""
    steady: dict[tuple[str, str], Path] = {}
    for scenario in scenarios:
        if scenario.failure is None:
            steady = {(path.source, path.destination): path for path in scenario.paths}
            console.print(path_table("Steady state", scenario.paths))
            continue
        changed = tuple(
            path for path in scenario.paths if path.differs_from(steady[path.source, path.destination])
        )
        title = f"Failure of {scenario.failure}"
        if changed:
            console.print(path_table(f"{title}: what changes", changed))
        else:
            console.print(f"{title}: every path stays.", highlight=False)


def path_table(title: str, paths: Iterable[Path]) -> Table:
    """Return one table, a row for each path."""
    table = Table(title=title, title_justify="left")
    for heading in ("From", "To", "Via", "Over", "Back", "Why"):
        table.add_column(heading, overflow="fold")
    for path in paths:
        table.add_row(
            path.source,
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
