"""The keeper: the first process of a living network's own world, and the end of that world when it ends.

It runs in mount, process and network namespaces of its own. Whatever ends it, a crash too, the kernel ends
every program in them and removes every namespace and interface: nothing has to be cleaned up, and nothing
of this machine's own network is ever touched.
"""

from __future__ import annotations

import argparse
import fcntl
import secrets
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lab.bgp import namespaces
from lab.bgp.construction import draw_blueprint
from lab.bgp.daemons import RUN, Daemons
from lab.bgp.directory import Directory, fingerprint
from lab.bgp.errors import LivingLabError
from topology import StackFileError, load_stack

_WATCH = 2.0


def main() -> int:
    """Build a network, say so, and keep it until the time is up or somebody ends it."""
    parser = argparse.ArgumentParser(prog="python -m lab.bgp.keeper")
    parser.add_argument("directory", type=Path)
    parser.add_argument("stack_file", type=Path)
    parser.add_argument("lifetime", type=float, help="seconds")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    directory = Directory(options.directory)
    with directory.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _keep(directory, options.stack_file, options.lifetime)
        except BlockingIOError:
            sys.stderr.write(f"another one runs in {directory.path} already\n")
            return 1
        except (LivingLabError, StackFileError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _keep(directory: Directory, stack_file: Path, lifetime: float) -> None:
    began = time.monotonic()
    network = load_stack(stack_file)
    blueprint = draw_blueprint(network)
    _make_room()
    namespaces.build(blueprint)
    built = time.monotonic()
    keys = {tunnel.name: secrets.token_urlsafe(24) for tunnel in blueprint.tunnels}
    daemons = Daemons(blueprint, directory.logs)
    daemons.start(keys)
    for tunnel in blueprint.tunnels:
        namespaces.build_tunnel(tunnel)
    directory.write_status(
        {
            "stackFile": str(stack_file),
            "fingerprint": fingerprint(network),
            "namespacesSeconds": round(built - began, 2),
            "startedSeconds": round(time.monotonic() - began, 2),
            "endsAt": time.time() + lifetime,
        }
    )
    while time.monotonic() - began < lifetime:
        time.sleep(_WATCH)
        daemons.ended()  # so that none stays a zombie
        daemons.initiate_missing()


def _make_room() -> None:
    """Hide two of this machine's directories behind empty ones, for what the programs leave behind.

    Sockets and named namespaces go to /run, FRR's crash logs to /var/tmp.
    """
    for place, mode in (("/run", "755"), ("/var/tmp", "1777")):  # noqa: S108 (FRR's own choice)
        namespaces.run("mount", "-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", place)
    Path("/run/netns").mkdir()
    RUN.mkdir()


if __name__ == "__main__":
    sys.exit(main())
