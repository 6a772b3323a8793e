"""What the emulated Azure refuses of circuits and connections, and of deleting what is in use.

Every case changes one thing of a network that is accepted as it is (`test_server_network.py` shows that), and
leaves no trace.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.azure.broken_rules import (
    CIRCUIT,
    CONNECTION,
    HUB,
    PRIVATE,
    Make,
    changed,
    circuit,
    connection,
    everything,
    private_peering,
    reach,
    refuses,
    with_peer,
)

REFUSED = {
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
    "circuit-peering-name": (
        "expressRouteCircuits/expressroute1/peerings/MicrosoftPeering",
        private_peering(),
        "InvalidPeeringName",
        "",
    ),
    "circuit-peering-unknown": (
        "expressRouteCircuits/expressroute1/peerings/OtherPeering",
        private_peering(),
        "InvalidResourceName",
        "",
    ),
    "circuit-microsoft-peering-bare": (
        "expressRouteCircuits/expressroute1/peerings/MicrosoftPeering",
        private_peering(peeringType="MicrosoftPeering"),
        "MicrosoftPeeringConfigRequired",
        "",
    ),
    "circuit-vlan-twice": (
        "expressRouteCircuits/expressroute1/peerings/MicrosoftPeering",
        private_peering(peeringType="MicrosoftPeering", microsoftPeeringConfig={"customerASN": 64512}),
        "VlanIdInUse",
        "ER-4",
    ),
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
        lambda n: reach(n, "expressroute1", "192.168.40.0/29"),
        "GlobalReachNotPossible",
        "ER-16",
    ),
    "circuit-reach-prefix": (
        f"{PRIVATE}/connections/reach",
        lambda n: reach(n, "expressroute2", "192.168.40.0/28"),
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
        lambda n: with_peer(n, "connections/expressroute1-remote", "expressroute2"),
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
    "connection-two-policies": (
        "connections/hub-location1",
        lambda n: changed("connections/hub-location1", ipsecPolicies=[n.policy, n.policy])(n),
        "OnlyOneIpsecPolicyAllowed",
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
    refuses(built, path, make, code, rule)


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
    before = everything(built)
    answer = built.azure.send("DELETE", built.azure.id(path))
    error = answer.json()["error"]
    assert (answer.status_code in {400, 409}, error["code"]) == (True, code), error["message"]
    assert error["message"].endswith(f"({rule})" if rule else "."), error["message"]
    assert everything(built) == before
