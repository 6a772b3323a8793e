"""How a stand-in for a plugin answers when something goes wrong, or the engine is interrupted."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

from lab.azure.arm_client import ArmError


class Unanswerable(Exception):  # noqa: N818  a request's end, not a mistake of ours
    """What the stand-in cannot do for a program; the message is shown to its user."""


class InitFailedError(Exception):
    """A resource is there, but not as it should be: the engine keeps it, and the next update tries again."""

    def __init__(self, *, resource_id: str, reason: str, properties: Struct | None, inputs: Struct) -> None:
        super().__init__(reason)
        self.details = provider_pb2.ErrorResourceInitFailed(
            id=resource_id, properties=properties, reasons=[reason], inputs=inputs
        )

    def as_trailer(self) -> tuple[tuple[str, bytes]]:
        """Return the details as gRPC carries them."""
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(self))
        status.details.add().Pack(self.details)
        return (("grpc-status-details-bin", status.SerializeToString()),)


Method = Callable[[Any, Any, Any], Awaitable[Any]]


class Interruptible:
    """Keeps account of what is under way for each engine, and gives it up when that engine says so.

    As with the real plugin, Azure then goes on by itself.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, set[asyncio.Task[Any]]] = {}

    async def Cancel(self, request: Any, context: Any) -> Any:
        """Give up what is under way."""
        del request
        for task in self._under_way.get(context.peer(), ()):
            task.cancel()
        return Empty()

    async def run(self, context: Any, work: Awaitable[Any]) -> Any:
        """Do what an engine may give up. Raises Unanswerable if it does before anything came of it."""
        task = asyncio.ensure_future(work)
        tasks = self._under_way.setdefault(context.peer(), set())
        tasks.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if (current := asyncio.current_task()) is not None and current.cancelling():
                task.cancel()  # the engine itself is gone
                raise
            raise Unanswerable("context canceled") from None
        finally:
            tasks.discard(task)


def refusing(method: Method) -> Method:
    """Let a method take as long as its request allows, and turn refusals into the request's error."""

    @functools.wraps(method)
    async def answer(self: Interruptible, request: Any, context: Any) -> Any:
        try:
            return await self.run(context, _in_time(method(self, request, context), request))
        except InitFailedError as error:
            context.set_trailing_metadata(error.as_trailer())
            message = str(error)
        except TimeoutError:
            message = "Azure did not finish in the time that the resource allows (customTimeouts)"
        except (ArmError, ConnectionError, Unanswerable) as error:
            message = str(error)
        return await context.abort(grpc.StatusCode.UNKNOWN, message)

    return answer


async def _in_time(work: Awaitable[Any], request: Any) -> Any:
    async with asyncio.timeout(getattr(request, "timeout", 0.0) or None):
        return await work
