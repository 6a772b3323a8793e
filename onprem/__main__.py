"""`python -m onprem diff|push|rollback ROUTER...`: routers compared and pushed to without Pulumi at hand."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from onprem.command import Project, login_from_environment, project_root, read_exported, read_keys
from onprem.errors import OnPremisesError
from onprem.fleet import Ending, Member, Result, Rules, push_fleet
from topology import StackFileError, load_stack

FAILED, BAD_INPUT = 1, 2
DIFFERS = 1
_SIGNS = {Ending.CHANGED: "+", Ending.UNCHANGED: "=", Ending.FAILED: "!", Ending.SKIPPED: "-"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for: 0; 1 if a router differs or has failed; 2, with one message, for bad input."""
    options = _parser().parse_args(arguments)
    try:
        project = _project(options)
        members = project.members(tuple(options.routers))
        if options.command == "diff":
            return _diff(project, members)
        return _change(project, members, options)
    except (OnPremisesError, StackFileError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m onprem",
        description="Compare a stack's routers with their description, push to them, or roll a push back."
        " Logs in by IOSXE_USERNAME and IOSXE_PASSWORD, or by OpenSSH's keys and agent.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, says in (
        ("diff", "show the lines that a push would send; writes nothing, exit code 1 if there are any"),
        ("push", "send them, read them back, confirm, save; whatever fails is undone"),
        ("rollback", "undo a push that was interrupted, or else the last one that was made here"),
    ):
        command = commands.add_parser(name, help=says, description=says)
        command.add_argument("routers", nargs="+", metavar="ROUTER", help="a router's name, or 'all'")
        command.add_argument("--stack", default="test", help="whose Pulumi.STACK.yaml describes them")
        command.add_argument("--state", type=Path, help="a file written by 'pulumi stack export'")
        command.add_argument("--value", action="append", default=[], metavar="NAME=ADDRESS")
        command.add_argument("--keys", type=Path, help="JSON file of keys by name, readable by you only")
        if name != "diff":
            command.add_argument("--yes", action="store_true", help="do not ask")
            command.add_argument("--approved", action="append", metavar="FINGERPRINT")
            command.add_argument("--wave", type=int, default=50, help="routers at once, at most")
            command.add_argument(
                "--stop-share", type=float, default=0.1, help="stop beyond this share failed"
            )
            command.add_argument("--no-canary", action="store_true", help="do not begin with one alone")
    return parser


def _project(options: argparse.Namespace) -> Project:
    root = project_root()
    values = [text.partition("=") for text in options.value]
    if any(not name or not equals for name, equals, _ in values):
        raise OnPremisesError("--value takes NAME=ADDRESS")
    approved = getattr(options, "approved", None)
    return Project(
        stack=options.stack,
        network=load_stack(root / f"Pulumi.{options.stack}.yaml"),
        login=login_from_environment(root, frozenset(approved) if approved else None),
        exported=read_exported(options.state),
        values={name: value for name, _, value in values},
        keys=read_keys(options.keys),
    )


def _diff(project: Project, members: Sequence[Member]) -> int:
    differs = False
    for member in members:
        found = project.compare(member.router)
        differs = differs or bool(found.properties)
        for message in found.messages:
            sys.stdout.write(f"{message.text}\n")
        if found.seen is not None and found.messages:
            sys.stdout.write(f"# {member.router}: fingerprint {found.seen.seen}\n")
        if not found.messages:
            sys.stdout.write(f"{member.router}: as described\n")
    return DIFFERS if differs else 0


def _change(project: Project, members: Sequence[Member], options: argparse.Namespace) -> int:
    if not options.yes:
        if not sys.stdin.isatty():
            raise OnPremisesError("nobody can be asked here: look at 'diff', then add --yes")
        names = ", ".join(member.router for member in members)
        if input(f"{options.command} on {names}? [y/N] ").strip().lower() not in {"y", "yes"}:
            return FAILED
    cancelled = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: cancelled.set())
    act = project.push if options.command == "push" else project.roll_back
    rules = Rules(canary=not options.no_canary, wave=options.wave, stop_share=options.stop_share)
    results = _with_progress(members, lambda member: act(member.router, cancelled.is_set), rules)
    bad = [result for result in results if result.ending in {Ending.FAILED, Ending.SKIPPED}]
    return FAILED if bad else 0


def _with_progress(members: Sequence[Member], act: Callable[[Member], Result], rules: Rules) -> list[Result]:
    """Push with a line of progress where somebody looks on, and a line for each router as it ends."""
    console = Console(stderr=True)
    results: list[Result] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"0 of {len(members)} routers", total=len(members))
        for result in push_fleet(members, act, rules):
            results.append(result)
            failed = sum(result.ending is Ending.FAILED for result in results)
            progress.update(
                task, advance=1, description=f"{len(results)} of {len(members)} routers, {failed} failed"
            )
            says = result.says or f"{result.router}: {result.ending}"
            sys.stdout.write(f"{_SIGNS[result.ending]} {says}\n")
            sys.stdout.flush()
    return results


if __name__ == "__main__":
    sys.exit(main())
