"""Runs one emulated router until interrupted: `python -m lab.iosxe --hostname NAME --directory DIR`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from lab.iosxe.server import RouterServer


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.iosxe", description=__doc__)
    parser.add_argument("--hostname", required=True)
    parser.add_argument("--directory", required=True, type=Path, help="where the router keeps its files")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--initial", type=Path, help="configuration of a router that has no file yet")
    parser.add_argument("--refuse-weak", action="store_true", help="refuse weak cryptography")
    parser.add_argument("--minute", type=float, default=60.0, help="seconds in a minute of the revert timer")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    router = RouterServer(
        arguments.hostname,
        arguments.directory,
        username=os.environ.get("IOSXE_USERNAME", "admin"),
        password=os.environ["IOSXE_PASSWORD"],
        initial=arguments.initial.read_text() if arguments.initial else None,
        refuses_weak=arguments.refuse_weak,
        port=arguments.port,
        minute=arguments.minute,
    )
    await router.start()
    sys.stdout.write(f"{router.hostname} 127.0.0.1:{router.port} {router.host_key}\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await router.stop()


def main() -> int:
    """Starts the router; 2 for a mistake that the user can mend."""
    arguments = _arguments()
    if not os.environ.get("IOSXE_PASSWORD"):
        sys.stderr.write("set IOSXE_PASSWORD to the password of the router's user (IOSXE_USERNAME)\n")
        return 2
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(arguments))
    except (OSError, ValueError) as mistake:
        sys.stderr.write(f"router {arguments.hostname}: {mistake}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
