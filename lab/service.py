"""The lab's one process: the emulated Azure, the stand-in plugins, and every router that a stack names."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.azure.plugins import serve_plugins
from lab.azure.server import AzureServer
from lab.directory import USERNAME, LabDirectory, azure_variables, write_private
from lab.iosxe.server import RouterServer
from topology import StackFileError, load_stack


class LabError(RuntimeError):
    """The lab cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """What stands in one lab: which routers, and how quick the connectivity providers are."""

    routers: Mapping[str, str]
    """Each router's name by the host that stack files reach it by."""
    provider_delay: float = 0.0
    """Seconds until an ordered circuit is provisioned."""


def described_routers(project: Path) -> dict[str, str]:
    """Return the name of each router that a project's stack files describe, by its host.

    A stack file with mistakes contributes none: whoever deploys it is told of them then.
    """
    routers: dict[str, str] = {}
    for file in sorted(project.glob("Pulumi.*.yaml")):
        try:
            network = load_stack(file)
        except StackFileError:
            continue
        routers |= {router.host: router.name for router in network.routers.values()}
    return routers


async def serve(directory: LabDirectory, emulated: Emulated) -> None:
    """Serve until SIGTERM or SIGINT; the status file appears once everything answers.

    Raises:
        LabError: if this lab is running already.
    """
    directory.path.mkdir(parents=True, exist_ok=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with (directory.path / "lab.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"the lab in {directory.path} is running already") from None
        async with running_lab(directory, emulated) as status:
            write_private(directory.status_file, json.dumps(status, indent=2))
            try:
                await stop.wait()
            finally:
                directory.status_file.unlink(missing_ok=True)


@asynccontextmanager
async def running_lab(directory: LabDirectory, emulated: Emulated) -> AsyncIterator[dict[str, Any]]:
    """Run all parts while the context lasts; yield what to know of them."""
    ports = _ports_of_last_time(directory)
    async with AsyncExitStack() as parts:
        azure = AzureServer(directory.azure, provider_delay=emulated.provider_delay)
        await azure.start()
        parts.push_async_callback(azure.stop)
        plugins = await _attach(parts, azure, ports)
        routers = {
            host: await _start_router(parts, directory, host, name, ports.get(host, 0))
            for host, name in emulated.routers.items()
        }
        _write_ssh_files(directory, routers)
        variables = directory.variables(azure.endpoint, plugins)
        directory.write_environment(variables)
        router_ports = {host: router.port for host, router in routers.items()}
        _remember_ports(directory, plugins, router_ports)
        yield {"pid": os.getpid(), "azure": azure.endpoint, "routers": router_ports, "variables": variables}


async def _attach(parts: AsyncExitStack, azure: AzureServer, ports: dict[str, int]) -> str:
    """Serve the plugins, at the ports of last time if they are free: open shells know those."""
    variables = azure_variables(azure.endpoint, azure.certificate)
    wanted = (ports.get("azure-native", 0), ports.get("random", 0))
    try:
        return await parts.enter_async_context(serve_plugins(variables, wanted))
    except RuntimeError:  # gRPC's word for a port in use
        return await parts.enter_async_context(serve_plugins(variables))


async def _start_router(
    parts: AsyncExitStack, directory: LabDirectory, host: str, name: str, port: int
) -> RouterServer:
    for wanted in (port, 0):
        router = RouterServer(
            name, directory.devices / host, username=USERNAME, password=directory.password, port=wanted
        )
        try:
            await router.start()
        except OSError:
            if not wanted:
                raise
            continue
        parts.push_async_callback(router.stop)
        return router
    raise AssertionError("unreachable: a free port is always found")


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
