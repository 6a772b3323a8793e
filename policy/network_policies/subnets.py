"""Subnets, written as resources of their own or inside their VNet, and which of them a gateway stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, ip_network

from network_policies.resource import NotProvenError, Path, Resource, spell
from network_policies.stack import Stack, Target
from network_policies.values import reveal

SUBNET = "azure-native:network:Subnet"
VIRTUAL_NETWORK = "azure-native:network:VirtualNetwork"
GATEWAY = "azure-native:network:VirtualNetworkGateway"
GATEWAY_SUBNET = "GatewaySubnet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet, wherever it is written."""

    name: str
    network: Target
    """The VNet it belongs to."""
    resource: Resource | None
    """What holds it: a Subnet or a VirtualNetwork; None outside the stack."""
    path: tuple[str | int, ...] = ()
    """Where it stands in that resource."""

    def prefixes(self) -> tuple[IPv4Network, ...]:
        """Return its IPv4 prefixes. Raises NotProvenError if they are not known, or outside the stack."""
        if self.resource is None:
            raise NotProvenError(f"addressPrefix of {self.name} in {self.network.name}, not in this stack")
        several = self.resource.elements(*self.path, "addressPrefixes")
        texts = several or (self.resource.read(*self.path, "addressPrefix"),)
        return tuple(prefix for text in texts if isinstance(prefix := _prefix(reveal(text)), IPv4Network))


def _prefix(text: object) -> object:
    try:
        return ip_network(str(text), strict=False)
    except ValueError:
        return None


def gateway_subnet(stack: Stack, gateway: Resource) -> Subnet:
    """Find the subnet that a gateway's IP configurations name; Azure wants all of them to name one.

    Raises:
        NotProvenError: It is not known yet, and the engine recorded no dependency on it.
    """
    return subnet_at(stack, gateway, ("ipConfigurations", 0, "subnet", "id"), GATEWAY_SUBNET)


def subnet_at(stack: Stack, resource: Resource, path: Path, name: str) -> Subnet:
    """Find the subnet that a property refers to; `name` tells which one of a VNet's, while the id is unknown.

    Raises:
        NotProvenError: It is not known yet, and the engine recorded no dependency on it.
    """
    subnet_id = reveal(resource.peek(*path))
    if isinstance(subnet_id, str):
        return subnet_by_id(stack, subnet_id)
    resources = tuple(stack.dependencies(resource, path, SUBNET))
    if len(resources) == 1:
        return own_subnet(stack, resources[0])
    inline = [
        subnet
        for network in stack.dependencies(resource, path, VIRTUAL_NETWORK)
        for subnet in inline_subnets(network)
        if subnet.name == name
    ]
    if len(inline) != 1:
        raise NotProvenError(f"{spell(path)} of {resource.name} is not known yet")
    return inline[0]


@dataclass(frozen=True, slots=True)
class StandingGateways:
    """A stack's gateways by the key of the VNet that they stand in."""

    by_network: Mapping[str, tuple[Resource, ...]]
    unknown: tuple[str, ...]
    """Why the VNet of another one is not known yet."""


@lru_cache(maxsize=2)
def standing_gateways(stack: Stack) -> StandingGateways:
    """Return where a stack's gateways stand."""
    found: dict[str, list[Resource]] = {}
    unknown: list[str] = []
    for gateway in stack.of(GATEWAY):
        try:
            found.setdefault(gateway_subnet(stack, gateway).network.key, []).append(gateway)
        except NotProvenError as missing:
            unknown.append(missing.what)
    by_network = {network: tuple(gateways) for network, gateways in found.items()}
    return StandingGateways(by_network, tuple(unknown))


def inline_subnets(network: Resource) -> Iterator[Subnet]:
    """Yield the subnets that are written inside a VNet."""
    target = Target(key=network.urn, name=network.name, resource=network)
    for index, _ in enumerate(network.elements("subnets")):
        name = network.text("subnets", index, "name")
        if name is not None:
            yield Subnet(name=name, network=target, resource=network, path=("subnets", index))


def subnet_by_id(stack: Stack, subnet_id: str) -> Subnet:
    """Find a subnet by its id, be it a resource of its own, inside its VNet, or outside the stack."""
    resource = stack.with_id(subnet_id)
    if resource is not None:
        return own_subnet(stack, resource)
    network_id, _, name = re.sub(r"/subnets/", "\n", subnet_id, flags=re.IGNORECASE).partition("\n")
    network = stack.by_id(network_id)
    if network.resource is not None:
        for subnet in inline_subnets(network.resource):
            if subnet.name.casefold() == name.casefold():
                return subnet
    return Subnet(name=name, network=network, resource=None)


def own_subnet(stack: Stack, subnet: Resource) -> Subnet:
    """Return what a subnet of its own is. Raises NotProvenError if its name or its VNet is not known yet."""
    return Subnet(
        name=subnet_name(subnet),
        network=stack.owner(subnet, VIRTUAL_NETWORK, "virtualNetworkName"),
        resource=subnet,
    )


def subnet_name(subnet: Resource) -> str:
    """Return a subnet's name in Azure. Raises NotProvenError if Azure's provider has yet to make one up."""
    name = subnet.text("subnetName") or subnet.text("name")
    if name is None:
        raise NotProvenError(f"subnetName of {subnet.name} is not set")
    return name
