"""GatewaySubnet: its exact name, room for what stands in it, and what may not be there."""

from __future__ import annotations

from collections.abc import Iterator

from network_policies.attachments import attachments
from network_policies.azure_types import GATEWAY, NETWORK_INTERFACE, PRIVATE_ENDPOINT
from network_policies.pages import EXPRESSROUTE_GATEWAYS as GATEWAYS
from network_policies.pages import VPN_SETTINGS
from network_policies.resource import Path, Resource, spell
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import Target
from network_policies.subnets import (
    GATEWAY_SUBNET,
    SUBNET,
    VIRTUAL_NETWORK,
    gateway_subnet,
    inline_subnets,
    subnet_name,
)

_FOR_EXPRESSROUTE, _FOR_MANY_CIRCUITS, _FOR_VPN = 27, 26, 29
_MANY_CIRCUITS = 16


def _type(gateway: Resource) -> str:
    return (gateway.text("gatewayType") or "").casefold()


def _subnet_of_gateway_named(case: Case) -> Findings:
    subnet = gateway_subnet(case.stack, case.resource)
    if subnet.name != GATEWAY_SUBNET:
        yield Finding(
            wrong=f"{case.resource.name} stands in a subnet named {subnet.name}",
            mend=f"Set ipConfigurations[0].subnet.id to that of a subnet named {GATEWAY_SUBNET}",
        )


def _subnet_misspelt(case: Case) -> Findings:
    """Find what is meant for a gateway by its name, and is none by a letter."""
    if case.resource.kind == SUBNET:
        names = [subnet_name(case.resource)] if _is_named(case.resource) else []
    else:
        names = [subnet.name for subnet in inline_subnets(case.resource)]
    for name in names:
        if name != GATEWAY_SUBNET and _letters(name) in _MEANT:
            yield Finding(
                wrong=f"{case.resource.name} has a subnet named {name}, in which no gateway can stand",
                mend=f"Set its name to {GATEWAY_SUBNET}, to the letter",
            )


def _is_named(subnet: Resource) -> bool:
    return subnet.peek("subnetName") is not None or subnet.peek("name") is not None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_MEANT = frozenset({"gatewaysubnet", "gatewaysubnets"})
"""Not `gw-subnet` and its like: that may well be an application gateway's."""


def _subnet_size(case: Case) -> Findings:
    subnet = gateway_subnet(case.stack, case.resource)
    limit, use = _limit(case)
    for prefix in subnet.prefixes():
        if prefix.prefixlen > limit:
            yield Finding(
                wrong=f"{subnet.name} of {subnet.network.name} is {prefix}, too small for {use}",
                mend=f"Set its addressPrefix to a /{limit} or larger",
            )


def _limit(case: Case) -> tuple[int, str]:
    """Return the longest prefix that a gateway accepts, and why."""
    if _type(case.resource) != "expressroute":
        return _FOR_VPN, "a VPN gateway"
    connections = attachments(case.stack).to_gateway.get(case.resource.urn, ())
    circuits = len({connection.circuit.key for connection in connections if connection.circuit})
    if circuits >= _MANY_CIRCUITS:
        return _FOR_MANY_CIRCUITS, f"an ExpressRoute gateway with {circuits} circuits"
    return _FOR_EXPRESSROUTE, "an ExpressRoute gateway"


def _subnet_room(case: Case) -> Findings:
    """Advise room for an ExpressRoute gateway where a VPN gateway stands alone."""
    if _type(case.resource) == "expressroute":
        return
    subnet = gateway_subnet(case.stack, case.resource)
    for prefix in subnet.prefixes():
        if _FOR_EXPRESSROUTE < prefix.prefixlen <= _FOR_VPN:
            yield Finding(
                wrong=f"{subnet.name} of {subnet.network.name} is {prefix}, which leaves no room for an "
                "ExpressRoute gateway beside the VPN gateway",
                mend=f"Set its addressPrefix to a /{_FOR_EXPRESSROUTE} or larger before the gateway is there",
            )


def _security_group(case: Case) -> Findings:
    for path in _gateway_subnet_paths(case.resource):
        if case.resource.peek(*path, "networkSecurityGroup") is not None:
            yield Finding(
                wrong=f"{GATEWAY_SUBNET} in {case.resource.name} has a network security group, which may "
                "stop the gateway",
                mend="Take networkSecurityGroup away; put one on the workloads' subnets",
            )


def _gateway_subnet_paths(resource: Resource) -> Iterator[Path]:
    if resource.kind == SUBNET:
        if _is_named(resource) and subnet_name(resource) == GATEWAY_SUBNET:
            yield ()
    else:
        yield from (subnet.path for subnet in inline_subnets(resource) if subnet.name == GATEWAY_SUBNET)


def _nothing_else(case: Case) -> Findings:
    """Find network interfaces and private endpoints in a GatewaySubnet."""
    resource = case.resource
    paths: list[Path] = [("ipConfigurations", i) for i, _ in enumerate(resource.elements("ipConfigurations"))]
    for path in [()] if resource.kind == PRIVATE_ENDPOINT else paths:
        target = case.stack.target(resource, (*path, "subnet", "id"), SUBNET)
        if target is not None and _is_gateway_subnet(target):
            yield Finding(
                wrong=f"{resource.name} stands in {GATEWAY_SUBNET}, which is for gateways alone",
                mend=f"Set {spell((*path, 'subnet', 'id'))} to another subnet's",
            )


def _is_gateway_subnet(target: Target) -> bool:
    if target.resource is not None and target.resource.kind == SUBNET:
        return subnet_name(target.resource) == GATEWAY_SUBNET
    return target.key.endswith(f"/subnets/{GATEWAY_SUBNET.casefold()}")


RULES = (
    Rule(
        name="gateway-subnet-name",
        level=Level.MANDATORY,
        holds="A gateway stands in a subnet named GatewaySubnet.",
        kinds=(GATEWAY,),
        sources=("GW-2",),
        page=GATEWAYS,
        scope=Scope.STACK,
        check=_subnet_of_gateway_named,
    ),
    Rule(
        name="subnet-gateway-name",
        level=Level.MANDATORY,
        holds="A subnet that is meant for gateways is named GatewaySubnet, to the letter.",
        kinds=(SUBNET, VIRTUAL_NETWORK),
        sources=("GW-2",),
        page=GATEWAYS,
        check=_subnet_misspelt,
    ),
    Rule(
        name="gateway-subnet-size",
        level=Level.MANDATORY,
        holds="A GatewaySubnet is large enough for the gateways in it.",
        kinds=(GATEWAY,),
        sources=("GW-3",),
        page=GATEWAYS,
        scope=Scope.STACK,
        check=_subnet_size,
    ),
    Rule(
        name="gateway-subnet-room",
        level=Level.ADVISORY,
        holds="A GatewaySubnet has room for an ExpressRoute gateway beside a VPN gateway.",
        kinds=(GATEWAY,),
        sources=("GW-3",),
        page=VPN_SETTINGS,
        scope=Scope.STACK,
        check=_subnet_room,
    ),
    Rule(
        name="gateway-subnet-security-group",
        level=Level.MANDATORY,
        holds="No GatewaySubnet has a network security group.",
        kinds=(SUBNET, VIRTUAL_NETWORK),
        sources=("GW-5",),
        page=GATEWAYS,
        check=_security_group,
    ),
    Rule(
        name="gateway-subnet-alone",
        level=Level.MANDATORY,
        holds="Nothing but gateways stands in a GatewaySubnet.",
        kinds=(NETWORK_INTERFACE, PRIVATE_ENDPOINT),
        sources=("GW-2",),
        page=GATEWAYS,
        scope=Scope.STACK,
        check=_nothing_else,
    ),
)
