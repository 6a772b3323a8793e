"""A stand-in for the azure-native provider plugin, for as long as Azure is an emulated one.

It does what the real provider (3.29.0) does with these resource types, as far as its source tells: names,
validation, replacement, polling, the projection of what a refresh finds, and what it leaves behind when Azure
fails or the engine is interrupted. It never speaks to the real Azure.
Simplified: no autonaming of children by configuration.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.rpc import UNKNOWN

from lab.azure.answering import InitFailedError, Interruptible, Unanswerable, refusing
from lab.azure.arm_client import ArmClient, ArmError, Unfinished, environment_client
from lab.azure.checking import find_failures, set_name
from lab.azure.comparison import compare
from lab.azure.conversion import (
    JsonObject,
    from_struct,
    from_wire,
    planned_outputs,
    to_struct,
    to_wire,
    with_drift,
    writable,
)
from lab.azure.schema import ResourceType, find_function, find_type
from lab.azure.stand_in import StandIn

_CLIENT_CONFIG = "azure-native:authorization:getClientConfig"

_STABLE = ("name", "location")
"""Outputs that no update changes; any other that is no input is unknown in its preview."""


@dataclass(slots=True)
class _Configured:
    client: ArmClient
    location: str | None


class AzureNative(Interruptible, StandIn):
    """Serves every provider instance of every engine that attaches; connections tell them apart."""

    version = "3.29.0"

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__()
        self._environment = environment
        self._configured: dict[str, _Configured] = {}
        self._clients: dict[str, ArmClient] = {}

    async def close(self) -> None:
        """Give up the connections to Azure."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    async def Handshake(self, request: Any, context: Any) -> Any:
        """Agree on what travels: neither secrets nor outputs are marked."""
        del request, context
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    @refusing
    async def Configure(self, request: Any, context: Any) -> Any:
        """Find the emulated Azure, or refuse."""
        settings = {**dict(request.variables), **from_struct(request.args)}
        settings = {key.rsplit(":", 1)[-1]: value for key, value in settings.items()}
        subscription = settings.get("subscriptionId", "")
        try:
            client = self._clients.get(subscription) or environment_client(subscription, self._environment)
        except LookupError as error:
            raise Unanswerable(str(error)) from None
        self._clients[subscription] = client
        self._configured[context.peer()] = _Configured(client, settings.get("location"))
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    @refusing
    async def Check(self, request: Any, context: Any) -> Any:
        """Fill in names and locations, and find what is missing or of a wrong type."""
        resource = _type(request.urn)
        old, inputs = from_struct(request.olds), from_struct(request.news)
        set_name(inputs, old, resource, request)
        if "location" in resource.inputs.properties and not inputs.get("location"):
            location = old.get("location") or await self._default_location(inputs, resource, context)
            if location:
                inputs["location"] = location
        inputs.setdefault("azureApiVersion", resource.api_version)
        failures = [
            provider_pb2.CheckFailure(property=property_, reason=reason)
            for property_, reason in find_failures(inputs, resource)
        ]
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=failures)

    async def _default_location(self, inputs: JsonObject, resource: ResourceType, context: Any) -> str | None:
        configured = self._configured[context.peer()]
        if configured.location:
            return configured.location
        group = inputs.get("resourceGroupName")
        if "resources:" in resource.token or not group or group == UNKNOWN:
            return UNKNOWN if group == UNKNOWN else None
        path = f"/subscriptions/{configured.client.subscription}/resourcegroups/{group}"
        found = await configured.client.read(path, "2020-10-01")
        return str(found["location"]) if found else None

    @refusing
    async def Diff(self, request: Any, context: Any) -> Any:
        """Compare old inputs with new ones."""
        del context
        resource = _type(request.urn)
        old = from_struct(request.old_inputs)
        if version := from_struct(request.olds).get("azureApiVersion"):
            old.setdefault("azureApiVersion", version)  # what was imported has none among its inputs
        return compare(old, from_struct(request.news), resource)

    @refusing
    async def Create(self, request: Any, context: Any) -> Any:
        """Create what is not there yet."""
        resource = _type(request.urn)
        inputs = from_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=to_struct(_planned(inputs, resource)))
        client = self._configured[context.peer()].client
        path = _path(resource, inputs, client.subscription)
        if await client.read(path, resource.api_version) is not None:
            raise Unanswerable(f"cannot create already existing resource '{path}'")
        body = to_wire(inputs, resource.inputs)
        for children in resource.kept_children:
            body.setdefault("properties", {}).setdefault(children, [])
        found = await _write(client, path, body, resource, request.properties)
        outputs = _outputs(found, resource)
        return provider_pb2.CreateResponse(id=found["id"], properties=to_struct(outputs))

    @refusing
    async def Read(self, request: Any, context: Any) -> Any:
        """Find what has become of a resource; an empty answer says that it is gone."""
        resource = _type(request.urn)
        client = self._configured[context.peer()].client
        found = await client.read(request.id, resource.api_version)
        if found is None:
            return provider_pb2.ReadResponse(id="")
        outputs = _outputs(found, resource)
        inputs = _refreshed_inputs(request, outputs, resource)
        return provider_pb2.ReadResponse(
            id=found["id"], properties=to_struct(outputs), inputs=to_struct(inputs)
        )

    @refusing
    async def Update(self, request: Any, context: Any) -> Any:
        """Replace a resource's properties, keeping children that the inputs do not mention."""
        resource = _type(request.urn)
        inputs = from_struct(request.news)
        if request.preview:
            old = from_struct(request.olds)
            stable = {name: old[name] for name in _STABLE if name in old}
            return provider_pb2.UpdateResponse(properties=to_struct(_planned(inputs, resource) | stable))
        client = self._configured[context.peer()].client
        body = to_wire(inputs, resource.inputs)
        await _keep_children(client, request.id, body, resource)
        found = await _write(client, request.id, body, resource, request.news)
        return provider_pb2.UpdateResponse(properties=to_struct(_outputs(found, resource)))

    @refusing
    async def Delete(self, request: Any, context: Any) -> Any:
        """Delete a resource that may be gone already."""
        resource = _type(request.urn)
        client = self._configured[context.peer()].client
        await client.delete(request.id, resource.api_version)
        return Empty()

    @refusing
    async def Invoke(self, request: Any, context: Any) -> Any:
        """Read a resource that the stack does not own."""
        if request.tok == _CLIENT_CONFIG:
            client = self._configured[context.peer()].client
            return provider_pb2.InvokeResponse(**{"return": to_struct(client.identity)})
        resource = find_function(request.tok)
        if resource is None:
            raise Unanswerable(f"the stand-in for azure-native has no function {request.tok}")
        arguments = from_struct(request.args)
        client = self._configured[context.peer()].client
        path = _path(resource, arguments, client.subscription)
        found = await client.read(path, resource.api_version)
        if found is None:
            raise ArmError(404, {"code": "ResourceNotFound", "message": f"'{path}' was not found"})
        return provider_pb2.InvokeResponse(**{"return": to_struct(_outputs(found, resource))})


def _type(urn: str) -> ResourceType:
    token = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
    resource = find_type(token)
    if resource is None:
        raise Unanswerable(f"the stand-in for azure-native has no resource {token}")
    return resource


def _path(resource: ResourceType, inputs: Mapping[str, Any], subscription: str) -> str:
    parameters = {name: inputs[name] for name in resource.path_parameters}
    return resource.path.format(subscriptionId=subscription, **parameters)


async def _write(
    client: ArmClient, path: str, body: JsonObject, resource: ResourceType, inputs: Struct
) -> JsonObject:
    """Write a resource; what Azure does not finish is kept in the state as far as it has come."""
    sent = from_struct(inputs)
    query = {name: str(sent[name]) for name in resource.query_parameters if sent.get(name)}
    body = {name: value for name, value in body.items() if name not in resource.query_parameters}
    try:
        return await client.write(path, resource.api_version, body, query)
    except Unfinished as error:
        found = None if error.given_up else await client.read(path, resource.api_version)
        raise InitFailedError(
            resource_id=path,
            reason=str(error),
            properties=to_struct(_outputs(found, resource)) if found else None,
            inputs=inputs,
        ) from None


def _outputs(found: JsonObject, resource: ResourceType) -> JsonObject:
    return {**from_wire(found, resource.outputs), "azureApiVersion": resource.api_version}


def _planned(inputs: JsonObject, resource: ResourceType) -> JsonObject:
    planned = planned_outputs(inputs, resource.outputs)
    planned["azureApiVersion"] = resource.api_version
    name = inputs.get(resource.path_parameters[-1])
    if name and name != UNKNOWN:
        planned["name"] = name
    return planned


def _refreshed_inputs(request: Any, outputs: JsonObject, resource: ResourceType) -> JsonObject:
    inputs = from_struct(request.inputs)
    new = writable(outputs, resource.inputs)
    if not inputs:  # an import: all that can be set, and the names from the id
        return {**new, **_names(outputs["id"], resource)}
    old = writable(from_struct(request.properties), resource.inputs)
    for children in resource.kept_children:
        if children not in inputs:
            old.pop(children, None)
            new.pop(children, None)
    old.pop("id", None)
    new.pop("id", None)
    return with_drift(inputs, old, new)


def _names(resource_id: str, resource: ResourceType) -> JsonObject:
    """Take a resource's path parameters out of its id."""
    pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", resource.path)
    found = re.fullmatch(pattern, resource_id, re.IGNORECASE)
    return {name: found[name] for name in resource.path_parameters} if found else {}


async def _keep_children(client: ArmClient, path: str, body: JsonObject, resource: ResourceType) -> None:
    """Add to an update the children that Azure has and the inputs do not mention; Azure would drop them."""
    if not resource.kept_children:
        return
    current = await client.read(path, resource.api_version) or {}
    properties = body.setdefault("properties", {})
    for children in resource.kept_children:
        if children not in properties and children in current.get("properties", {}):
            properties[children] = current["properties"][children]
