"""Rules about the order of things, and about networks other than the test setup."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError


def refused(action: Callable[[], Any]) -> tuple[str, str]:
    """The code of a refusal, and the rule that its message ends with."""
    with pytest.raises(HttpResponseError) as caught:
        action()
    error = caught.value.error
    assert error is not None
    message = error.message or ""
    return str(error.code), message.rpartition("(")[2].rstrip(")") if message.endswith(")") else ""


def test_the_spoke_uses_remote_gateways_only_once_they_are_there_and_lent(network: Any) -> None:
    for name in ("hub", "spoke"):
        network.add_virtual_network(name)
    use = partial(network.add_peering, "spoke", "hub", useRemoteGateways=True)
    assert refused(use) == ("RemoteVnetHasNoGateways", "PEER-3")
    network.add_express_route_gateway("hub")
    assert refused(use) == ("RemotePeeringDoesNotAllowGatewayTransit", "PEER-4")
    network.add_peering("hub", "spoke")
    assert refused(use) == ("RemotePeeringDoesNotAllowGatewayTransit", "PEER-4")
    network.add_peering("hub", "spoke", allowGatewayTransit=True)
    use()
    delete = partial(network.azure.delete, "virtualNetworkGateways/hub-expressroute")
    assert refused(delete) == ("GatewayInUseByRemoteVirtualNetwork", "PEER-3")
    network.azure.delete("virtualNetworks/spoke/virtualNetworkPeerings/to-hub")
    delete()


def test_a_network_that_uses_remote_gateways_gets_none_of_its_own(network: Any) -> None:
    for name in ("hub", "branch"):
        network.add_virtual_network(name)
    network.add_express_route_gateway("hub")
    network.add_peering("hub", "branch", allowGatewayTransit=True)
    network.add_peering("branch", "hub", useRemoteGateways=True)
    own = partial(network.add_express_route_gateway, "branch")
    assert refused(own) == ("VnetHasGatewayAndUseRemoteGateways", "PEER-2")


def test_a_half_whose_other_half_was_deleted_has_to_be_renewed(network: Any) -> None:
    for name in ("hub", "spoke"):
        network.add_virtual_network(name)
    network.add_peering("hub", "spoke")
    assert _peering_state(network, "hub", "to-spoke") == "Initiated"
    network.add_peering("spoke", "hub")
    assert _peering_state(network, "hub", "to-spoke") == "Connected"
    network.azure.delete("virtualNetworks/spoke")
    assert _peering_state(network, "hub", "to-spoke") == "Disconnected"
    network.add_virtual_network("spoke")
    assert refused(lambda: network.add_peering("spoke", "hub")) == ("RemotePeeringIsDisconnected", "PEER-8")
    network.add_peering("hub", "spoke")
    network.add_peering("spoke", "hub")
    assert _peering_state(network, "spoke", "to-hub") == "Connected"


def test_networks_with_overlapping_address_spaces_do_not_peer(network: Any) -> None:
    for name in ("hub", "spoke"):
        network.add_virtual_network(name)
    network.azure.put(
        "virtualNetworks/double",
        {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.10.0.0/16"]}}},
    )
    assert refused(lambda: network.add_peering("hub", "double")) == ("VnetAddressSpacesOverlap", "PEER-7")
    network.add_peering("hub", "spoke")
    network.add_peering("spoke", "hub")
    assert refused(partial(network.add_peering, "double", "spoke")) == (
        "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
        "PEER-7",
    )


def test_a_peering_is_in_sync_again_once_it_is_told_to(network: Any) -> None:
    for name in ("hub", "spoke"):
        network.add_virtual_network(name)
    network.add_peering("hub", "spoke")
    network.add_peering("spoke", "hub")
    hub = network.azure.get("virtualNetworks/hub")
    hub["properties"]["addressSpace"]["addressPrefixes"].append("10.99.0.0/24")
    network.azure.put("virtualNetworks/hub", hub)
    half = "virtualNetworks/spoke/virtualNetworkPeerings/to-hub"
    assert network.azure.get(half)["properties"]["peeringSyncLevel"] == "RemoteNotInSync"
    body = {"properties": {"remoteVirtualNetwork": network.azure.ref("virtualNetworks/hub")}}
    network.azure.send("PUT", network.azure.id(half) + "?syncRemoteAddressSpace=true", body)
    assert network.azure.get(half)["properties"]["peeringSyncLevel"] == "FullyInSync"


def test_a_circuit_is_used_only_once_its_provider_has_provisioned_it(network: Any) -> None:
    network.azure.lab("PUT", "provider-delay", {"seconds": 3600})
    order = partial(network.add_circuit, "expressroute1", "Washington DC", 65021, 300, "192.168.30")
    assert refused(order) == ("ExpressRouteCircuitNotProvisioned", "ER-1")
    path = "expressRouteCircuits/expressroute1"
    assert network.azure.get(path)["properties"]["serviceProviderProvisioningState"] == "NotProvisioned"
    network.azure.lab("POST", "provision" + network.azure.id(path))
    assert network.azure.get(path)["properties"]["serviceProviderProvisioningState"] == "Provisioned"
    order()
    assert network.azure.get(path)["properties"]["peerings"][0]["properties"]["azureASN"] == 12076


def test_a_connection_needs_a_peered_circuit(network: Any) -> None:
    network.add_virtual_network("hub")
    network.add_express_route_gateway("hub")
    network.azure.put("expressRouteCircuits/bare", _circuit())
    assert refused(lambda: network.add_circuit_connection("bare", "hub")) == (
        "ExpressRouteCircuitNotReady",
        "ER-1",
    )


def test_a_provisioned_circuit_is_deleted_only_when_its_provider_has_given_it_up(network: Any) -> None:
    network.add_circuit("expressroute1", "Washington DC", 65021, 300, "192.168.30")
    path = "expressRouteCircuits/expressroute1"
    delete = partial(network.azure.delete, path)
    assert refused(delete) == ("ConflictError", "ER-2")
    network.azure.delete(f"{path}/peerings/AzurePrivatePeering")
    network.azure.lab("PUT", "provider-deprovisions", {"enabled": False})
    assert refused(delete) == ("ConflictError", "ER-2")
    network.azure.lab("POST", "deprovision" + network.azure.id(path))
    delete()


@pytest.mark.parametrize(
    ("bandwidth", "family", "code"),
    [
        (50, "UnlimitedData", "BandwidthReductionNotAllowed"),
        (200, "MeteredData", "CircuitFamilyChangeNotAllowed"),
    ],
    ids=["reduced", "metered"],
)
def test_a_circuit_does_not_shrink(network: Any, bandwidth: int, family: str, code: str) -> None:
    network.azure.put("expressRouteCircuits/c", _circuit(100, "UnlimitedData"))
    shrink = partial(network.azure.put, "expressRouteCircuits/c", _circuit(bandwidth, family))
    assert refused(shrink) == (code, "ER-14")


def test_a_circuit_has_room_for_ten_networks(network: Any) -> None:
    network.add_circuit("expressroute1", "Washington DC", 65021, 300, "192.168.30")
    for number in range(11):
        _add_small_network(network, number)
    for number in range(10):
        network.azure.put(f"connections/c{number}", _link(network, number))
    assert refused(lambda: network.azure.put("connections/c10", _link(network, 10))) == (
        "ExpressRouteCircuitLinkLimitReached",
        "ER-10",
    )


def test_a_gateway_has_room_for_four_circuits(network: Any) -> None:
    network.add_virtual_network("hub")
    network.add_express_route_gateway("hub")
    for number in range(5):
        network.add_circuit(f"c{number}", "Seattle", 65021, 300, f"192.168.{number}")
    for number in range(4):
        network.add_circuit_connection(f"c{number}", "hub")
    assert refused(lambda: network.add_circuit_connection("c4", "hub")) == (
        "GatewayCircuitLimitReached",
        "GW-8",
    )


def test_an_expressroute_gateway_needs_a_27(network: Any) -> None:
    network.azure.put(
        "virtualNetworks/branch",
        {"location": "centralus", "properties": {"addressSpace": {"addressPrefixes": ["10.8.0.0/24"]}}},
    )
    network.azure.put(
        "virtualNetworks/branch/subnets/GatewaySubnet", {"properties": {"addressPrefix": "10.8.0.0/28"}}
    )
    assert refused(lambda: network.add_express_route_gateway("branch")) == ("GatewaySubnetTooSmall", "GW-3")
    network.add_vpn_gateway("branch")


def test_an_active_active_gateway_has_two_bgp_addresses_and_keeps_the_first(network: Any) -> None:
    network.add_virtual_network("hub")
    network.add_vpn_gateway("hub", instances=2)
    bgp = network.azure.get("virtualNetworkGateways/hub-vpn")["properties"]["bgpSettings"]
    assert bgp["bgpPeeringAddress"] == "10.10.30.254,10.10.30.253"
    assert [part["defaultBgpIpAddresses"] for part in bgp["bgpPeeringAddresses"]] == [
        ["10.10.30.254"],
        ["10.10.30.253"],
    ]


def test_bgp_on_a_connection_needs_bgp_on_both_ends(network: Any) -> None:
    network.add_virtual_network("hub")
    network.add_vpn_gateway("hub")
    static = {
        "gatewayIpAddress": "66.198.12.106",
        "localNetworkAddressSpace": {"addressPrefixes": ["10.2.30.0/25"]},
    }
    network.azure.put("localNetworkGateways/location1", {"location": "eastus", "properties": static})
    to_location = {"localNetworkGateway2": network.azure.ref("localNetworkGateways/location1")}
    connect = partial(network.add_vpn_connection, "hub-location1", "hub", **to_location)
    assert refused(connect) == ("BgpNotEnabledOnGateway", "VPN-7")
    network.add_vpn_connection("hub-location1", "hub", enableBgp=False, **to_location)


def test_two_halves_connect_only_with_the_same_key(network: Any) -> None:
    for name in ("hub", "branch"):
        network.add_virtual_network(name)
        network.add_vpn_gateway(name, asn=65516 if name == "branch" else None)
    ends = {"virtualNetworkGateway2": network.gateway("branch-vpn")}
    network.add_vpn_connection("hub-branch", "hub", "Vnet2Vnet", **ends)
    assert _status(network, "hub-branch") == "NotConnected"
    back = {"virtualNetworkGateway2": network.gateway("hub-vpn"), "sharedKey": "AnotherKey"}
    network.add_vpn_connection("branch-hub", "branch", "Vnet2Vnet", **back)
    assert _status(network, "hub-branch") == "NotConnected"
    # an update leaves the key as it is; the request for the key alone changes it
    network.add_vpn_connection("hub-branch", "hub", "Vnet2Vnet", **ends, sharedKey="AnotherKey")
    assert _status(network, "hub-branch") == "NotConnected"
    sharedkey = network.azure.id("connections/hub-branch/sharedkey")
    assert network.azure.send("PUT", sharedkey, {"value": "AnotherKey"}).status_code == 200
    assert _status(network, "hub-branch") == "Connected"
    assert network.azure.send("GET", sharedkey).status_code == 403


def test_a_circuit_of_another_subscription_needs_an_authorization_each(built: Any) -> None:
    azure, other = built.azure, built.azure.server.subscription[:-1] + "2"
    group = azure.id("", "partner", other)
    azure.send("PUT", group, {"location": "eastus"}, version="2024-03-01")
    circuit = azure.id("expressRouteCircuits/theirs", "partner", other)
    azure.send("PUT", circuit, _circuit())
    peering = azure.get("expressRouteCircuits/expressroute2/peerings/AzurePrivatePeering")
    peering["properties"] |= {
        "primaryPeerAddressPrefix": "192.168.50.0/30",
        "secondaryPeerAddressPrefix": "192.168.50.4/30",
    }
    azure.send("PUT", f"{circuit}/peerings/AzurePrivatePeering", peering)
    key = azure.send("PUT", f"{circuit}/authorizations/ours", {}).json()["properties"]["authorizationKey"]
    body = {
        "location": "eastus",
        "properties": {
            "connectionType": "ExpressRoute",
            "virtualNetworkGateway1": built.gateway("hub-expressroute"),
            "peer": {"id": circuit},
        },
    }
    assert refused(lambda: azure.put("connections/theirs", body)) == ("AuthorizationKeyRequired", "ER-12")
    body["properties"]["authorizationKey"] = key
    shown = azure.put("connections/theirs", body)
    assert "authorizationKey" not in shown["properties"]
    assert (
        azure.send("GET", f"{circuit}/authorizations/ours").json()["properties"]["authorizationUseStatus"]
        == "InUse"
    )
    body["properties"]["virtualNetworkGateway1"] = built.gateway("remote-expressroute")
    body["location"] = "westus2"
    assert refused(lambda: azure.put("connections/again", body)) == ("InvalidAuthorizationKey", "ER-12")
    azure.send("DELETE", f"{circuit}/authorizations/ours")
    assert azure.get("connections/theirs")["properties"]["connectionStatus"] == "NotConnected"


def test_global_reach_links_two_circuits(network: Any) -> None:
    network.add_circuit("expressroute1", "Washington DC", 65021, 300, "192.168.30")
    network.add_circuit("expressroute2", "Silicon Valley", 65020, 310, "192.168.31")
    near, far = (f"expressRouteCircuits/expressroute{n}/peerings/AzurePrivatePeering" for n in (1, 2))
    link = {
        "properties": {
            "peerExpressRouteCircuitPeering": network.azure.ref(far),
            "addressPrefix": "192.168.40.0/29",
        }
    }
    assert (
        network.azure.put(f"{near}/connections/reach", link)["properties"]["circuitConnectionStatus"]
        == "Connected"
    )
    assert network.azure.get("expressRouteCircuits/expressroute1")["properties"]["globalReachEnabled"] is True
    assert len(network.azure.get(far)["properties"]["peeredConnections"]) == 1
    assert refused(lambda: network.azure.delete(far)) == (
        "InUseExpressRouteCircuitPeeringCannotBeDeleted",
        "ER-2",
    )
    network.azure.delete(f"{near}/connections/reach")
    network.azure.delete(far)


def _peering_state(network: Any, near: str, name: str) -> str:
    return str(
        network.azure.get(f"virtualNetworks/{near}/virtualNetworkPeerings/{name}")["properties"][
            "peeringState"
        ]
    )


def _status(network: Any, name: str) -> str:
    return str(network.azure.get(f"connections/{name}")["properties"]["connectionStatus"])


def _circuit(bandwidth: int = 50, family: str = "MeteredData") -> dict[str, Any]:
    provider = {"serviceProviderName": "Equinix", "peeringLocation": "Seattle", "bandwidthInMbps": bandwidth}
    sku = {"name": f"Standard_{family}", "tier": "Standard", "family": family}
    return {"location": "eastus", "sku": sku, "properties": {"serviceProviderProperties": provider}}


def _add_small_network(network: Any, number: int) -> None:
    subnet = {"name": "GatewaySubnet", "properties": {"addressPrefix": f"10.50.{number}.0/27"}}
    space = {"addressPrefixes": [f"10.50.{number}.0/24"]}
    network.azure.put(
        f"virtualNetworks/v{number}",
        {"location": "eastus", "properties": {"addressSpace": space, "subnets": [subnet]}},
    )
    gateway = {
        "gatewayType": "ExpressRoute",
        "sku": {"name": "ErGw1AZ"},
        "ipConfigurations": [network.part("default", f"v{number}")],
    }
    network.azure.put(f"virtualNetworkGateways/g{number}", {"location": "eastus", "properties": gateway})


def _link(network: Any, number: int) -> dict[str, Any]:
    ends = {
        "virtualNetworkGateway1": network.gateway(f"g{number}"),
        "peer": network.azure.ref("expressRouteCircuits/expressroute1"),
    }
    return {"location": "eastus", "properties": {"connectionType": "ExpressRoute", **ends}}
