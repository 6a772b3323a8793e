"""A Pulumi language host for Python: what an installed CLI brings, and a built engine lacks.

The engine starts it as `pulumi-language-python ... ENGINE`, reads its port, and asks it by gRPC to run
programs, policy packs and provider plugins. Each runs in a process of its own, in the project's virtual
environment.
Only for engines built by `lab.engine`: an installed one keeps its own host.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import signal
import sys
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict

from lab.engine.messages import language_pb2, language_pb2_grpc, plugin_pb2
from lab.engine.program import REPORTED

_PROGRAM = Path(__file__).with_name("program.py")
_MAX_MESSAGE = 400 * 1024 * 1024
"""Bytes; what the engine itself allows."""
_GRACE = 5.0
"""Seconds between asking a plugin to end and ending it."""
_LOOK = 1.0
"""Seconds between two looks whether the engine is there still."""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python on behalf of one engine."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._children: set[asyncio.subprocess.Process] = set()

    async def Handshake(self, request: Any, context: Any) -> Any:
        """Learn the engine's address, which newer engines also say here."""
        del context
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Say which version this is: the SDK's, which it runs programs with."""
        del request, context
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    async def About(self, request: Any, context: Any) -> Any:
        """Answer `pulumi about`."""
        del context
        return language_pb2.AboutResponse(executable=_python(request.info), version=platform.python_version())

    async def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """Ask for no plugin to be installed: the lab attaches them."""
        del request, context
        return language_pb2.GetRequiredPackagesResponse()

    async def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        """Answer older engines' form of the same question."""
        del request, context
        return language_pb2.GetRequiredPluginsResponse()

    async def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """Name none: requirements files pin them."""
        del request, context
        return language_pb2.GetProgramDependenciesResponse()

    async def Cancel(self, request: Any, context: Any) -> Any:
        """End what still runs."""
        del request, context
        await self.end_children()
        return Empty()

    async def Run(self, request: Any, context: Any) -> Any:
        """Run a program until it ends; it reports its own errors to the engine."""
        del context
        if not request.args:
            request.args.append(self._engine_address)
        process = await asyncio.create_subprocess_exec(
            _python(request.info),
            "-u",
            str(_PROGRAM),
            cwd=request.pwd,
            stdin=asyncio.subprocess.PIPE,
            stdout=None,
            stderr=None,
            env={**os.environ, "PULUMI_MONITOR": request.monitor_address},
        )
        async with self._ended_at_last(process):
            await process.communicate(request.SerializeToString())
        if process.returncode == 0:
            return language_pb2.RunResponse()
        if process.returncode == REPORTED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {process.returncode}")

    async def RunPlugin(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Run a policy pack or a provider, and pass on what it prints, until it ends or is unwanted."""
        del context
        process = await asyncio.create_subprocess_exec(
            *_plugin_command(request),
            cwd=request.pwd,
            env=dict(entry.split("=", 1) for entry in request.env if "=" in entry),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with self._ended_at_last(process):
            async for response in _output(process):
                yield response
            yield language_pb2.RunPluginResponse(exitcode=await process.wait())

    async def end_children(self) -> None:
        """End every process that was started and still runs."""
        await asyncio.gather(*(_end(process) for process in tuple(self._children)))

    @contextlib.asynccontextmanager
    async def _ended_at_last(self, process: asyncio.subprocess.Process) -> AsyncIterator[None]:
        """Let a process run, and end it with the call that wanted it: the calls of a killed engine end."""
        self._children.add(process)
        try:
            yield
        finally:
            await _end(process)
            self._children.discard(process)


def _python(info: Any) -> str:
    """Return the interpreter of the virtual environment that a project or plugin names, else this one."""
    options = MessageToDict(info.options) if info.HasField("options") else {}
    if folder := options.get("virtualenv"):
        python = Path(info.root_directory, folder, "bin", "python")
        if python.exists():
            return str(python)
    return sys.executable


def _plugin_command(request: Any) -> list[str]:
    directory = request.info.program_directory
    python = _python(request.info)
    if request.kind == "analyzer":
        return [python, "-u", "-m", "pulumi.policy", *request.args, directory]
    return [python, "-u", directory, *request.args]


async def _output(process: asyncio.subprocess.Process) -> AsyncIterator[Any]:
    """Yield a process's output, both streams as they come."""
    assert process.stdout is not None
    assert process.stderr is not None
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def read(stream: asyncio.StreamReader, as_response: Callable[[bytes], Any]) -> None:
        while chunk := await stream.read(65536):
            await queue.put(as_response(chunk))
        await queue.put(None)

    async with asyncio.TaskGroup() as readers:
        readers.create_task(read(process.stdout, lambda chunk: language_pb2.RunPluginResponse(stdout=chunk)))
        readers.create_task(read(process.stderr, lambda chunk: language_pb2.RunPluginResponse(stderr=chunk)))
        open_streams = 2
        while open_streams:
            response = await queue.get()
            if response is None:
                open_streams -= 1
            else:
                yield response


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, and make it after a while."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _GRACE)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _serve(engine_address: str) -> None:
    options = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE),
        ("grpc.max_send_message_length", _MAX_MESSAGE),
    ]
    server = grpc.aio.server(options=options)
    host = LanguageHost(engine_address)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = asyncio.create_task(_until_orphaned())
    await asyncio.wait([asyncio.create_task(stop.wait()), engine], return_when=asyncio.FIRST_COMPLETED)
    await host.end_children()
    await server.stop(grace=None)


async def _until_orphaned() -> None:
    """Wait until the engine is gone: one that was killed cannot ask its host to end."""
    engine = os.getppid()
    while os.getppid() == engine:  # noqa: ASYNC110 (nothing tells a process that its parent has ended)
        await asyncio.sleep(_LOOK)


def main(arguments: list[str]) -> None:
    """Serve until the engine ends it; its address is the last argument that is no flag."""
    addresses = [argument for argument in arguments if not argument.startswith("-")]
    asyncio.run(_serve(addresses[-1] if addresses else ""))


if __name__ == "__main__":
    main(sys.argv[1:])
