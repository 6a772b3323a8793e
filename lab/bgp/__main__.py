"""A living network from the command line: `python -m lab.bgp up | status | check | drill | run | down`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lab.bgp.directory import Directory
from lab.bgp.errors import LivingLabError
from lab.bgp.lifecycle import INSIDE, enter, is_the_labs, start, stop
from lab.bgp.manner import Manner
from routing import RoutingError
from topology import StackFileError, stack_file

_LIFETIME = 3600.0
_NEXT = """\
  python -m lab.bgp check             holds `python -m routing`'s prediction to it
  python -m lab.bgp drill             lets ExpressRoute fail under traffic; --how says in which manner
  python -m lab.bgp run NODE vtysh    a look inside; `status` lists the nodes
  python -m lab.bgp down              ends it
"""


def main() -> int:
    """Do one thing to a living network; 2 with one message if it cannot be done."""
    options = _parse()
    try:
        return _run(options, Directory(options.directory.absolute() / "bgp"))
    except (LivingLabError, RoutingError, StackFileError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.bgp", description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path(".lab"), help="where the lab keeps everything")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="build it, and wait until routing has settled")
    up.add_argument(
        "--stack", default="test", metavar="NAME", help="reads Pulumi.NAME.yaml; or any file's path"
    )
    up.add_argument(
        "--lifetime", type=float, default=_LIFETIME, help="seconds until it ends by itself (an hour)"
    )
    settle = commands.add_parser("settle", help="wait until routing has settled")
    settle.add_argument("--within", type=float, default=60.0, metavar="SECONDS", help="or else say why not")
    settle.add_argument("--measures", type=Path, metavar="FILE", help="write what it takes as JSON")
    commands.add_parser("status", help="say what runs, what it knows and what it takes")
    check = commands.add_parser("check", help="hold the prediction to it, in the steady state or in failures")
    check.add_argument("--failure", action="append", default=[], metavar="ELEMENT", help="may be repeated")
    check.add_argument("--all-failures", action="store_true", help="every single one")
    check.add_argument("--quiet", action="store_true", help="say only what is otherwise than predicted")
    check.add_argument("--verdicts", type=Path, metavar="FILE", help="write what came of it as JSON")
    drill = commands.add_parser("drill", help="let something fail under traffic, and write down what happens")
    drill.add_argument("element", nargs="?", help="a link that a tunnel stands in for, if left out")
    drill.add_argument("--how", choices=[manner.value for manner in Manner], default="down")
    drill.add_argument("--pair", nargs=2, metavar="SITE", help="between which two sites the probes run")
    inside = commands.add_parser("run", help="run a program in one of its nodes, such as ping, vtysh or ip")
    inside.add_argument("node", help="its name, as `status` has it")
    inside.add_argument("program", nargs=argparse.REMAINDER, metavar="...", help="and its arguments")
    commands.add_parser("down", help="end it; nothing of it is left")
    return parser.parse_args()


def _run(options: argparse.Namespace, directory: Directory) -> int:
    match options.command:
        case "up":
            return _up(options, directory)
        case "down":
            if is_the_labs(directory):
                raise LivingLabError(
                    "it lives behind the lab's routers, which would go on alone: `make lab-stop` ends both"
                )
            ended = stop(directory)
            sys.stdout.write("the living network has ended\n" if ended else "none was running\n")
            return 0
    if not os.environ.get(INSIDE):
        return enter(directory, sys.argv[1:])
    from lab.bgp import console  # noqa: PLC0415 (needs what runs in the keeper's world only)

    return console.run(options, directory)


def _up(options: argparse.Namespace, directory: Directory) -> int:
    status = start(directory, stack_file(options.stack, Path.cwd()).absolute(), options.lifetime)
    sys.stdout.write(f"built in {status['startedSeconds']:.1f} s\n")
    sys.stdout.flush()
    try:
        code = enter(directory, ["--directory", str(options.directory), "settle"])
    except KeyboardInterrupt:
        stop(directory)
        raise
    if code:
        sys.stderr.write("it still runs, to be looked at: `status`, `run` and `down` work\n")
    else:
        sys.stdout.write(_NEXT)
    return code


if __name__ == "__main__":
    sys.exit(main())
