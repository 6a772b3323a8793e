"""Emulated routers as the tests of this folder use them: typed on directly, or behind SSH in a thread."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from lab.iosxe.configuration import print_configuration
from lab.iosxe.editor import Editor, Position
from lab.iosxe.factory import factory_configuration
from lab.iosxe.faults import Fault, Hook, Moment
from lab.iosxe.sealing import Sealer
from lab.iosxe.server import RouterServer
from lab.iosxe.tables import TABLES
from onprem.plan.changes import Command
from onprem.plan.script import typed_lines
from onprem.plan.sections import Section, read_running_configuration
from onprem.ssh.access import Access

ROUTER = "location1-ce1"
PASSWORD = "canary-login-9sKd2Lq"
CANARY = "canary-Zq7xK2mP9vLw4TnB8sRd"
T = TypeVar("T")
VALUES = {
    "hub-vpn-gateway-public-ip-1": "203.0.113.10",
    "hub-vpn-gateway-bgp-address-1": "10.10.30.254",
    "branch-vpn-gateway-public-ip-1": "203.0.113.20",
    "branch-vpn-gateway-bgp-address-1": "10.11.30.254",
}
SECRETS = {"hub-location1-shared-key": CANARY}


def filled(lines: Iterable[str], values: Mapping[str, str] = VALUES) -> list[str]:
    """The lines with their outputs put in, secrets left as they are."""
    return [re.sub(r"<output:([\w-]+)>", lambda found: values[found[1]], line) for line in lines]


class Console:
    """A router's configuration without SSH: takes commands, and raises for a line that it refuses."""

    def __init__(self, text: str | None = None, *, foreign: bool = False) -> None:
        self._editor = Editor(TABLES, Sealer(b"a router's own master key"), foreign=foreign)
        self._editor.load(text or factory_configuration(ROUTER, "admin", "9 $9$sealed"))

    @property
    def text(self) -> str:
        return print_configuration(self._editor.root)

    @property
    def running(self) -> Section:
        return read_running_configuration(self.text, ROUTER)

    def type(self, commands: Iterable[Command], secrets: Mapping[str, str] = SECRETS) -> list[str]:
        """Types the commands; what was typed, keys left out."""
        position, typed = Position(), []
        for line in typed_lines(commands):
            typed.append(line.text)
            if line.text == "exit":
                position = position.parent
                continue
            text = line.raw or re.sub(r"<secret:([\w-]+)>", lambda found: secrets[found[1]], line.text)
            outcome = self._editor.take(position, text)
            assert outcome.mismatch is None, (line, outcome.mismatch)
            assert not line.enters or len(outcome.position.path) == len(line.section) + 1, line
            position = outcome.position
        return typed


class Lab:
    """Emulated routers behind SSH, in an event loop of their own thread, so that tests may block."""

    def __init__(self, directory: Path, ssh_config: Path | None = None) -> None:
        self._directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[RouterServer] = []
        self._hosts: dict[str, str] = {}
        self.known_hosts = directory / "known_hosts"
        self.ssh_config = ssh_config or directory / "ssh_config"

    def start(self, name: str = ROUTER, *, host: str | None = None, **options: Any) -> RouterServer:
        """Starts a router that calls itself `name` and is found as `host`, and makes its host key known."""
        directory = self._directory / (host or name)
        server = RouterServer(name, directory, username="netops", password=PASSWORD, **options)
        self.run(server.start())
        self._servers.append(server)
        self.publish(server, host or name)
        return server

    def publish(self, server: RouterServer, host: str) -> None:
        """Writes a router into OpenSSH's configuration and known_hosts."""
        self._hosts[host] = (
            f"Host {host}\n  HostName 127.0.0.1\n  Port {server.port}\n  User netops\n"
            f"  HostKeyAlias {host}\n  UserKnownHostsFile {self.known_hosts}\n"
        )
        self.ssh_config.write_text("".join(self._hosts.values()))
        self.known_hosts.touch()
        others = [line for line in self.known_hosts.read_text().splitlines() if line.split()[0] != host]
        self.known_hosts.write_text("\n".join((*others, f"{host} {server.host_key}")) + "\n")

    def access(self, host: str = ROUTER, **changes: Any) -> Access:
        """How a test logs in to a router."""
        access = Access(
            router=host, host=host, username="netops", password=PASSWORD, ssh_config=self.ssh_config
        )
        return replace(access, **changes)

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """Awaits something in the routers' event loop."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(timeout=30)

    def stop(self) -> None:
        for server in self._servers:
            self.run(server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


def fault_at(wanted: Callable[[int, Moment, str], bool], fault: Fault, *, times: int = 1) -> Hook:
    """A hook that makes one fault happen where `wanted` says so, a limited number of times."""
    left = times

    async def hook(step: int, moment: Moment, text: str) -> Fault | None:
        nonlocal left
        if left and wanted(step, moment, text):
            left -= 1
            return fault
        return None

    return hook


def on_line(start: str) -> Callable[[int, Moment, str], bool]:
    """When a line that begins with `start` was received and not yet run."""
    return lambda _, moment, text: moment is Moment.LINE and text.strip().startswith(start)


async def type_on(router: RouterServer, *lines: str) -> None:
    """Type lines on a router as somebody else does, from global configuration mode on."""
    position = Position()
    for line in lines:
        position = router.device.editor.take(position, line).position
