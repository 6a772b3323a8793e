"""What the emulated Azure refuses: one broken rule a case, and no trace of the refused change.

Every case changes one thing of a network that is accepted as it is; `test_server_network.py` shows that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[[Any], dict[str, Any]]

VNET, HUB = "virtualNetworks/new", "virtualNetworks/hub"
GATEWAY, CIRCUIT = "virtualNetworkGateways/new", "expressRouteCircuits/new"
CONNECTION, LOCAL = "connections/new", "localNetworkGateways/new"
PEERING = "virtualNetworks/spoke/virtualNetworkPeerings/to-hub"
PRIVATE = "expressRouteCircuits/expressroute1/peerings/AzurePrivatePeering"


def body(properties: dict[str, Any], location: str | None = "eastus", **top: Any) -> Make:
    return lambda _network: {"properties": properties, **({"location": location} if location else {}), **top}


def changed(path: str, **properties: Any) -> Make:
    """What is there, as Azure shows it, with other properties."""

    def make(network: Any) -> dict[str, Any]:
        shown: dict[str, Any] = network.azure.get(path)
        return {**shown, "properties": {**shown["properties"], **properties}}

    return make


def virtual_network(*prefixes: str, **more: Any) -> Make:
    return body({"addressSpace": {"addressPrefixes": list(prefixes)}, **more})


def gateway(network_name: str, location: str, kind: str, sku: str, **properties: Any) -> Make:
    def make(network: Any) -> dict[str, Any]:
        own = {
            "gatewayType": kind,
            "sku": {"name": sku, "tier": sku},
            "ipConfigurations": [network.part("one", network_name)],
            **properties,
        }
        return {"location": location, "properties": own}

    return make


def peering(far: str, **flags: bool) -> Make:
    return lambda network: {
        "properties": {"remoteVirtualNetwork": network.azure.ref(f"virtualNetworks/{far}"), **flags}
    }


def connection(kind: str, near: str, **ends: Any) -> Make:
    def make(network: Any) -> dict[str, Any]:
        refs = {name: network.azure.ref(to) if "/" in str(to) else to for name, to in ends.items()}
        own = {"connectionType": kind, "virtualNetworkGateway1": network.gateway(near), **refs}
        return {"location": "eastus", "properties": own}

    return make


def private_peering(**properties: Any) -> Make:
    return changed(PRIVATE, **properties)


def circuit(bandwidth: int = 50, **sku: str) -> Make:
    provider = {"serviceProviderName": "Equinix", "peeringLocation": "Seattle", "bandwidthInMbps": bandwidth}
    full = {"name": "Standard_MeteredData", "tier": "Standard", "family": "MeteredData", **sku}
    return body({"serviceProviderProperties": provider}, sku=full)


def local_gateway(ip: str = "66.198.12.107", bgp: dict[str, Any] | None = None) -> Make:
    return body({"gatewayIpAddress": ip, **({"bgpSettings": bgp} if bgp else {})})


def public_ip(method: str = "Static", sku: str = "Standard", **top: Any) -> Make:
    return body({"publicIPAllocationMethod": method}, sku={"name": sku}, **{"location": "eastus", **top})


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
        lambda n: _in_subnet(n, "virtualNetworks/branch/subnets/workload"),
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
        lambda n: _with_public_ip(n, "branch", "branch-1", "centralus", "ExpressRoute", "ErGw1AZ"),
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
    # circuits and their peerings
    "circuit-bandwidth": (CIRCUIT, circuit(51), "InvalidBandwidth", "ER-15"),
    "circuit-sku-name": (CIRCUIT, circuit(name="Premium_MeteredData"), "InvalidCircuitSku", ""),
    "circuit-location-changed": (
        "expressRouteCircuits/expressroute1",
        circuit(),
        "PropertyChangeNotAllowed",
        "",
    ),
    "circuit-peer-asn": (PRIVATE, private_peering(peerASN=65516), "InvalidPeerAsn", "ASN-6"),
    "circuit-vlan": (PRIVATE, private_peering(vlanId=4095), "InvalidRequestFormat", "ER-4"),
    "circuit-link-not-30": (
        PRIVATE,
        private_peering(primaryPeerAddressPrefix="192.168.30.16/29"),
        "InvalidPeerAddressPrefix",
        "ER-3",
    ),
    "circuit-links-overlap": (
        PRIVATE,
        private_peering(secondaryPeerAddressPrefix="192.168.30.16/30"),
        "InvalidPeerAddressPrefix",
        "ER-3",
    ),
    "circuit-link-in-virtual-network": (
        PRIVATE,
        private_peering(primaryPeerAddressPrefix="10.17.30.16/30"),
        "PeeringPrefixOverlapsVirtualNetwork",
        "ER-3",
    ),
    "circuit-md5-key": (PRIVATE, private_peering(sharedKey="not-allowed"), "InvalidPeeringSharedKey", "ER-6"),
    "circuit-reach-same-location": (
        f"{PRIVATE}/connections/reach",
        lambda n: _reach(n, "expressroute1", "192.168.40.0/29"),
        "GlobalReachNotPossible",
        "ER-16",
    ),
    "circuit-reach-prefix": (
        f"{PRIVATE}/connections/reach",
        lambda n: _reach(n, "expressroute2", "192.168.40.0/28"),
        "InvalidGlobalReachAddressPrefix",
        "ER-16",
    ),
    # connections
    "connection-without-peer": (
        CONNECTION,
        connection("ExpressRoute", "hub-expressroute"),
        "InvalidConnectionEnd",
        "ER-1",
    ),
    "connection-circuit-on-vpn-gateway": (
        CONNECTION,
        connection("ExpressRoute", "hub-vpn", peer="expressRouteCircuits/expressroute1"),
        "ConnectionTypeDoesNotMatchGateway",
        "",
    ),
    "connection-circuit-twice": (
        CONNECTION,
        connection("ExpressRoute", "hub-expressroute", peer="expressRouteCircuits/expressroute1"),
        "ConnectionAlreadyExists",
        "",
    ),
    "connection-circuit-key": (
        CONNECTION,
        connection(
            "ExpressRoute", "hub-expressroute", peer="expressRouteCircuits/expressroute1", sharedKey="secret"
        ),
        "CannotSetSharedKeyForExpressRouteConnectionType",
        "",
    ),
    "connection-weight": (
        "connections/expressroute1-hub",
        changed("connections/expressroute1-hub", routingWeight=32001),
        "InvalidRequestFormat",
        "ER-13",
    ),
    "connection-fast-path": (
        "connections/expressroute1-hub",
        changed("connections/expressroute1-hub", expressRouteGatewayBypass=True),
        "FastPathNotSupported",
        "GW-10",
    ),
    "connection-peer-changed": (
        "connections/expressroute1-remote",
        lambda n: _with_peer(n, "connections/expressroute1-remote", "expressroute2"),
        "ExpressRouteConnectionPeerCannotBeChanged",
        "",
    ),
    "connection-authorization-key": (
        "connections/expressroute1-hub",
        changed("connections/expressroute1-hub", authorizationKey="00000000-0000-0000-0000-000000000000"),
        "InvalidAuthorizationKey",
        "ER-12",
    ),
    "connection-without-local-gateway": (
        CONNECTION,
        connection("IPsec", "hub-vpn"),
        "InvalidConnectionEnd",
        "",
    ),
    "connection-shared-key": (
        CONNECTION,
        connection(
            "IPsec", "hub-vpn", localNetworkGateway2="localNetworkGateways/location1", sharedKey="a-b"
        ),
        "InvalidSharedKey",
        "IPSEC-1",
    ),
    "connection-half-a-policy": (
        "connections/hub-location1",
        changed("connections/hub-location1", ipsecPolicies=[{"dhGroup": "DHGroup14"}]),
        "InvalidRequestFormat",
        "IPSEC-2",
    ),
    "connection-protocol-changed": (
        "connections/hub-location1",
        changed("connections/hub-location1", connectionProtocol="IKEv1"),
        "PropertyChangeNotAllowed",
        "IPSEC-7",
    ),
    "connection-dead-peer-time": (
        "connections/hub-location1",
        changed("connections/hub-location1", dpdTimeoutSeconds=5),
        "InvalidRequestFormat",
        "IPSEC-5",
    ),
}


@pytest.mark.parametrize(("path", "make", "code", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_a_put_that_breaks_a_rule_is_refused_and_leaves_no_trace(
    built: Any, path: str, make: Make, code: str, rule: str
) -> None:
    before = _everything(built)
    answer = built.azure.send("PUT", built.azure.id(path), make(built))
    error = answer.json()["error"]
    assert (answer.status_code // 100, error["code"]) == (4, code), error["message"]
    assert error["message"].endswith(f"({rule})" if rule else "."), error["message"]
    assert _everything(built) == before


IN_USE = {
    "subnet": (f"{HUB}/subnets/GatewaySubnet", "InUseSubnetCannotBeDeleted", ""),
    "virtual-network": (HUB, "InUseSubnetCannotBeDeleted", ""),
    "public-ip": ("publicIPAddresses/hub-1", "PublicIPAddressCannotBeDeleted", ""),
    "vpn-gateway": ("virtualNetworkGateways/hub-vpn", "InUseVirtualNetworkGatewayCannotBeDeleted", ""),
    "local-gateway": ("localNetworkGateways/location1", "InUseLocalNetworkGatewayCannotBeDeleted", ""),
    "circuit": ("expressRouteCircuits/expressroute1", "InUseExpressRouteCircuitCannotBeDeleted", "ER-2"),
    "private-peering": (PRIVATE, "ExpressRoutePeeringInUse", "ER-2"),
}


@pytest.mark.parametrize(("path", "code", "rule"), IN_USE.values(), ids=IN_USE.keys())
def test_what_is_in_use_is_not_deleted(built: Any, path: str, code: str, rule: str) -> None:
    before = _everything(built)
    answer = built.azure.send("DELETE", built.azure.id(path))
    error = answer.json()["error"]
    assert (answer.status_code in {400, 409}, error["code"]) == (True, code), error["message"]
    assert error["message"].endswith(f"({rule})" if rule else "."), error["message"]
    assert _everything(built) == before


def _everything(network: Any) -> Any:
    shown = network.azure.send("GET", network.azure.id("") + "/resources", version="2024-03-01").json()[
        "value"
    ]
    return [resource for resource in shown if not _unsettle(resource)]


def _unsettle(value: Any) -> None:
    """Forget what only time changes."""
    if isinstance(value, dict):
        value.pop("provisioningState", None)
        for part in value.values():
            _unsettle(part)
    elif isinstance(value, list):
        for part in value:
            _unsettle(part)


def _in_subnet(network: Any, subnet: str) -> dict[str, Any]:
    made = gateway("branch", "centralus", "ExpressRoute", "ErGw1AZ")(network)
    made["properties"]["ipConfigurations"][0]["properties"]["subnet"] = network.azure.ref(subnet)
    return made


def _with_public_ip(
    network: Any, name: str, public_ip_name: str, location: str, kind: str, sku: str
) -> dict[str, Any]:
    made = gateway(name, location, kind, sku)(network)
    made["properties"]["ipConfigurations"] = [network.part("one", name, public_ip_name)]
    return made


def _with_peer(network: Any, path: str, circuit_name: str) -> dict[str, Any]:
    return changed(path, peer=network.azure.ref(f"expressRouteCircuits/{circuit_name}"))(network)


def _reach(network: Any, circuit_name: str, prefix: str) -> dict[str, Any]:
    far = f"expressRouteCircuits/{circuit_name}/peerings/AzurePrivatePeering"
    return {"properties": {"peerExpressRouteCircuitPeering": network.azure.ref(far), "addressPrefix": prefix}}
