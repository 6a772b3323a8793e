"""GatewaySubnet: its exact name, and room for what stands in it."""

from __future__ import annotations

from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import NotProvenError, Resource
from network_policies.subnets import (
    GATEWAY_SUBNET,
    SUBNET,
    VIRTUAL_NETWORK,
    gateway_subnet,
    inline_subnets,
    subnet_name,
)

GATEWAYS = "https://learn.microsoft.com/azure/expressroute/expressroute-about-virtual-network-gateways"
VPN_SETTINGS = "https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-about-vpn-gateway-settings"

GATEWAY = "azure-native:network:VirtualNetworkGateway"
CONNECTION = "azure-native:network:VirtualNetworkGatewayConnection"

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


_MEANT = frozenset(
    {"gatewaysubnet", "gatewaysubnets", "gatewaysnet", "gwsubnet", "subnetgateway", "snetgateway"}
)


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
    circuits = sum(1 for connection in case.stack.of(CONNECTION) if _is_joined(case, connection))
    if circuits >= _MANY_CIRCUITS:
        return _FOR_MANY_CIRCUITS, f"an ExpressRoute gateway with {circuits} circuits"
    return _FOR_EXPRESSROUTE, "an ExpressRoute gateway"


def _is_joined(case: Case, connection: Resource) -> bool:
    try:
        end = case.stack.target(connection, ("virtualNetworkGateway1", "id"), GATEWAY)
    except NotProvenError:
        return False
    return end is not None and end.key == case.resource.urn


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
)
