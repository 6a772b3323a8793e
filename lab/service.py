"""The lab's one process: the emulated Azure, the stand-in plugins, and every router that a stack names.

Where this machine can do it, the network of one stack lives behind its routers (`living.py`).
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lab.azure.plugins import serve_plugins
from lab.azure.server import AzureServer
from lab.azure.subscriptions import ANOTHER_SUBSCRIPTION
from lab.directory import USERNAME, LabDirectory, azure_variables, write_private
from lab.errors import LabError
from lab.iosxe.plane import Plane
from lab.iosxe.server import RouterServer
from lab.living import LivingNetwork
from lab.stacks import MINUTE, why_plain
from topology import StackFileError, load_stack, stack_file

_LOOK_SECONDS = 1.0
"""Between two looks at the stack files."""


@dataclass(kw_only=True)
class DescribedRouter:
    """A router as the stack files know it: the ports are those that any of them uses."""

    name: str
    ports: set[str] = field(default_factory=set)


def described_routers(project: Path) -> dict[str, DescribedRouter]:
    """Return each router that a project's stack files describe, by its host.

    A stack file with mistakes contributes none: whoever deploys it is told of them then.
    """
    routers: dict[str, DescribedRouter] = {}
    for file in sorted(project.glob("Pulumi.*.yaml")):
        try:
            network = load_stack(file)
        except StackFileError:
            continue
        for router in network.routers.values():
            described = routers.setdefault(router.host, DescribedRouter(name=router.name))
            links = (link for _, _, link in network.router_links(router.name))
            described.ports |= {router.lan.interface, *(link.interface for link in links if link.interface)}
    return routers


def hosts_of(file: Path) -> frozenset[str]:
    """Return the hosts of one stack file's routers, likewise; none if it has mistakes."""
    try:
        network = load_stack(file)
    except StackFileError:
        return frozenset()
    return frozenset(router.host for router in network.routers.values())


async def serve(directory: LabDirectory, project: Path, provider_delay: float, stack: str) -> None:
    """Serve until SIGTERM or SIGINT; the status file appears once everything answers.

    Args:
        directory: Where the lab keeps everything.
        project: Where the stack files are; routers that they come to describe are started as they do.
        provider_delay: Seconds until an ordered circuit is provisioned.
        stack: Whose network lives behind the routers, if one can.

    Raises:
        LabError: if this lab is running already.
    """
    directory.path.mkdir(parents=True, exist_ok=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _lock(directory)
    async with AsyncExitStack() as parts:
        lab = Lab(directory, project, stack, parts)
        await lab.start(provider_delay)
        try:
            while not stop.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
                await lab.follow_stack_files()
        finally:
            directory.status_file.unlink(missing_ok=True)


def _lock(directory: LabDirectory) -> None:
    """Hold the lab's lock until this process has ended: whoever waits for it finds nothing left."""
    handle = os.open(directory.lock_file, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise LabError(f"the lab in {directory.path} is running already") from None


class Lab:
    """The running parts; `parts` ends them."""

    def __init__(self, directory: LabDirectory, project: Path, stack: str, parts: AsyncExitStack) -> None:
        self._directory, self._project, self._stack, self._parts = directory, project, stack, parts
        self._ports = _ports_of_last_time(directory)
        self._routers: dict[str, RouterServer] = {}
        self._seen: dict[Path, int] | None = None  # nothing seen is not the same as no file
        self._azure: AzureServer
        self._plugins = ""
        self._living: LivingNetwork | None = None
        self._why_plain = why_plain(project, stack)
        self._said_plain = ""

    async def start(self, provider_delay: float) -> None:
        """Start everything that the stack files describe, and say so in the lab's files."""
        self._azure = AzureServer(
            self._directory.azure,
            provider_delay=provider_delay,
            further_subscriptions=(ANOTHER_SUBSCRIPTION,),
        )
        await self._azure.start()
        self._parts.push_async_callback(self._azure.stop)
        self._plugins = await self._attach_plugins()
        if not self._why_plain:
            described = stack_file(self._stack, self._project)
            self._living = LivingNetwork(self._directory.living, described, self._azure.wires)
            self._living.start()
            self._parts.push_async_callback(self._living.stop)
        await self.follow_stack_files()

    @property
    def _plain(self) -> str:
        """Why nothing lives behind the routers; empty while something does, or is about to."""
        return self._why_plain or (self._living.trouble if self._living else "")

    async def follow_stack_files(self) -> None:
        """Start the routers, and plug in the ports, of stack files that are new or have changed.

        None is ever taken away.
        """
        seen = dict(_stack_files(self._project))
        if seen == self._seen and self._plain == self._said_plain:
            return
        self._seen = seen
        living = hosts_of(stack_file(self._stack, self._project)) if self._living else frozenset()
        for host, described in described_routers(self._project).items():
            if host not in self._routers:
                plane = self._living.plane(described.name) if self._living and host in living else None
                self._routers[host] = await self._start_router(host, described.name, plane)
            for port in sorted(described.ports):
                with suppress(ValueError):  # the router says that it has none when it is configured
                    self._routers[host].plug_in((port,))
        self._say_what_runs()

    async def _attach_plugins(self) -> str:
        """Serve the plugins, at the ports of last time if they are free: open shells know those."""
        variables = azure_variables(self._azure.endpoint, self._azure.certificate)
        wanted = (self._ports.get("azure-native", 0), self._ports.get("random", 0))
        try:
            return await self._parts.enter_async_context(serve_plugins(variables, wanted))
        except RuntimeError:  # gRPC's word for a port in use
            return await self._parts.enter_async_context(serve_plugins(variables))

    async def _start_router(self, host: str, name: str, plane: Plane | None) -> RouterServer:
        """Start a router, with what moves packets behind it; None where nothing does."""
        for port in (self._ports.get(host, 0), 0):
            router = RouterServer(
                name,
                self._directory.devices / host,
                username=USERNAME,
                password=self._directory.password,
                port=port,
                plane=plane,
                minute=float(os.environ.get(MINUTE) or 60),
            )
            try:
                await router.start()
            except OSError:
                if not port:
                    raise
                continue
            self._parts.push_async_callback(router.stop)
            return router
        raise AssertionError("unreachable: a free port is always found")

    def _say_what_runs(self) -> None:
        self._said_plain = self._plain
        _write_ssh_files(self._directory, self._routers)
        variables = self._directory.variables(self._azure.endpoint, self._plugins)
        self._directory.write_environment(variables)
        routers = {host: router.port for host, router in self._routers.items()}
        _remember_ports(self._directory, self._plugins, routers)
        status = {
            "pid": os.getpid(),
            "azure": self._azure.endpoint,
            "routers": routers,
            "stack": self._stack,
            "plain": self._said_plain,
            "variables": variables,
        }
        write_private(self._directory.status_file, json.dumps(status, indent=2))


def _stack_files(project: Path) -> Iterator[tuple[Path, int]]:
    """Yield each stack file with the time of its last change."""
    for file in project.glob("Pulumi.*.yaml"):
        with suppress(FileNotFoundError):  # an editor has just replaced it
            yield file, file.stat().st_mtime_ns


def _write_ssh_files(directory: LabDirectory, routers: Mapping[str, RouterServer]) -> None:
    """Tell OpenSSH, and all who read its files, where the routers are and which keys they have."""
    hosts, keys = [], []
    for host, router in routers.items():
        hosts += [
            f"Host {host}",
            "  HostName 127.0.0.1",
            f"  Port {router.port}",
            f"  User {USERNAME}",
            f"  HostKeyAlias {host}",
            f"  UserKnownHostsFile {directory.known_hosts}",
        ]
        keys.append(f"{host} {router.host_key}")
    write_private(directory.ssh_config, "\n".join(hosts) + "\n")
    write_private(directory.known_hosts, "\n".join(keys) + "\n")


def _ports_of_last_time(directory: LabDirectory) -> dict[str, int]:
    try:
        ports: dict[str, int] = json.loads((directory.path / "ports.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return ports


def _remember_ports(directory: LabDirectory, plugins: str, routers: dict[str, int]) -> None:
    attached = dict(entry.split(":") for entry in plugins.split(","))
    ports = {name: int(port) for name, port in attached.items()} | routers
    write_private(directory.path / "ports.json", json.dumps(ports, indent=2))
