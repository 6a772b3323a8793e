"""The lab from the command line: `python -m lab start | stop | status | reset | shell | demo`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from lab.background import behind_the_routers, reset, start, stop
from lab.directory import LabDirectory
from lab.engine import BuildError
from lab.errors import LabError
from lab.stacks import refuse_unknown

_STACK = "test"


def main() -> int:
    """Do one thing to the lab; 2 with one message if it cannot be done."""
    arguments = _parse()
    directory = LabDirectory(arguments.directory.absolute())
    try:
        return _run(arguments, directory)
    except (LabError, BuildError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path(".lab"), help="where it keeps everything")
    parser.add_argument("--project", type=Path, default=Path(), help="where the stack files are")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("start", "start it in the background"),
        ("serve", "run it in the foreground"),
        ("shell", "start it, and a shell in which plain `pulumi` works on it"),
        ("demo", "deploy a stack on it, and show what came of it"),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument(
            "--provider-delay", type=float, default=0.0, help="seconds until a circuit is provisioned"
        )
        command.add_argument(
            "--stack", metavar="NAME", help="whose network lives behind the routers; test if left out"
        )
    commands.add_parser("stop", help="stop it; its state stays")
    commands.add_parser("status", help="say whether it runs, and where")
    commands.add_parser("reset", help="stop it and forget everything")
    return parser.parse_args()


def _run(arguments: argparse.Namespace, directory: LabDirectory) -> int:
    named: str | None = getattr(arguments, "stack", None)
    if named is not None and arguments.command != "serve":  # `start` serves without any stack file too
        refuse_unknown(arguments.project, named)
    stack = named or _STACK
    match arguments.command:
        case "serve":
            from lab.service import serve  # noqa: PLC0415 (the rest need not wait for all that it serves)

            asyncio.run(serve(directory, arguments.project, arguments.provider_delay, stack))
        case "start":
            status = start(directory, arguments.project.absolute(), arguments.provider_delay, stack)
            sys.stdout.write(f"{behind_the_routers(status)}\n")
            sys.stdout.write(f"the lab is running; source {directory.environment_file}\n")
        case "stop":
            stopped = stop(directory)
            sys.stdout.write(
                "the lab has stopped, and keeps its state\n" if stopped else "it was not running\n"
            )
        case "status":
            return _say_status(directory)
        case "reset":
            reset(directory)
        case "shell":
            _shell(directory, arguments, stack)
        case "demo":
            from lab.demo import demonstrate  # noqa: PLC0415 (the rest need not wait for its tables)

            return demonstrate(directory, arguments.project.absolute(), stack)
    return 0


def _say_status(directory: LabDirectory) -> int:
    status = directory.read_status()
    if status is None:
        sys.stdout.write("the lab is not running\n")
        return 1
    sys.stdout.write(f"process {status['pid']}\nAzure  https://{status['azure']}\n")
    sys.stdout.write(f"{behind_the_routers(status)}\n")
    sys.stdout.writelines(f"{name}  ssh -F {directory.ssh_config} {name}\n" for name in status["routers"])
    return 0


def _shell(directory: LabDirectory, arguments: argparse.Namespace, stack: str) -> None:
    """Replace this process by the user's shell."""
    status = start(directory, arguments.project.absolute(), arguments.provider_delay, stack)
    sys.stdout.write(f"{behind_the_routers(status)}\n")
    sys.stdout.write("plain `pulumi` works on the lab here; `exit` leaves, `make lab-stop` stops the lab\n")
    sys.stdout.flush()
    shell = os.environ.get("SHELL") or "/bin/sh"
    os.execvpe(shell, [shell], directory.environment(status["variables"]))  # noqa: S606 (the user's own shell)


if __name__ == "__main__":
    sys.exit(main())
