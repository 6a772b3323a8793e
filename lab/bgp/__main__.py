"""A living network from the command line: `python -m lab.bgp up | status | check | drill | down`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from lab.bgp.directory import Directory
from lab.bgp.errors import LivingLabError
from lab.bgp.lifecycle import INSIDE, enter, start, stop
from topology import StackFileError

_LIFETIME = 3600.0


def main() -> int:
    """Do one thing to a living network; 2 with one message if it cannot be done."""
    options = _parse()
    try:
        return _run(options, Directory(options.directory.absolute() / "bgp"))
    except (LivingLabError, StackFileError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.bgp", description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path(".lab"), help="where the lab keeps everything")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="build it, and wait until routing has settled")
    up.add_argument("--stack", default="test", metavar="NAME", help="reads Pulumi.NAME.yaml")
    up.add_argument(
        "--lifetime", type=float, default=_LIFETIME, help="seconds until it ends by itself (an hour)"
    )
    commands.add_parser("status", help="say what runs, what it knows and what it takes")
    commands.add_parser("down", help="end it; nothing of it is left")
    return parser.parse_args()


def _run(options: argparse.Namespace, directory: Directory) -> int:
    match options.command:
        case "up":
            return _up(options, directory)
        case "down":
            ended = stop(directory)
            sys.stdout.write("the living network has ended\n" if ended else "none was running\n")
            return 0
        case "status":
            if not os.environ.get(INSIDE):
                return enter(directory, sys.argv[1:])
    return 0


def _up(options: argparse.Namespace, directory: Directory) -> int:
    began = time.monotonic()
    start(directory, Path(f"Pulumi.{options.stack}.yaml").absolute(), options.lifetime)
    sys.stdout.write(f"built in {time.monotonic() - began:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
