"""Runs one emulated Azure until it is interrupted: `python -m lab.azure DIRECTORY`."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from lab.azure.server import AzureServer
from lab.azure.subscriptions import SUBSCRIPTION


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM; the endpoint is printed once it answers."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server = AzureServer(
        arguments.directory,
        subscription=arguments.subscription,
        provider_delay=arguments.provider_delay,
        port=arguments.port,
    )
    await server.start()
    print(server.endpoint, flush=True)  # noqa: T201 -- what its caller waits for
    await stopped.wait()
    await server.stop()


def parse_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m lab.azure", description="An emulated Azure Resource Manager."
    )
    parser.add_argument(
        "directory", type=Path, nargs="?", default=Path(".lab/azure"), help="where its state is kept"
    )
    parser.add_argument("--subscription", default=SUBSCRIPTION)
    parser.add_argument(
        "--provider-delay", type=float, default=0.0, help="seconds until a circuit is provisioned"
    )
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(serve(parse_arguments()))
