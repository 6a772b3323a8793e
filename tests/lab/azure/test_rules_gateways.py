"""What the emulated Azure refuses of gateways.

Every case changes one thing of a network that is accepted as it is (`test_server_network.py` shows that), and
leaves no trace.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.azure.broken_rules import (
    GATEWAY,
    LOCAL,
    Make,
    body,
    changed,
    gateway,
    in_subnet,
    local_gateway,
    refuses,
    with_public_ip,
)

REFUSED = {
    # gateways
    "gateway-type-changed": (
        "virtualNetworkGateways/remote-expressroute",
        gateway("remote", "westus2", "Vpn", "VpnGw1AZ"),
        "PropertyChangeNotAllowed",
        "",
    ),
    "gateway-second-of-type": (
        GATEWAY,
        gateway("hub", "eastus", "ExpressRoute", "ErGw1AZ"),
        "OnlyOneGatewayOfATypePerVirtualNetwork",
        "GW-1",
    ),
    "gateway-vpn-sku-on-expressroute": (
        GATEWAY,
        gateway("branch", "centralus", "ExpressRoute", "VpnGw1AZ"),
        "InvalidGatewaySkuSpecified",
        "GW-7",
    ),
    "gateway-retired-sku": (
        GATEWAY,
        gateway("remote", "westus2", "Vpn", "Standard"),
        "GatewaySkuRetired",
        "GW-13",
    ),
    "gateway-without-parts": (
        GATEWAY,
        gateway("branch", "centralus", "ExpressRoute", "ErGw1AZ", ipConfigurations=[]),
        "VirtualNetworkGatewayIpConfigurationsInvalid",
        "",
    ),
    "gateway-active-active-alone": (
        GATEWAY,
        gateway("remote", "westus2", "Vpn", "VpnGw1AZ", activeActive=True),
        "VirtualNetworkGatewayIpConfigurationsInvalid",
        "GW-14",
    ),
    "gateway-in-other-subnet": (
        GATEWAY,
        lambda n: in_subnet(n, "virtualNetworks/branch/subnets/workload"),
        "InvalidGatewaySubnet",
        "GW-2",
    ),
    "gateway-in-other-region": (
        GATEWAY,
        gateway("branch", "eastus", "ExpressRoute", "ErGw1AZ"),
        "InvalidResourceReference",
        "",
    ),
    "gateway-expressroute-public-ip": (
        GATEWAY,
        lambda n: with_public_ip(n, "branch", "branch-1", "centralus", "ExpressRoute", "ErGw1AZ"),
        "ExpressRouteGatewayPublicIpNotAllowed",
        "GW-15",
    ),
    "gateway-vpn-without-public-ip": (
        GATEWAY,
        gateway("remote", "westus2", "Vpn", "VpnGw1AZ"),
        "VirtualNetworkGatewayPublicIpAddressRequired",
        "GW-12",
    ),
    "gateway-zonal-ip-on-regional-sku": (
        "virtualNetworkGateways/hub-vpn",
        changed("virtualNetworkGateways/hub-vpn", sku={"name": "VpnGw1", "tier": "VpnGw1"}),
        "RegionalVmssVpnGatewayPublicIpsMustNotHaveZonesConfigured",
        "GW-11",
    ),
    "gateway-sku-of-the-other-generation": (
        "virtualNetworkGateways/hub-vpn",
        changed("virtualNetworkGateways/hub-vpn", sku={"name": "VpnGw4AZ", "tier": "VpnGw4AZ"}),
        "VpnGatewayGenerationNotSupportedForSku",
        "",
    ),
    "gateway-generation-changed": (
        "virtualNetworkGateways/hub-vpn",
        changed(
            "virtualNetworkGateways/hub-vpn",
            sku={"name": "VpnGw4AZ", "tier": "VpnGw4AZ"},
            vpnGatewayGeneration=None,
        ),
        "PropertyChangeNotAllowed",
        "",
    ),
    "gateway-bgp-on-basic": (
        GATEWAY,
        gateway("remote", "westus2", "Vpn", "Basic", enableBgp=True),
        "BgpNotSupportedOnGateway",
        "VPN-1",
    ),
    "gateway-reserved-asn": (
        "virtualNetworkGateways/branch-vpn",
        changed("virtualNetworkGateways/branch-vpn", bgpSettings={"asn": 65520}),
        "InvalidBgpAsn",
        "ASN-2",
    ),
    "gateway-asn-of-its-neighbor": (
        "virtualNetworkGateways/branch-vpn",
        changed("virtualNetworkGateways/branch-vpn", bgpSettings={"asn": 65515}),
        "ConnectionAsnsMustDiffer",
        "ASN-8",
    ),
    "gateway-custom-address": (
        "virtualNetworkGateways/hub-vpn",
        changed(
            "virtualNetworkGateways/hub-vpn",
            bgpSettings={
                "bgpPeeringAddresses": [
                    {"ipconfigurationId": "instance-1", "customBgpIpAddresses": ["169.254.30.1"]}
                ]
            },
        ),
        "InvalidCustomBgpIpAddress",
        "VPN-4",
    ),
    # local network gateways
    "local-without-prefixes": (LOCAL, local_gateway(), "LocalNetworkGatewayWithoutAddressSpace", "VPN-6"),
    "local-without-endpoint": (
        LOCAL,
        body({"bgpSettings": {"asn": 65021, "bgpPeeringAddress": "10.2.30.125"}}),
        "LocalNetworkGatewayEndpointRequired",
        "",
    ),
    "local-address-to-name": (
        "localNetworkGateways/location1",
        changed("localNetworkGateways/location1", gatewayIpAddress=None, fqdn="vpn.example.org"),
        "PropertyChangeNotAllowed",
        "",
    ),
    "local-reserved-asn": (
        LOCAL,
        local_gateway(bgp={"asn": 65515, "bgpPeeringAddress": "10.2.30.125"}),
        "InvalidBgpAsn",
        "ASN-4",
    ),
    "local-bgp-address-is-public": (
        LOCAL,
        local_gateway(bgp={"asn": 65021, "bgpPeeringAddress": "66.198.12.107"}),
        "InvalidBgpPeeringAddress",
        "VPN-3",
    ),
    "local-bgp-address-in-network": (
        "localNetworkGateways/location1",
        local_gateway(bgp={"asn": 65021, "bgpPeeringAddress": "10.10.30.9"}),
        "InvalidBgpPeeringAddress",
        "VPN-3",
    ),
}


@pytest.mark.parametrize(("path", "make", "code", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_a_put_that_breaks_a_rule_is_refused_and_leaves_no_trace(
    built: Any, path: str, make: Make, code: str, rule: str
) -> None:
    refuses(built, path, make, code, rule)
