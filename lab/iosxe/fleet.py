"""Many emulated routers in one process: `python -m lab.iosxe.fleet --count N --directory DIR`.

They are called r1, r2, ... and let `netops` in by the password in IOSXE_PASSWORD. One line of JSON tells
where they are: `[{"name", "port", "host_key"}, ...]`. They run until standard input ends, so that they end
with whoever started them; then another line tells what they have taken meanwhile, in seconds of CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from lab.iosxe.factory import factory_configuration
from lab.iosxe.server import RouterServer

USERNAME = "netops"
_SEALED = "9 $9$hashed$once.for.all.of.them"


async def _run(names: Iterable[str], latency: float, directory: Path) -> None:
    routers = [
        RouterServer(
            name,
            directory / name,
            username=USERNAME,
            password=os.environ["IOSXE_PASSWORD"],
            initial=factory_configuration(name, USERNAME, _SEALED),
            latency=latency,
        )
        for name in names
    ]
    for router in routers:
        await router.start()
    gc.freeze()  # what the routers are made of stays; nobody has to look through it again and again
    told = [{"name": r.hostname, "port": r.port, "host_key": r.host_key} for r in routers]
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()
    begun = time.process_time()
    await asyncio.to_thread(sys.stdin.read)
    sys.stdout.write(f"{time.process_time() - begun:.3f}\n")
    sys.stdout.flush()
    for router in routers:
        await router.stop()


def main() -> int:
    """Run the routers; 2 for a mistake that the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m lab.iosxe.fleet", description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--first", type=int, default=1, help="the number of the first one")
    parser.add_argument("--directory", type=Path, required=True, help="where the routers keep their files")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds that each line takes")
    options = parser.parse_args()
    if not os.environ.get("IOSXE_PASSWORD"):
        sys.stderr.write("set IOSXE_PASSWORD to the password of the routers' user\n")
        return 2
    names = [f"r{number}" for number in range(options.first, options.first + options.count)]
    asyncio.run(_run(names, options.latency / 1000, options.directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
