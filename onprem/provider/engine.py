"""What is said to the engine: messages about a resource, and a failure that left something behind."""

from __future__ import annotations

import sys

import grpc
import grpc.aio
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, status_pb2

from onprem.provider.properties import Properties
from onprem.resource.results import Message, Severity


class EngineLog:
    """The engine's log, which shows a message with the resource it is about."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def say(self, message: Message, urn: str) -> None:
        """Shows a message."""
        severity = {Severity.INFO: engine_pb2.INFO, Severity.WARNING: engine_pb2.WARNING}[message.severity]
        request = engine_pb2.LogRequest(severity=severity, message=message.text, urn=urn)
        async with grpc.aio.insecure_channel(self.address, options=_GRPC_CHANNEL_OPTIONS) as channel:
            try:
                await engine_pb2_grpc.EngineStub(channel).Log(request)
            except grpc.aio.AioRpcError:  # no engine listens: what is said must not get lost
                sys.stderr.write(f"{message.severity}: {message.text}\n")


class HalfDoneError(Exception):
    """A resource that failed after it had changed something: the engine remembers its state all the same."""

    def __init__(self, resource_id: str, properties: Properties, inputs: Properties, why: str) -> None:
        super().__init__(why)
        self._detail = provider_pb2.ErrorResourceInitFailed(
            id=resource_id,
            properties=PropertyValue.marshal_map(dict(properties)),
            inputs=PropertyValue.marshal_map(dict(inputs)),
            reasons=[why],
        )

    def metadata(self) -> tuple[tuple[str, bytes], ...]:
        """The failure as gRPC carries it beside the status."""
        status = status_pb2.Status(code=grpc.StatusCode.FAILED_PRECONDITION.value[0], message=str(self))
        status.details.add().Pack(self._detail)
        return (("grpc-status-details-bin", status.SerializeToString()),)
