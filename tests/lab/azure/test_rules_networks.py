"""What the emulated Azure refuses of groups, virtual networks, peerings and public IP addresses.

Every case changes one thing of a network that is accepted as it is (`test_server_network.py` shows that), and
leaves no trace.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.azure.broken_rules import (
    HUB,
    PEERING,
    VNET,
    Make,
    body,
    peering,
    public_ip,
    refuses,
    route_table,
    virtual_network,
)

REFUSED = {
    # what every type has
    "no-location": (
        VNET,
        body({"addressSpace": {"addressPrefixes": ["10.0.0.0/24"]}}, None),
        "LocationRequired",
        "",
    ),
    "unknown-location": (
        VNET,
        body({"addressSpace": {"addressPrefixes": ["10.0.0.0/24"]}}, "atlantis"),
        "LocationNotAvailableForResourceType",
        "",
    ),
    "location-changed": (
        HUB,
        body({"addressSpace": {"addressPrefixes": ["10.10.30.0/24"]}}, "westus2"),
        "InvalidResourceLocation",
        "",
    ),
    "invalid-name": ("virtualNetworks/-new", virtual_network("10.0.0.0/24"), "InvalidResourceName", ""),
    "name-too-long": (
        f"virtualNetworks/{'v' * 65}",
        virtual_network("10.0.0.0/24"),
        "InvalidResourceName",
        "",
    ),
    "unknown-property": (VNET, virtual_network("10.0.0.0/24", color="red"), "InvalidRequestFormat", ""),
    "unknown-enum-value": (
        VNET,
        virtual_network("10.0.0.0/24", privateEndpointVNetPolicies="Sometimes"),
        "InvalidRequestFormat",
        "",
    ),
    "unknown-type": ("firewalls/new", body({}), "InvalidResourceType", ""),
    "missing-parent": ("virtualNetworks/absent/subnets/a", body({}, None), "ParentResourceNotFound", ""),
    # virtual networks and subnets
    "no-address-space": (VNET, virtual_network(), "InvalidRequestFormat", ""),
    "malformed-prefix": (VNET, virtual_network("10.0.0.1/24"), "InvalidRequestFormat", ""),
    "space-overlaps-itself": (
        VNET,
        virtual_network("10.0.0.0/24", "10.0.0.0/25"),
        "NetcfgVnetAddressSpaceOverlaps",
        "",
    ),
    "space-shrunk-below-subnets": (HUB, virtual_network("10.10.30.0/25"), "NetcfgSubnetRangeOutsideVnet", ""),
    "space-grown-over-peer": (
        HUB,
        virtual_network("10.10.30.0/24", "10.11.0.0/16"),
        "VnetAddressSpacesOverlap",
        "PEER-7",
    ),
    "subnets-dropped-in-use": (
        HUB,
        virtual_network("10.10.30.0/24", subnets=[]),
        "InUseSubnetCannotBeDeleted",
        "",
    ),
    "subnet-without-prefix": (f"{HUB}/subnets/new", body({}, None), "InvalidRequestFormat", ""),
    "subnet-outside": (
        f"{HUB}/subnets/new",
        body({"addressPrefix": "10.9.0.0/24"}, None),
        "NetcfgSubnetRangeOutsideVnet",
        "",
    ),
    "subnet-overlapping": (
        f"{HUB}/subnets/new",
        body({"addressPrefix": "10.10.30.0/26"}, None),
        "NetcfgSubnetRangesOverlap",
        "",
    ),
    "subnet-moved-in-use": (
        f"{HUB}/subnets/GatewaySubnet",
        body({"addressPrefix": "10.10.30.192/26"}, None),
        "InUsePrefixCannotBeDeleted",
        "",
    ),
    # route tables
    "appliance-without-address": (
        "routeTables/new",
        route_table(("a", "10.2.30.0/25", "VirtualAppliance")),
        "InvalidNextHopIpAddress",
        "",
    ),
    "address-without-appliance": (
        "routeTables/new",
        route_table(("a", "10.2.30.0/25", "None", "10.10.30.9")),
        "InvalidNextHopIpAddress",
        "",
    ),
    "two-routes-to-one-prefix": (
        "routeTables/new",
        route_table(("a", "10.2.30.0/25", "None"), ("b", "10.2.30.0/25", "Internet")),
        "RouteConflict",
        "",
    ),
    "two-routes-of-one-name": (
        "routeTables/new",
        route_table(("a", "10.2.30.0/25", "None"), ("A", "10.2.31.0/25", "None")),
        "DuplicateResourceName",
        "",
    ),
    "unknown-next-hop": (
        "routeTables/new",
        route_table(("a", "10.2.30.0/25", "Firewall")),
        "InvalidRequestFormat",
        "",
    ),
    # peerings
    "peering-to-nowhere": (
        f"{HUB}/virtualNetworkPeerings/p",
        peering("absent"),
        "InvalidResourceReference",
        "",
    ),
    "peered-twice": (
        f"{HUB}/virtualNetworkPeerings/second",
        peering("spoke"),
        "AnotherPeeringAlreadyReferencesRemoteVnet",
        "",
    ),
    "peering-owns-gateway": (
        f"{HUB}/virtualNetworkPeerings/p",
        peering("branch", useRemoteGateways=True),
        "VnetHasGatewayAndUseRemoteGateways",
        "PEER-2",
    ),
    "peering-second-remote-gateways": (
        "virtualNetworks/spoke/virtualNetworkPeerings/p",
        peering("branch", useRemoteGateways=True),
        "PeeringsOnVnetCannotHaveMultipleUseRemoteGateways",
        "PEER-5",
    ),
    "peering-transit-withdrawn": (
        f"{HUB}/virtualNetworkPeerings/to-spoke",
        peering("spoke", allowGatewayTransit=False),
        "RemotePeeringUsesRemoteGateways",
        "PEER-4",
    ),
    "peering-moved": (PEERING, peering("branch"), "PropertyChangeNotAllowed", ""),
    # public IP addresses
    "public-ip-basic": (
        "publicIPAddresses/new",
        public_ip(sku="Basic"),
        "IPv4BasicSkuPublicIpCountLimitReached",
        "GW-12",
    ),
    "public-ip-dynamic": (
        "publicIPAddresses/new",
        public_ip("Dynamic"),
        "StandardSkuPublicIPAddressesMustBeStatic",
        "GW-12",
    ),
    "public-ip-zones-nowhere": (
        "publicIPAddresses/new",
        public_ip(location="westus", zones=["1"]),
        "LocationNotSupportAvailabilityZones",
        "",
    ),
    "public-ip-zones-changed": (
        "publicIPAddresses/hub-1",
        public_ip(zones=["1"]),
        "ResourceAvailabilityZonesCannotBeModified",
        "",
    ),
}


@pytest.mark.parametrize(("path", "make", "code", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_a_put_that_breaks_a_rule_is_refused_and_leaves_no_trace(
    built: Any, path: str, make: Make, code: str, rule: str
) -> None:
    refuses(built, path, make, code, rule)
