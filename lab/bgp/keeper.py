"""The keeper: the first process of a living network's own world, and the end of that world when it ends.

It runs in mount, process and network namespaces of its own. Whatever ends it, a crash too, the kernel ends
every program in them and removes every namespace and interface: nothing has to be cleaned up, and nothing
of this machine's own network is ever touched. It ends after a while, or with whoever holds a pipe to it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import secrets
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lab.bgp import namespaces
from lab.bgp.agent import Agent, AgentServer
from lab.bgp.construction import draw_blueprint
from lab.bgp.daemons import Daemons
from lab.bgp.directory import Directory, fingerprint
from lab.bgp.errors import LivingLabError
from lab.bgp.places import RUN
from lab.bgp.tunnels import Tunnels, sides_of
from lab.bgp.undeployed import undeployed_fingerprint, without_deployment
from topology import StackFileError, load_stack

_WATCH = 2.0
_PRIORITY = -10
"""That of everything that lives, before the programs of this machine: routers have hardware for BFD, which
takes a second's delay for the end of a link."""


def main() -> int:
    """Build a network, say so, and keep it until the time is up or somebody ends it."""
    parser = argparse.ArgumentParser(prog="python -m lab.bgp.keeper")
    parser.add_argument("directory", type=Path)
    parser.add_argument("stack_file", type=Path)
    parser.add_argument("--lifetime", type=float, help="seconds; else until standard input ends")
    parser.add_argument("--undeployed", action="store_true", help="routers and tunnels are told from outside")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    with suppress(OSError):  # in some containers root may not
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    directory = Directory(options.directory)
    with directory.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _keep(directory, options.stack_file, options.lifetime, undeployed=options.undeployed)
        except BlockingIOError:
            sys.stderr.write(f"another one runs in {directory.path} already\n")
            return 1
        except (LivingLabError, StackFileError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _keep(directory: Directory, stack_file: Path, lifetime: float | None, *, undeployed: bool) -> None:
    began = time.monotonic()
    network = load_stack(stack_file)
    described = draw_blueprint(network)
    blueprint = without_deployment(described) if undeployed else described
    _make_room()
    namespaces.build(blueprint)
    built = time.monotonic()
    daemons = Daemons(blueprint, directory.logs)
    daemons.start()
    agent = Agent(described, blueprint) if undeployed else None
    tunnels = agent.tunnels if agent else Tunnels(carrier=False)
    keys = {wire.name: secrets.token_urlsafe(24) for wire in blueprint.tunnels}
    tunnels.replace(
        "everybody", (side for wire in blueprint.tunnels for side in sides_of(wire, keys[wire.name]))
    )
    if agent:
        AgentServer(agent, directory)
    directory.write_status(
        {
            "stackFile": str(stack_file),
            "fingerprint": undeployed_fingerprint(network) if undeployed else fingerprint(network),
            "undeployed": undeployed,
            "namespacesSeconds": round(built - began, 2),
            "startedSeconds": round(time.monotonic() - began, 2),
            "endsAt": time.time() + lifetime if lifetime else None,
        }
    )
    while time.monotonic() - began < lifetime if lifetime else _is_wanted():
        tunnels.changed.wait(_WATCH)
        tunnels.changed.clear()
        daemons.ended()  # so that none stays a zombie
        tunnels.watch()
        if agent:
            agent.restore_routes()


def _is_wanted() -> bool:
    """Whether whoever started this still holds the other end of standard input."""
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return not readable


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
