"""The prediction as tables for people: the steady state in full, of each failure what it changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from routing.comparison import ChangedFinding, Comparison
from routing.course import Direction
from routing.findings import Finding, KeyPath, Severity
from routing.prediction import Path, Scenario
from routing.walkthrough import Walkthrough
from topology import Place

PIPED_WIDTH = 160
"""Columns of the tables where there is no terminal to ask."""

CHANGED = "*"
"""Stands before the source of a path that a failure changes."""


class TableConsole(Console):
    """A console whose caller learns that the reader has gone; rich itself would exit with status 1."""

    def on_broken_pipe(self) -> None:
        """Pass on the BrokenPipeError that rich is handling."""
        raise  # noqa: PLE0704 (rich calls this from its except clause)


def table_console() -> Console:
    """Return a console for standard output: colour on a terminal only, whatever the environment asks for."""
    if sys.stdout.isatty():
        return TableConsole()
    return TableConsole(force_terminal=False, width=PIPED_WIDTH)


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


_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFORMATION: "cyan"}


def print_findings(
    console: Console, findings: Collection[Finding], place: Callable[[KeyPath], Place]
) -> None:
    """Print each finding in a block of its own: what, where in the stack file, the mend, and for whom."""
    if not findings:
        console.print("No findings.", highlight=False)
        return
    console.print(_findings_table(f"Findings ({len(findings)})", findings, place))


def _findings_table(title: str, findings: Iterable[Finding], place: Callable[[KeyPath], Place]) -> Table:
    table = Table(title=title, title_justify="left", show_lines=True)
    for heading in ("Finding", "What, where, and what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        kind = Text(f"{finding.severity}\n{finding.kind}", style=_STYLES[finding.severity])
        table.add_row(kind, "\n".join(_finding_lines(finding, place)))
    return table


def _finding_lines(finding: Finding, place: Callable[[KeyPath], Place]) -> Iterator[str]:
    yield f"{finding.message}."
    for cause in finding.causes:
        yield "  ".join(part for part in (".".join(cause), str(place(cause))) if part)
    yield f"Mend: {finding.mend}"
    if finding.pairs:
        yield f"Pairs: {', '.join(_written_pairs(finding.pairs))}"
    if finding.failures:
        yield f"Under the failure of: {', '.join(finding.failures)}"


def _written_pairs(pairs: Collection[tuple[str, str]]) -> Iterator[str]:
    """Yield pairs, those of both directions once."""
    for source, destination in pairs:
        if (destination, source) not in pairs:
            yield f"{source} to {destination}"
        elif source < destination:
            yield f"{source} and {destination}"


def print_comparison(
    console: Console,
    comparison: Comparison,
    place: Callable[[KeyPath], Place],
    place_before: Callable[[KeyPath], Place],
) -> None:
    """Print which paths change, the worst first; then elements and findings that came and went."""
    for scenario in comparison.scenarios:
        title = f"Failure of {scenario.failure}" if scenario.failure else "Steady state"
        if not scenario.changes:
            console.print(f"{title}: every path stays.", highlight=False)
            continue
        table = Table(title=f"{title}: what changes", title_justify="left")
        for heading in ("From", "To", "Effect", "Before", "After", "Why"):
            table.add_column(heading, overflow="fold")
        for change in scenario.changes:
            why = change.after.reason if change.after else ""
            sides = (_side(change.before), _side(change.after))
            table.add_row(change.source, change.destination, change.effect, *sides, why)
        console.print(table)
    for line in _come_and_gone(comparison):
        console.print(line, highlight=False)
    for word, findings, where in (
        ("New findings", comparison.new_findings, place),
        ("Findings that are mended", comparison.mended_findings, place_before),
    ):
        if findings:
            console.print(_findings_table(f"{word} ({len(findings)})", findings, where))
    if changed := comparison.changed_findings:
        title = f"Findings that concern other pairs or failures ({len(changed)})"
        console.print(_changed_table(title, changed))


def _come_and_gone(comparison: Comparison) -> Iterator[str]:
    for word, elements in (("New", comparison.appeared), ("Gone", comparison.disappeared)):
        if elements:
            yield f"{word} elements: {', '.join(elements)}"
    for word, prefixes in (("New", comparison.new_prefixes), ("Gone", comparison.gone_prefixes)):
        if prefixes:
            yield f"{word} prefixes: {', '.join(f'{prefix} of {site}' for site, prefix in prefixes)}"


def _changed_table(title: str, changed: Iterable[ChangedFinding]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("Finding", "Now also", "No longer"):
        table.add_column(heading, overflow="fold")
    for each in changed:
        cause = ".".join(each.after.causes[0])
        sides = (", ".join((*_written_pairs(part.pairs), *part.failures)) for part in (each.more, each.fewer))
        table.add_row(f"{each.after.kind}: {cause}", *sides)
    return table


def _side(path: Path | None) -> Text:
    if path is None:
        return Text("not there", style="dim")
    side = _via(path.forward)
    if path.forward.segments:
        side.append(f": {_over(path.forward)}")
    if path.reachable and not path.symmetric:
        side.append(f", back {', '.join(segment.over for segment in path.back.segments) or 'none'}")
    return side


def print_walkthrough(console: Console, walkthrough: Walkthrough) -> None:
    """Print each node on the way with the routes that compete there, then where the way ends."""
    when = f"after the failure of {walkthrough.failure}" if walkthrough.failure else "with everything up"
    console.print(
        f"{walkthrough.source} to {walkthrough.destination} ({walkthrough.address}), {when}", highlight=False
    )
    for number, step in enumerate(walkthrough.steps, start=1):
        besides = f", besides {', '.join(map(str, step.shorter))}" if step.shorter else ""
        title = f"{number}. {step.node}: {step.prefix}{besides}"
        table = Table(title=title, title_justify="left", caption=step.verdict, caption_justify="left")
        for heading in ("Next hop", "Over", "Type", "Attributes", "Told because", "Outcome"):
            table.add_column(heading, overflow="fold")
        for route in step.contenders:
            outcome = Text(route.outcome, style="green" if route.used else "")
            table.add_row(
                route.next_hop, route.over, route.protocol, route.attributes, route.told_by, outcome
            )
        console.print(table)
    console.print(f"Result: {walkthrough.result}.", highlight=False)


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
