"""Measures pushes side by side on emulated routers: `python -m tests.onprem.bench [ROUTERS ...]`.

One hundred lines to each router, at 0, 5 and 50 ms a line. `sending` is the lines alone, from the first to
the prompt after the last, of the slowest router; the whole guarded push, with logins, reading, arming,
reading back, confirming and saving, stands beside it. The floor writes all lines at once and checks nothing.
The routers run in a process of their own. Ratios count, not seconds.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import asyncssh
from netmiko import ConnectHandler
from rich.console import Console
from rich.table import Table

from lab.iosxe.server import RouterServer
from onprem.access import Access
from onprem.push import Intent, Pushed, Safeguards, push
from onprem.redaction import Redaction
from onprem.script import TypedLine
from onprem.session import Session

PASSWORD = "bench-password"
LINES = tuple(f"ip prefix-list Bench seq {number} permit 10.{number}.0.0/16" for number in range(1, 101))
_MILLISECONDS = (0, 5, 50)


@dataclass(frozen=True, slots=True)
class Target:
    """One router of the bench."""

    name: str
    port: int
    host_key: str


def routers(count: int, latency: float, directory: Path, ready: Connection) -> None:
    """Run routers until told to stop; the body of their process."""

    async def serve() -> None:
        servers = [
            RouterServer(f"r{n}", directory / f"r{n}", username="netops", password=PASSWORD, latency=latency)
            for n in range(count)
        ]
        for server in servers:
            await server.start()
        ready.send([Target(server.hostname, server.port, server.host_key) for server in servers])
        await asyncio.to_thread(ready.recv)
        for server in servers:
            await server.stop()

    asyncio.run(serve())


def access(target: Target, directory: Path) -> Access:
    """How a bench logs in: the port is in a file of OpenSSH's kind."""
    config = directory / f"{target.name}.ssh_config"
    config.write_text(f"Host {target.name}\n  HostName 127.0.0.1\n  Port {target.port}\n")
    return Access(
        router=target.name,
        host=target.name,
        host_key=target.host_key,
        username="netops",
        password=PASSWORD,
        ssh_config=config,
    )


async def _floor(target: Target) -> float:
    async with asyncssh.connect(
        "127.0.0.1",
        target.port,
        username="netops",
        password=PASSWORD,
        known_hosts=asyncssh.import_known_hosts(f"[127.0.0.1]:{target.port} {target.host_key}"),
        config=None,
        client_keys=None,
        agent_path=None,
    ) as connection:
        process = await connection.create_process(term_type="vt100")
        await process.stdout.readuntil("#")
        begun = time.monotonic()
        process.stdin.write("configure terminal\n" + "".join(f"{line}\n" for line in LINES) + "end\n! done\n")
        await process.stdout.readuntil("! done")
        await process.stdout.readuntil("#")
        return time.monotonic() - begun


def floor(targets: list[Target], directory: Path) -> float:
    """asyncssh writes everything at once and looks at nothing."""
    del directory

    async def all_of_them() -> float:
        return max(await asyncio.gather(*map(_floor, targets)))

    return asyncio.run(all_of_them())


def _at_once(targets: list[Target], one: Callable[[Target], float]) -> float:
    with ThreadPoolExecutor(len(targets)) as threads:
        return max(threads.map(one, targets))


def sending(targets: list[Target], directory: Path) -> float:
    """The lines of our push, each with echo, prompt and answer checked."""

    def one(target: Target) -> float:
        with Session(access(target, directory), Redaction({"password": PASSWORD})) as session:
            begun = time.monotonic()
            session.configure([TypedLine(section=(), text=line) for line in LINES], {}, lambda: None)
            return time.monotonic() - begun

    return _at_once(targets, one)


def whole(targets: list[Target], directory: Path) -> float:
    """The whole guarded push."""

    def one(target: Target) -> float:
        begun = time.monotonic()
        guards = Safeguards(journal=directory / "journal")
        push(access(target, directory), Intent(lines=LINES), Pushed(), lambda: False, guards)
        return time.monotonic() - begun

    return _at_once(targets, one)


def netmiko(targets: list[Target], directory: Path) -> float:
    """Plain netmiko with the one option by which it notices rejections."""
    del directory

    def one(target: Target) -> float:
        with ConnectHandler(
            device_type="cisco_xe",
            host="127.0.0.1",
            port=target.port,
            username="netops",
            password=PASSWORD,
            use_keys=False,
            allow_agent=False,
        ) as connection:
            begun = time.monotonic()
            connection.send_config_set(list(LINES), error_pattern=r"% Invalid")
            return time.monotonic() - begun

    return _at_once(targets, one)


PUSHES = {
    "floor: asyncssh, unchecked": floor,
    "ours: sending": sending,
    "plain netmiko: sending": netmiko,
    "ours: the whole guarded push": whole,
}


def measure(count: int, milliseconds: int, pushes: Callable[[list[Target], Path], float]) -> float:
    """Seconds until the slowest of so many fresh routers is done."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        here, there = multiprocessing.Pipe()
        arguments = (count, milliseconds / 1000, directory / "routers", there)
        process = multiprocessing.get_context("spawn").Process(target=routers, args=arguments)
        process.start()
        try:
            return pushes(here.recv(), directory)
        finally:
            here.send("stop")
            process.join(60)


def main() -> int:
    """Measure and print a table."""
    counts = [int(text) for text in sys.argv[1:]] or [1, 10, 100]
    table = Table("push of 100 lines", *(f"{n} x {ms} ms" for n in counts for ms in _MILLISECONDS))
    floors: dict[tuple[int, int], float] = {}
    for name, pushes in PUSHES.items():
        cells = []
        for count in counts:
            for ms in _MILLISECONDS:
                seconds = measure(count, ms, pushes)
                base = floors.setdefault((count, ms), seconds)
                cells.append(f"{seconds:.2f} s ({seconds / base:.1f}x)")
        table.add_row(name, *cells)
    console = Console()
    console.print(table)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"this process took {megabytes:.0f} MB at most, with {max(counts)} routers at once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
