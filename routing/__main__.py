"""`python -m routing --stack NAME`: the path table of one stack, from its file alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from routing.elements import RoutingError
from routing.prediction import Scenario, predict_paths
from routing.report import paths_document
from topology import StackFileError, load_stack

BAD_INPUT = 2
PIPED_WIDTH = 160
"""Columns of the tables where there is no terminal to ask."""


def main(arguments: list[str] | None = None) -> int:
    """Print the prediction; return 2, with one message, for a bad stack file or an unknown element."""
    options = _parser().parse_args(arguments)
    try:
        network = load_stack(_stack_file(options.stack))
        scenarios = predict_paths(network, options.failure)
        if options.json:
            sys.stdout.write(json.dumps(paths_document(options.stack, scenarios), indent=2) + "\n")
        else:
            _print_tables(scenarios, whole=options.failure is not None)
        sys.stdout.flush()  # here, so that a reader who has gone is noticed here too
    except (StackFileError, RoutingError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    except BrokenPipeError:
        _leave_quietly()
    return 0


def _leave_quietly() -> None:
    """Let the interpreter flush to nowhere at its end: the reader, such as head, has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m routing",
        description="Predict which path every pair of sites takes, before anything is deployed.",
        epilog="An ELEMENT is written kind:name, such as link:expressroute1/primary or router:location1-ce1.",
    )
    parser.add_argument("--stack", required=True, metavar="NAME", help="reads Pulumi.NAME.yaml")
    parser.add_argument("--failure", metavar="ELEMENT", help="this element's failure only, and all pairs")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def _stack_file(stack: str) -> Path:
    """Return the stack's file: here, or beside the nearest Pulumi.yaml upwards, where Pulumi looks for it."""
    here = Path.cwd()
    name = f"Pulumi.{stack}.yaml"
    if (here / name).exists():
        return here / name
    return next((place for place in (here, *here.parents) if (place / "Pulumi.yaml").exists()), here) / name


def _print_tables(scenarios: Iterator[Scenario], *, whole: bool) -> None:
    # rich is half of the start-up time, and JSON needs none of it
    from routing.table import TableConsole, print_tables  # noqa: PLC0415

    piped = not sys.stdout.isatty()
    console = TableConsole(force_terminal=False, width=PIPED_WIDTH) if piped else TableConsole()
    print_tables(console, scenarios, whole=whole)


if __name__ == "__main__":
    sys.exit(main())
