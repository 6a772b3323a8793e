"""The provider's process, as the engine starts it.

The server is that of `pulumi.provider.experimental`, with what it lacks: `Attach`, an executor that is large
enough for a hundred routers at once, messages that are bound to a resource, and errors in one sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc

from onprem.errors import OnPremisesError
from onprem.process import leave_no_core_file
from onprem.provider.adapter import RouterProvider
from onprem.provider.engine import EngineLog, HalfDoneError
from onprem.provider.schema import VERSION
from onprem.resource.settings import AT_ONCE

_LOOK_FOR_ENGINE = 2.0
"""Seconds between two looks whether the engine, the parent process, is still there."""
ResultT = TypeVar("ResultT")


def _in_one_sentence(
    call: Callable[..., Coroutine[Any, Any, ResultT]],
) -> Callable[..., Coroutine[Any, Any, ResultT]]:
    """Turn our errors into the call's status; of others only the kind is told: their text may hold a key."""

    @wraps(call)
    async def answer(servicer: object, request: object, context: Any) -> ResultT:  # noqa: ANN401 (gRPC's)
        metadata: tuple[tuple[str, bytes], ...] = ()
        try:
            return await call(servicer, request, context)
        except HalfDoneError as error:
            says, code, metadata = str(error), grpc.StatusCode.FAILED_PRECONDITION, error.metadata()
        except OnPremisesError as error:
            says, code = str(error), grpc.StatusCode.FAILED_PRECONDITION
        except NotImplementedError as error:
            says, code = str(error), grpc.StatusCode.UNIMPLEMENTED
        except Exception as error:  # noqa: BLE001 (the last place before the engine prints it)
            says, code = f"defect in the iosxe provider: {_where(error)}", grpc.StatusCode.INTERNAL
        await context.abort(code, says, metadata)
        raise AssertionError("abort does not return")

    return answer


class Servicer(ProviderServicer):
    """The SDK's server, with `Attach` and with errors for people."""

    def __init__(self, engine: EngineLog) -> None:
        self._engine = engine
        super().__init__([], VERSION, RouterProvider(engine), engine.address)

    async def cancel(self) -> None:
        """Has running pushes undone."""
        await self._provider.cancel()

    async def Attach(self, request: plugin_pb2.PluginAttach, context: object) -> empty_pb2.Empty:  # noqa: N802
        """Tells a provider that was started by hand (PULUMI_DEBUG_PROVIDERS) where the engine is."""
        del context
        self._engine.address = self._engine_address = request.address
        return empty_pb2.Empty()

    Check = _in_one_sentence(ProviderServicer.Check)
    Diff = _in_one_sentence(ProviderServicer.Diff)
    Create = _in_one_sentence(ProviderServicer.Create)
    Read = _in_one_sentence(ProviderServicer.Read)
    Update = _in_one_sentence(ProviderServicer.Update)
    Delete = _in_one_sentence(ProviderServicer.Delete)
    Configure = _in_one_sentence(ProviderServicer.Configure)
    Invoke = _in_one_sentence(ProviderServicer.Invoke)
    Construct = _in_one_sentence(ProviderServicer.Construct)
    Call = _in_one_sentence(ProviderServicer.Call)
    Parameterize = _in_one_sentence(ProviderServicer.Parameterize)


def main() -> None:
    """Serve until the engine ends the process: prints the port, as the engine expects."""
    leave_no_core_file()
    parent = os.getppid()
    address = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    with contextlib.suppress(KeyboardInterrupt):  # the engine cancels first, and waits
        asyncio.run(_serve(EngineLog(address), parent))


async def _serve(engine: EngineLog, parent: int) -> None:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="router") as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        servicer = Servicer(engine)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        orphaned = asyncio.create_task(_stop_without_engine(parent, server, servicer))
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await server.wait_for_termination()
        orphaned.cancel()


async def _stop_without_engine(engine: int, server: grpc.aio.Server, servicer: Servicer) -> None:
    """End after the engine ended without a word: a running push is undone, as nobody will remember it."""
    while os.getppid() == engine:  # noqa: ASYNC110 (nothing tells of a parent's end)
        await asyncio.sleep(_LOOK_FOR_ENGINE)
    await servicer.cancel()
    await server.stop(grace=None)


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} in {Path(code.co_filename).name}, {code.co_name}, line {trace.tb_lineno}"
