"""What each azure-native resource type looks like, and where its properties stand on the wire.

Read from the two public SDKs at run time: names, types and required properties from `pulumi_azure_native`;
wire names and what is read-only from `azure-mgmt-network`, whose models have the same names.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import azure.mgmt.network.models as wire_models
import pulumi
import pulumi_azure_native.network as network_sdk
import pulumi_azure_native.resources as resources_sdk
from pulumi import _types as sdk_types

_NETWORK = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/"
PATHS = {
    "resources:ResourceGroup": "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}",
    "network:ExpressRouteCircuit": f"{_NETWORK}expressRouteCircuits/{{circuitName}}",
    "network:ExpressRouteCircuitAuthorization": (
        f"{_NETWORK}expressRouteCircuits/{{circuitName}}/authorizations/{{authorizationName}}"
    ),
    "network:ExpressRouteCircuitConnection": (
        f"{_NETWORK}expressRouteCircuits/{{circuitName}}/peerings/{{peeringName}}/connections/{{connectionName}}"
    ),
    "network:ExpressRouteCircuitPeering": (
        f"{_NETWORK}expressRouteCircuits/{{circuitName}}/peerings/{{peeringName}}"
    ),
    "network:LocalNetworkGateway": f"{_NETWORK}localNetworkGateways/{{localNetworkGatewayName}}",
    "network:PublicIPAddress": f"{_NETWORK}publicIPAddresses/{{publicIpAddressName}}",
    "network:RouteTable": f"{_NETWORK}routeTables/{{routeTableName}}",
    "network:Subnet": f"{_NETWORK}virtualNetworks/{{virtualNetworkName}}/subnets/{{subnetName}}",
    "network:VirtualNetwork": f"{_NETWORK}virtualNetworks/{{virtualNetworkName}}",
    "network:VirtualNetworkGateway": f"{_NETWORK}virtualNetworkGateways/{{virtualNetworkGatewayName}}",
    "network:VirtualNetworkGatewayConnection": (
        f"{_NETWORK}connections/{{virtualNetworkGatewayConnectionName}}"
    ),
    "network:VirtualNetworkPeering": (
        f"{_NETWORK}virtualNetworks/{{virtualNetworkName}}/virtualNetworkPeerings/{{virtualNetworkPeeringName}}"
    ),
}
"""Where each supported type lives in Azure Resource Manager."""

_QUERY_PARAMETERS = {"network:VirtualNetworkPeering": ("syncRemoteAddressSpace",)}
"""Inputs that go into the address of a write, not into its body."""

_MUST_REPLACE = {
    "resources:ResourceGroup": {"location"},
    "network:VirtualNetwork": {"location"},
    "network:PublicIPAddress": {"location", "publicIPAddressVersion", "publicIPPrefix", "sku"},
}
"""Properties that the real provider replaces a resource for, beside every path parameter."""

_KEPT_CHILDREN = re.compile(
    r":param [^:]* (\w+): (?:(?!:param)[\s\S])*?also available as standalone resources"
)
"""How the SDK describes a list of children that can be resources of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property: its place on the wire below its object, and what it holds."""

    wire: tuple[str, ...]
    kind: type | None
    """str, int, float, bool, list or dict; None if anything may stand there."""
    item: type | None = None
    """The SDK's class of the object, or of the objects in the list."""

    @property
    def shape(self) -> Shape | None:
        """The shape of that class, read when asked for: some classes hold themselves."""
        return None if self.item is None else _shape(self.item, _model_name(self.item))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The properties of an object, by their names in Pulumi."""

    properties: Mapping[str, Property]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One resource type of azure-native."""

    token: str
    path: str
    api_version: str
    inputs: Shape
    outputs: Shape
    must_replace: frozenset[str]
    kept_children: tuple[str, ...] = ()
    """Lists of children that the real provider fills in, on an update, with those that are there."""
    query_parameters: tuple[str, ...] = ()
    """Inputs that are parameters of the write itself; Azure never returns them."""
    path_parameters: tuple[str, ...] = field(default=())
    """Without the subscription's; the last one is the resource's name."""


def find_type(token: str) -> ResourceType | None:
    """Return a type by its token, such as `azure-native:network:Subnet`; None if the stand-in lacks it."""
    name = token.removeprefix("azure-native:")
    return _resource_type(name) if name in PATHS else None


def find_function(token: str) -> ResourceType | None:
    """Return the type that a token such as `azure-native:network:getSubnet` reads."""
    module, _, name = token.removeprefix("azure-native:").partition(":get")
    return find_type(f"azure-native:{module}:{name}")


@cache
def _resource_type(name: str) -> ResourceType:
    module, _, class_name = name.partition(":")
    sdk = network_sdk if module == "network" else resources_sdk
    resource = getattr(sdk, class_name)
    arguments = getattr(sdk, f"{class_name}InitArgs", None) or getattr(sdk, f"{class_name}Args")
    parameters = tuple(re.findall(r"{(\w+)}", PATHS[name]))[1:]
    documented = "".join(overload.__doc__ or "" for overload in typing.get_overloads(resource.__init__))
    version = re.search(r"Azure REST API version (\d{4}-\d{2}-\d{2}(?:-preview)?)", documented)
    assert version is not None, f"the SDK names the API version of {class_name}"
    return ResourceType(
        token=f"azure-native:{name}",
        path=PATHS[name],
        api_version=version[1],
        inputs=_shape(arguments, class_name, without=frozenset(parameters)),
        outputs=_output_shape(resource, class_name),
        must_replace=frozenset(parameters) | _MUST_REPLACE.get(name, set()),
        kept_children=tuple(
            sdk_types.input_type_py_to_pulumi_names(arguments).get(child, child)
            for child in _KEPT_CHILDREN.findall(documented)
        ),
        query_parameters=_QUERY_PARAMETERS.get(name, ()),
        path_parameters=parameters,
    )


def _output_shape(resource: type, model: str) -> Shape:
    own = {
        name: kind for name, kind in sdk_types.resource_types(resource).items() if name != "azureApiVersion"
    }
    return Shape(properties=_properties({"id": str, **own}, model))


@cache
def _shape(cls: type, model: str, without: frozenset[str] = frozenset()) -> Shape:
    """Read an input or output class of the SDK; its wire names are those of the model of that name."""
    if sdk_types.is_input_type(cls):
        kinds = sdk_types.input_type_types(cls)
        names = sdk_types.input_type_py_to_pulumi_names(cls)
    else:
        kinds = sdk_types.output_type_types(cls)
        names = {}
    signature = inspect.signature(cls).parameters.values()
    required = {names.get(p.name, p.name) for p in signature if p.default is inspect.Parameter.empty}
    wanted = {name: kind for name, kind in kinds.items() if name not in without}
    return Shape(properties=_properties(wanted, model), required=frozenset(required - without))


def _properties(kinds: Mapping[str, Any], model: str) -> dict[str, Property]:
    places = _wire_places(model)
    found = {}
    for name, annotation in kinds.items():
        kind, item = _kind(annotation)
        found[name] = Property(wire=places.get(name.lower(), (name,)), kind=kind, item=item)
    return found


def _model_name(cls: type) -> str:
    return re.sub(r"(InitArgs|Args|Response|ResponseResult)$", "", cls.__name__)


@cache
def _wire_places(model: str) -> dict[str, tuple[str, ...]]:
    """Return the wire path of each property of a model, by its name in lower case."""
    cls = getattr(wire_models, model, None)
    if cls is None:
        return {"provisioningstate": ("properties", "provisioningState")} if model == "ResourceGroup" else {}
    places: dict[str, tuple[str, ...]] = {}
    fields = _fields(cls)
    if nested := fields.get("properties"):
        for name in _fields(nested):
            places[name.lower()] = ("properties", name)
    places |= {name.lower(): (name,) for name in fields if name != "properties"}
    return places


def _fields(cls: type) -> dict[str, type | None]:
    """Return a model's wire names, with the nested model where there is one."""
    fill: Any = cls.__new__
    fill(cls)  # the SDK fills _attr_to_rest_field with a class's first object
    fields = cls._attr_to_rest_field  # type: ignore[attr-defined]  # of the SDK's own base class
    return {rest._rest_name: _nested(cls, attribute) for attribute, rest in fields.items()}  # noqa: SLF001


def _nested(cls: type, attribute: str) -> type | None:
    """Return the model that an attribute called `properties` holds."""
    if attribute != "properties":
        return None
    for base in cls.__mro__:
        annotation = str(inspect.get_annotations(base).get(attribute, ""))
        if found := re.search(r"_models\.(\w+)", annotation):
            return getattr(wire_models, found[1], None)
    return None


def _kind(annotation: Any) -> tuple[type | None, type | None]:  # noqa: ANN401 (an annotation)
    """Return what an annotation holds, and the class of its objects, if it has one."""
    annotation = _without_wrappers(annotation)
    origin = typing.get_origin(annotation)
    if origin is not None and issubclass(origin, typing.Sequence):
        return list, _kind(typing.get_args(annotation)[0])[1]
    if origin is not None and issubclass(origin, Mapping):
        return dict, None
    if isinstance(annotation, type):
        if sdk_types.is_input_type(annotation) or sdk_types.is_output_type(annotation):
            return dict, annotation
        for plain in (bool, int, float, str):
            if issubclass(annotation, plain):
                return plain, None
    return None, None


def _without_wrappers(annotation: Any) -> Any:  # noqa: ANN401 (an annotation)
    """Return the plain type of Optional, Union with an enum, Awaitable and Output."""
    while typing.get_origin(annotation) in (typing.Union, types.UnionType):
        plain = [
            option
            for option in typing.get_args(annotation)
            if option is not type(None) and typing.get_origin(option) not in _WAITING
        ]
        annotation = plain[0] if plain else None
    return annotation


_WAITING = (typing.get_origin(typing.Awaitable[str]), pulumi.Output)
