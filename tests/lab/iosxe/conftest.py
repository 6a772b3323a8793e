"""Routers that a test starts, and two independent clients: a terminal over asyncssh, and netmiko."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from netmiko import ConnectHandler

from lab.iosxe.server import RouterServer

USERNAME, PASSWORD = "admin", "lab-Pa55word"
_PROMPT = re.compile(r"(?:^|\n)([\w.-]+(?:\([\w-]+\))?[#>])$")
_WAIT = 20.0

Start = Callable[..., Awaitable[RouterServer]]


class Terminal:
    """A person at a terminal: types, and reads up to the next prompt."""

    def __init__(self, connection: asyncssh.SSHClientConnection, process: Any) -> None:
        self.connection = connection
        self._process = process
        self.prompt = ""

    async def until(self, pattern: str) -> str:
        """What arrives up to the end of text that `pattern` finds, carriage returns dropped."""
        seen = ""
        wanted = re.compile(pattern)
        async with asyncio.timeout(_WAIT):
            while not wanted.search(seen):
                piece = await self._process.stdout.read(4096)
                if not piece:
                    raise EOFError(seen)
                seen += piece.replace("\r", "")
        return seen

    async def settle(self) -> str:
        """What arrives up to the next prompt; the prompt is kept apart."""
        seen = await self.until(_PROMPT.pattern)
        found = _PROMPT.search(seen)
        assert found is not None
        self.prompt = found[1]
        return seen[: found.start(1)]

    def type(self, text: str) -> None:
        """Types without reading."""
        self._process.stdin.write(text)

    async def run(self, line: str) -> str:
        """Types one line; what the router says to it, without the echo."""
        self.type(f"{line}\n")
        seen = await self.settle()
        echo, _, said = seen.partition("\n")
        assert echo == line, f"echoed {echo!r} for {line!r}"
        return said

    async def run_all(self, *lines: str) -> list[str]:
        """Types lines one after the other; what the router said, but for its advice on IKEv2 sections."""
        said = [(line, await self.run(line)) for line in lines]
        return [f"{line}: {text}" for line, text in said if text.strip() and not text.startswith("IKEv2 p")]

    async def close(self) -> None:
        """Hangs up."""
        self.connection.close()
        await self.connection.wait_closed()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts routers in one directory; `start("R1", refuses_weak=True)`."""
    started: list[RouterServer] = []

    async def start(hostname: str = "R1", **properties: Any) -> RouterServer:
        router = RouterServer(hostname, tmp_path, username=USERNAME, password=PASSWORD, **properties)
        await router.start()
        started.append(router)
        return router

    yield start
    for router in started:
        await router.stop()


@pytest.fixture
async def router(start: Start) -> RouterServer:
    return await start()


@pytest.fixture
async def dial() -> AsyncIterator[Callable[..., Awaitable[Terminal]]]:
    """Logs in with the router's host key pinned, and reads up to the first prompt."""
    opened: list[Terminal] = []

    async def dial(
        router: RouterServer, password: str = PASSWORD, *, endless_screen: bool = True
    ) -> Terminal:
        connection = await asyncssh.connect(
            "127.0.0.1",
            router.port,
            username=USERNAME,
            password=password,
            known_hosts=asyncssh.import_known_hosts(f"[127.0.0.1]:{router.port} {router.host_key}"),
            client_keys=None,
            agent_path=None,
            config=None,
        )
        process = await connection.create_process(term_type="vt100")
        terminal = Terminal(connection, process)
        opened.append(terminal)
        await terminal.settle()
        if endless_screen:
            await terminal.run_all("terminal length 0", "terminal width 0")
        return terminal

    yield dial
    for terminal in opened:
        await terminal.close()


@pytest.fixture
async def terminal(router: RouterServer, dial: Callable[..., Awaitable[Terminal]]) -> Terminal:
    return await dial(router)


@pytest.fixture
def netmiko() -> Callable[..., Any]:
    """Opens a netmiko connection of type `cisco_xe`; to be called in a thread."""

    def connect(router: RouterServer, **options: Any) -> Any:
        return ConnectHandler(
            device_type="cisco_xe",
            host="127.0.0.1",
            port=router.port,
            username=USERNAME,
            **{"password": PASSWORD, "secret": PASSWORD, "use_keys": False, "allow_agent": False, **options},
        )

    return connect
