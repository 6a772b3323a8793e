"""Serves the stand-ins for the azure-native and random plugins, for engines to attach to.

An engine uses them only if `PULUMI_DEBUG_PROVIDERS` names their ports, which the lab's environment does;
nothing is installed, so that they cannot shadow the real plugins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from lab.azure.azure_native import AzureNative
from lab.azure.random_provider import Random

_MAX_MESSAGE = 400 * 1024 * 1024
"""Bytes; what the engine itself allows."""


@asynccontextmanager
async def serve_plugins(
    environment: Mapping[str, str], ports: tuple[int, int] = (0, 0)
) -> AsyncIterator[str]:
    """Serve both while the context lasts; yield the value for `PULUMI_DEBUG_PROVIDERS`.

    Args:
        environment: What the real azure-native reads from its environment (ARM_..., SSL_CERT_FILE).
        ports: On 127.0.0.1, for azure-native and random; 0 for a free one.
    """
    options = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE),
        ("grpc.max_send_message_length", _MAX_MESSAGE),
    ]
    server_options = [*options, ("grpc.so_reuseport", 0)]
    azure_native = AzureNative(environment)
    attached, servers = [], []
    for name, provider, port in (("azure-native", azure_native, ports[0]), ("random", Random(), ports[1])):
        server = grpc.aio.server(options=server_options)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
        attached.append(f"{name}:{server.add_insecure_port(f'127.0.0.1:{port}')}")
        await server.start()
        servers.append(server)
    try:
        yield ",".join(attached)
    finally:
        for server in servers:
            await server.stop(grace=None)
        await azure_native.close()
