"""`python -m onprem diff|push|rollback ROUTER...`: routers compared and pushed to without Pulumi at hand."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from onprem.command.project import Project, read_exported, read_keys
from onprem.errors import OnPremisesError
from onprem.fleet.waves import Ending, Member, Result, Rules, push_fleet
from onprem.process import leave_no_core_file
from onprem.resource.login import Login
from onprem.resource.settings import project_root, read_login
from topology import StackFileError, load_stack

FAILED, BAD_INPUT = 1, 2
DIFFERS, NOT_COMPARED = 1, 2
_SIGNS = {Ending.CHANGED: "+", Ending.UNCHANGED: "=", Ending.FAILED: "!", Ending.SKIPPED: "-"}
_NAMED = 3
"""Routers that are named in the line of progress, at most."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for; the exit code is 0, 1 if a router differs or has failed, 2 if nobody can say."""
    leave_no_core_file()
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
        (
            "diff",
            (
                "show the lines that a push would send; writes nothing. Ends with 0 if every router is as"
                " described, 1 if one differs, 2 for bad input, a missing key, or a router not compared"
            ),
        ),
        (
            "push",
            (
                "send them, read them back, confirm, save; whatever fails is undone. Ends with 0, with 1 if a"
                " router failed or was not begun, 2 for bad input"
            ),
        ),
        (
            "rollback",
            (
                "undo a push that was interrupted, or else return to what was there before the last push that"
                " this command has made. Refuses if Pulumi has pushed since, or if it only mended drift."
                " Ends as 'push' does"
            ),
        ),
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
            command.add_argument("--wave", type=_count, default=50, help="routers at once, at most")
            command.add_argument(
                "--stop-share", type=_share, default=0.1, help="stop beyond this share failed, 0 to 1"
            )
            command.add_argument("--no-canary", action="store_true", help="do not begin with one alone")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of routers, at least 1")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share, from 0 to 1")
    return share


def _project(options: argparse.Namespace) -> Project:
    root = project_root()
    values = [text.partition("=") for text in options.value]
    if any(not name or not equals for name, equals, _ in values):
        raise OnPremisesError("--value takes NAME=ADDRESS")
    return Project(
        stack=options.stack,
        network=load_stack(root / f"Pulumi.{options.stack}.yaml"),
        login=_login(options, root),
        exported=read_exported(options.state),
        values={name: value for name, _, value in values},
        keys=read_keys(options.keys),
    )


def _login(options: argparse.Namespace, root: Path) -> Login:
    """The provider's settings, but for what a run of Pulumi does not ask of a router."""
    approved = getattr(options, "approved", None)
    login = read_login({"approved": " ".join(approved)} if approved else {}, root)
    safeguards = replace(login.safeguards, stack=options.stack)
    return replace(login, safeguards=safeguards, compare_with_state=False)


def _diff(project: Project, members: Sequence[Member]) -> int:
    """Compare all of them at once: nothing is written, so nothing has to wait for anything."""

    def compare(member: Member) -> Result:
        found = project.compare(member.router)
        lines = [message.text for message in found.messages]
        if found.seen is not None and found.messages:
            lines.append(f"# {member.router}: fingerprint {found.seen.seen}")
        ending = Ending.CHANGED if "running" in found.properties else Ending.UNCHANGED
        if found.seen is None:
            ending = Ending.FAILED
        return Result(
            router=member.router,
            ending=ending,
            says="\n".join(lines) or f"{member.router}: as described",
        )

    alone = [Member(router=member.router, site=member.router) for member in members]
    rules = Rules(canary=False, wave=len(alone), stop_share=1.0)
    results = {result.router: result for result in _with_progress(alone, compare, rules)}
    for member in members:
        sys.stdout.write(f"{results[member.router].says}\n")
    endings = {result.ending for result in results.values()}
    if endings <= {Ending.CHANGED, Ending.UNCHANGED}:
        return DIFFERS if Ending.CHANGED in endings else 0
    return NOT_COMPARED


def _change(project: Project, members: Sequence[Member], options: argparse.Namespace) -> int:
    if not options.yes:
        if not sys.stdin.isatty():
            raise OnPremisesError("nobody can be asked here: look at 'diff', then add --yes")
        names = ", ".join(member.router for member in members)
        if input(f"{options.command} on {names}? [y/N] ").strip().lower() not in {"y", "yes"}:
            return FAILED
    act = project.push if options.command == "push" else project.roll_back
    rules = Rules(canary=not options.no_canary, wave=options.wave, stop_share=options.stop_share)
    bad = False
    with _stopped_by_interrupt() as stopped:
        for result in _with_progress(members, lambda member: act(member.router, stopped), rules, stopped):
            bad = bad or result.ending in {Ending.FAILED, Ending.SKIPPED}
            says = result.says or f"{result.router}: {result.ending}"
            sys.stdout.write(f"{_SIGNS[result.ending]} {says}\n")
            sys.stdout.flush()
    return FAILED if bad else 0


@contextmanager
def _stopped_by_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C has running pushes undone and begins no other; once more, it ends the process."""
    stop = threading.Event()

    def interrupt(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.stderr.write(
            "stopping: what is being pushed is undone, nothing more is begun (once more to end at once;"
            " routers then undo it by themselves)\n"
        )

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _with_progress(
    members: Sequence[Member],
    act: Callable[[Member], Result],
    rules: Rules,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Result]:
    """Yield each router's result as it ends, with a line of progress where somebody looks on."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    busy: set[str] = set()
    ended = failed = 0

    def shown() -> str:
        now = sorted(busy.copy())
        more = f" and {len(now) - _NAMED} more" if len(now) > _NAMED else ""
        doing = f"; now {', '.join(now[:_NAMED])}{more}" if now else ""
        return f"{ended} of {len(members)} routers, {failed} failed{doing}"

    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(shown(), total=len(members))

        def watched(member: Member) -> Result:
            busy.add(member.router)
            progress.update(task, description=shown())
            try:
                return act(member)
            finally:
                busy.discard(member.router)

        for result in push_fleet(members, watched, rules, stopped):
            ended += 1
            failed += result.ending is Ending.FAILED
            progress.update(task, advance=1, description=shown())
            yield result


if __name__ == "__main__":
    sys.exit(main())
