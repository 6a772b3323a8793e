"""Virtual networks and their subnets."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations

from lab.azure.change import Change, missing_reference
from lab.azure.common_rules import is_in_region
from lab.azure.declaration import (
    ADDRESS_SPACE,
    ResourceType,
    address,
    boolean,
    ignored,
    integer,
    items,
    named,
    one_of,
    prefix,
    reference,
    structure,
    text,
)
from lab.azure.families.route_tables import ROUTE_TABLES
from lab.azure.refusal import Refusal
from lab.azure.state import Properties, Resource, State

VIRTUAL_NETWORKS = "virtualNetworks"
SUBNETS = "virtualNetworks/subnets"
GATEWAY_SUBNET = "GatewaySubnet"

SMALLEST_SUBNET = 29
"""Azure keeps five addresses of each subnet to itself."""

_ENDPOINT_POLICIES = ("Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled")


def address_space(virtual_network: Resource) -> tuple[IPv4Network, ...]:
    """The address space of a virtual network."""
    prefixes = virtual_network.properties.get("addressSpace", {}).get("addressPrefixes", ())
    return tuple(IPv4Network(text) for text in prefixes)


def subnet_prefixes(subnet: Resource) -> tuple[IPv4Network, ...]:
    """The prefixes of a subnet, however it was given them."""
    one = subnet.properties.get("addressPrefix")
    return tuple(
        IPv4Network(text) for text in ([one] if one else subnet.properties.get("addressPrefixes", ()))
    )


def _list_ip_configurations(state: State, subnet: Resource) -> Iterator[dict[str, str]]:
    for gateway in state.list_referrers(subnet.id):
        for part in gateway.properties.get("ipConfigurations", ()):
            if part["properties"].get("subnet", {}).get("id", "").lower() == subnet.id.key:
                yield {"id": f"{gateway.id}/ipConfigurations/{part['name']}"}


def _describe_subnet(state: State, subnet: Resource) -> Properties:
    parts = list(_list_ip_configurations(state, subnet))
    return {"ipConfigurations": parts} if parts else {}


def _describe_virtual_network(_state: State, virtual_network: Resource) -> Properties:
    return {"resourceGuid": virtual_network.guid}


def _refuse_without_space(change: Change) -> None:
    if not change.properties.get("addressSpace", {}).get("addressPrefixes"):
        raise Refusal(
            "InvalidRequestFormat",
            f"Address prefix missing or null for virtual network {change.id.name}: its address space is "
            "empty.",
        )


def _refuse_overlapping_space(change: Change) -> None:
    prefixes = change.properties["addressSpace"]["addressPrefixes"]
    for one, other in combinations(map(IPv4Network, prefixes), 2):
        if one.overlaps(other):
            raise Refusal(
                "NetcfgVnetAddressSpaceOverlaps",
                f"Virtual network {change.id.name} has overlapping address prefixes: {one} and {other}.",
            )


def _refuse_overlapping_peers(change: Change) -> None:
    """Hold the address space to those of peered virtual networks: it may have grown."""
    own = [IPv4Network(text) for text in change.properties["addressSpace"]["addressPrefixes"]]
    for half in change.state.list_children(change.id, f"{VIRTUAL_NETWORKS}/virtualNetworkPeerings"):
        remote = change.state.find(half.properties["remoteVirtualNetwork"]["id"])
        for taken in address_space(remote) if remote is not None else ():
            if any(prefix.overlaps(taken) for prefix in own):
                raise Refusal(
                    "VnetAddressSpacesOverlap",
                    f"Virtual network {change.id} cannot have an address space that overlaps with {taken} of "
                    f"{half.properties['remoteVirtualNetwork']['id']}, with which it is peered.",
                    rule="PEER-7",
                )


def _refuse_misplaced_subnets(change: Change) -> None:
    """Hold each subnet to the address space, old ones too: the space may have shrunk below them."""
    virtual_network = change.state.find(change.id)
    assert virtual_network is not None
    for subnet in change.state.list_children(change.id, SUBNETS):
        _refuse_outside(virtual_network, subnet)


def _refuse_outside(virtual_network: Resource, subnet: Resource) -> None:
    space = address_space(virtual_network)
    for part in subnet_prefixes(subnet):
        if not any(part.subnet_of(whole) for whole in space):
            raise Refusal(
                "NetcfgSubnetRangeOutsideVnet",
                f"Subnet '{subnet.id.name}' is not valid because its IP address range {part} is outside "
                f"the IP address range of virtual network '{virtual_network.id.name}'.",
            )


def _refuse_bad_subnet(change: Change) -> None:
    subnet = change.state.find(change.id)
    assert subnet is not None
    own = subnet_prefixes(subnet)
    if not own:
        raise Refusal(
            "InvalidRequestFormat", f"Address prefix string for resource {change.id} cannot be null or empty."
        )
    for part in own:
        if part.prefixlen > SMALLEST_SUBNET:
            raise Refusal(
                "NetcfgSubnetTooSmall",
                f"Subnet '{change.id.name}' is not valid: {part} is smaller than /{SMALLEST_SUBNET}.",
            )
    _refuse_outside(change.parent(), subnet)
    for other in change.state.list_children(change.id.parent, SUBNETS):
        if other.id.key != change.id.key and any(
            part.overlaps(taken) for part in own for taken in subnet_prefixes(other)
        ):
            raise Refusal(
                "NetcfgSubnetRangesOverlap",
                f"Subnet '{change.id.name}' is not valid because its IP address range overlaps with that "
                f"of an existing subnet '{other.id.name}' in virtual network '{change.id.parent.name}'.",
            )


def _refuse_prefix_in_use(change: Change) -> None:
    if change.before is None:
        return
    users = list(_list_ip_configurations(change.state, change.before))
    after = change.state.find(change.id)
    assert after is not None
    if users and subnet_prefixes(change.before) != subnet_prefixes(after):
        raise Refusal(
            "InUsePrefixCannotBeDeleted",
            f"IpPrefix {subnet_prefixes(change.before)[0]} on Subnet {change.id.name} has active "
            f"allocations and cannot be deleted: it is used by {users[0]['id']}.",
        )


def _refuse_route_table_elsewhere(change: Change) -> None:
    given = change.properties.get("routeTable")
    if given and not is_in_region(change.state, change.target(given), change.parent().location):
        raise missing_reference(given["id"], change.id)


TYPES = (
    ResourceType(
        path=VIRTUAL_NETWORKS,
        longest=64,
        properties={
            "addressSpace": ADDRESS_SPACE,
            "dhcpOptions": structure({"dnsServers": items(address(), default=())}),
            "enableDdosProtection": boolean(default=False),
            "enableVmProtection": boolean(),
            "flowTimeoutInMinutes": integer(4, 30),
            "privateEndpointVNetPolicies": one_of("Disabled", "Basic"),
            "resourceGuid": ignored(),
            "provisioningState": ignored(),
        },
        inline={"subnets": "subnets", "virtualNetworkPeerings": "virtualNetworkPeerings"},
        checks=(
            _refuse_without_space,
            _refuse_overlapping_space,
            _refuse_overlapping_peers,
            _refuse_misplaced_subnets,
        ),
        describe=_describe_virtual_network,
    ),
    ResourceType(
        path=SUBNETS,
        properties={
            "addressPrefix": prefix(),
            "addressPrefixes": items(prefix()),
            "defaultOutboundAccess": boolean(),
            "delegations": named({"serviceName": text(required=True), "actions": ignored()}, default=()),
            "privateEndpointNetworkPolicies": one_of(*_ENDPOINT_POLICIES, default="Disabled"),
            "privateLinkServiceNetworkPolicies": one_of("Enabled", "Disabled", default="Enabled"),
            "routeTable": reference(ROUTE_TABLES),
            "serviceEndpoints": items(
                structure({"service": text(), "locations": items(text()), "provisioningState": ignored()})
            ),
            "ipConfigurations": ignored(),
            "ipConfigurationProfiles": ignored(),
            "privateEndpoints": ignored(),
            "purpose": ignored(),
            "resourceNavigationLinks": ignored(),
            "serviceAssociationLinks": ignored(),
            "provisioningState": ignored(),
        },
        located=False,
        checks=(_refuse_bad_subnet, _refuse_prefix_in_use, _refuse_route_table_elsewhere),
        describe=_describe_subnet,
        in_use="InUseSubnetCannotBeDeleted",
    ),
)
