"""`python -m routing --stack NAME`: the path table of one stack, from its file alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from routing.comparison import compare_forecasts, comparison_document
from routing.diagram import draw_up
from routing.documents import paths_document
from routing.elements import RoutingError, check_elements
from routing.findings import KeyPath, findings_document
from routing.forecast import Forecast
from routing.judgement import collect_findings
from routing.prediction import pairs_of_failures, scenarios
from routing.publication import write_report
from routing.report import Difference, compile_report
from routing.route_views import route_tables, tables_document
from routing.views import RouteTable
from routing.walkthrough import Walkthrough, explain_path, walkthrough_document
from topology import CONFIG_KEY, Document, Mistake, Network, Place, StackFileError, load_network, stack_file
from topology.document import read_document

BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    """Print what was asked for; return 2, with one message, for a bad stack file or an unknown element."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.pairs_of_failures and (options.explain or options.diff or options.routes):
        parser.error("--pairs-of-failures goes with the path table only")
    if options.report and (options.json or options.explain or options.routes or options.pairs_of_failures):
        parser.error("--report goes with --failure and --diff only")
    try:
        if options.diff:
            _compare(options)
        else:
            (described,) = _load(_stack_file(options.stack))
            _predict(options, *described)
        sys.stdout.flush()  # here, so that a reader who has gone is noticed here too
    except (StackFileError, RoutingError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    except BrokenPipeError:
        _leave_quietly()
    return 0


Where = Callable[[KeyPath], Place]
Described = tuple[Network, Where]


def _load(*files: Path) -> tuple[Described, ...]:
    """Load stack files; raise StackFileError with the mistakes of all of them."""
    described: list[Described] = []
    mistakes: list[Mistake] = []
    for file in files:
        try:
            document = read_document(file, CONFIG_KEY)
            described.append((load_network(document), partial(_place, document)))
        except StackFileError as error:
            mistakes += error.mistakes
    if mistakes:
        raise StackFileError(tuple(dict.fromkeys(mistakes)))
    return tuple(described)


def _place(document: Document, path: KeyPath) -> Place:
    """Return a place by its path from here, as a compiler writes it and an editor opens it."""
    place = document.place(path)
    return replace(place, file=Path(os.path.relpath(place.file))) if place.file else place


def _compare(options: argparse.Namespace) -> None:
    (before, place_before), (after, place) = _load(options.diff, _stack_file(options.stack))
    earlier, forecast = Forecast(before), Forecast(after)
    comparison = compare_forecasts(earlier, forecast, *options.failure)
    name = os.path.relpath(options.diff)
    if options.report:
        difference = Difference(
            name=name,
            comparison=comparison,
            diagram=draw_up(before, earlier.graph),
            place=place_before,
        )
        _report(options, forecast, place, difference)
        return
    if options.json:
        _write_json(comparison_document(options.stack, name, comparison, place, place_before))
        return
    from routing.table import print_comparison, table_console  # noqa: PLC0415

    print_comparison(table_console(), comparison, place, place_before)


def _predict(options: argparse.Namespace, network: Network, place: Where) -> None:
    failed = tuple(options.failure)
    check_elements(network, failed)
    forecast = Forecast(network)
    if options.report:
        _report(options, forecast, place)
        return
    if options.routes:
        _show_routes(options, route_tables(forecast, options.routes, *failed))
        return
    if options.explain:
        source, destination = options.explain
        _explain(options, explain_path(forecast, source, destination, *failed))
        return
    predicted = pairs_of_failures(forecast) if options.pairs_of_failures else scenarios(forecast, failed)
    whole_run = not failed and not options.pairs_of_failures
    if options.json:
        document = paths_document(options.stack, predicted)
        if whole_run:
            document["findings"] = findings_document(collect_findings(forecast), place)
        _write_json(document)
        return
    # rich is half of the start-up time, and JSON needs none of it
    from routing.table import print_findings, print_tables, table_console  # noqa: PLC0415

    console = table_console()
    print_tables(console, predicted, whole=bool(failed))
    if whole_run:
        print_findings(console, collect_findings(forecast), place)


def _report(
    options: argparse.Namespace, forecast: Forecast, place: Where, difference: Difference | None = None
) -> None:
    failed = tuple(options.failure)
    report = compile_report(options.stack, forecast, place, failed=failed, difference=difference)
    write_report(options.report, report)


def _explain(options: argparse.Namespace, walkthrough: Walkthrough) -> None:
    if options.json:
        _write_json(walkthrough_document(options.stack, walkthrough))
        return
    from routing.table import print_walkthrough, table_console  # noqa: PLC0415

    print_walkthrough(table_console(), walkthrough)


def _show_routes(options: argparse.Namespace, tables: tuple[RouteTable, ...]) -> None:
    """Print tables as their commands do, so without rich, which would fold them."""
    if options.json:
        _write_json(tables_document(options.stack, options.routes, options.failure, tables))
        return
    for table in tables:
        notes = "".join(f"# {note}\n" for note in table.notes)
        sys.stdout.write(
            f"# {options.routes}, predicted; compare with: {table.command}\n{notes}{table.text}\n\n"
        )


def _write_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _leave_quietly() -> None:
    """Let the interpreter flush to nowhere at its end: the reader, such as head, has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m routing",
        description="Predict which path every pair of sites takes, before anything is deployed.",
        epilog="An ELEMENT is written kind:name, such as link:expressroute1/primary or router:location1-ce1.",
    )
    parser.add_argument(
        "--stack",
        required=True,
        metavar="NAME",
        help="reads Pulumi.NAME.yaml, or the file of that name if it ends in .yaml or .yml",
    )
    failures = parser.add_mutually_exclusive_group()
    failures.add_argument(
        "--failure",
        metavar="ELEMENT",
        action="append",
        default=[],
        help="this element's failure only, and all pairs; more than one fail together",
    )
    failures.add_argument(
        "--pairs-of-failures",
        action="store_true",
        help="every two elements' failure, with the paths that neither alone changes so",
    )
    views = parser.add_mutually_exclusive_group()
    views.add_argument(
        "--explain",
        nargs=2,
        metavar=("SOURCE", "DESTINATION"),
        help="tell hop by hop which routes compete and which rule decides",
    )
    views.add_argument(
        "--routes",
        metavar="PLACE",
        help="show the route table of a virtual network, a gateway, a circuit's link or a router",
    )
    views.add_argument(
        "--diff",
        type=Path,
        metavar="STACKFILE",
        help="tell which paths change from that file, the version before, to the stack",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="write a report: FILE.md for a pull request's comment, FILE.html for a browser",
    )
    return parser


def _stack_file(stack: str) -> Path:
    """Return the stack's file: here, or beside the nearest Pulumi.yaml upwards, where Pulumi looks for it."""
    here = Path.cwd()
    if (found := stack_file(stack, here)).exists():
        return found
    projects = (place for place in (here, *here.parents) if (place / "Pulumi.yaml").exists())
    return stack_file(stack, next(projects, here))


if __name__ == "__main__":
    sys.exit(main())
