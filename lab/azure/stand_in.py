"""What every stand-in for a provider plugin answers alike."""

from __future__ import annotations

from typing import Any, ClassVar

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """A plugin that runs already and that engines attach to."""

    version: ClassVar[str]
    """Of the real plugin that it stands in for."""

    async def Attach(self, request: Any, context: Any) -> Any:
        """Let an engine use this running plugin."""
        del request, context
        return Empty()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Say which version this stands in for."""
        del request, context
        return plugin_pb2.PluginInfo(version=self.version)

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        """Take any configuration."""
        del context
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        """Keep resources when the provider's configuration changes."""
        del request, context
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Cancel(self, request: Any, context: Any) -> Any:
        """Let what is under way come to its end, as the real plugins do: Azure would not stop either."""
        del request, context
        return Empty()
