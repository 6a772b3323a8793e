"""Runs an emulated Azure, and speaks to it with Azure's own client for Python."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient

from lab.azure.server import AzureServer

TENANT = "11111111-1111-1111-1111-111111111111"
GROUP = "interoperability"
OTHER_SUBSCRIPTION = "00000000-0000-0000-0000-000000000002"
START_TIMEOUT = 30


@contextmanager
def run_server(directory: Path, **options: Any) -> Iterator[AzureServer]:
    """An emulated Azure in a thread of its own, so that a client may block."""
    server = AzureServer(directory, **options)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(START_TIMEOUT)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(START_TIMEOUT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_TIMEOUT)
        loop.close()


@dataclass
class Azure:
    """Azure's client, and short words for what these tests do with it."""

    server: AzureServer
    client: NetworkManagementClient

    @property
    def root(self) -> str:
        return f"https://{self.server.endpoint}"

    def id(self, path: str, group: str = GROUP, subscription: str | None = None) -> str:
        """The id of a network resource such as `virtualNetworks/hub` or `virtualNetworks/hub/subnets/a`."""
        start = f"/subscriptions/{subscription or self.server.subscription}/resourceGroups/{group}"
        return f"{start}/providers/Microsoft.Network/{path}" if path else start

    def ref(self, path: str) -> dict[str, str]:
        return {"id": self.id(path)}

    def send(self, method: str, path: str, body: Any = None, version: str = "2024-05-01") -> HttpResponse:
        """One request, as it is, through the client's own pipeline."""
        address = f"{self.root}{path}{'&' if '?' in path else '?'}api-version={version}"
        return self.client.send_request(HttpRequest(method, address, json=body))

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """Create or update a resource, and wait for it as Azure's clients do."""
        answer = self.send("PUT", self.id(path), body)
        if answer.status_code >= 400:
            raise HttpResponseError(response=answer)
        self.wait(answer)
        return self.get(path)

    def delete(self, path: str) -> None:
        answer = self.send("DELETE", self.id(path))
        if answer.status_code >= 400:
            raise HttpResponseError(response=answer)
        self.wait(answer)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.send("GET", self.id(path))
        if answer.status_code >= 400:
            raise HttpResponseError(response=answer)
        shown: dict[str, Any] = answer.json()
        return shown

    def wait(self, answer: HttpResponse) -> None:
        where = answer.headers.get("Azure-AsyncOperation")
        while where and self.client.send_request(HttpRequest("GET", where)).json()["status"] == "InProgress":
            pass

    def lab(self, method: str, path: str, body: Any = None) -> HttpResponse:
        return self.client.send_request(HttpRequest(method, f"{self.root}/lab/{path}", json=body))


def connect(server: AzureServer, subscription: str | None = None) -> Azure:
    """Log in to an emulated Azure as Azure's clients do, with no hint but its address and certificate."""
    root, certificate = f"https://{server.endpoint}", str(server.certificate)
    credential = ClientSecretCredential(
        TENANT,
        "client",
        "client-secret",
        authority=root,
        disable_instance_discovery=True,
        connection_verify=certificate,
    )
    client = NetworkManagementClient(
        credential,
        subscription or server.subscription,
        base_url=root,
        credential_scopes=[f"{root}/.default"],
        connection_verify=certificate,
        api_version="2024-05-01",
        polling_interval=0,
    )
    return Azure(server, client)


def add_group(azure: Azure) -> Azure:
    answer = azure.send("PUT", azure.id(""), {"location": "eastus"}, version="2024-03-01")
    assert answer.status_code == 201
    return azure


class Starter:
    """Starts an emulated Azure, on one directory however often; there is one at a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running = ExitStack()

    def __call__(self, **options: Any) -> AzureServer:
        self.stop()
        return self._running.enter_context(run_server(self.directory, **options))

    def connect(self, **options: Any) -> Azure:
        return connect(self(**options))

    def stop(self) -> None:
        self._running.close()


def refused(action: Callable[[], Any]) -> tuple[str, str]:
    """The code of a refusal, and the rule that its message ends with."""
    with pytest.raises(HttpResponseError) as caught:
        action()
    error = caught.value.error
    assert error is not None
    message = error.message or ""
    return str(error.code), message.rpartition("(")[2].rstrip(")") if message.endswith(")") else ""
