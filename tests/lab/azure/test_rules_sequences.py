"""Rules about the order of things, and about networks other than the test setup."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.lab.azure.azure_client import refused
from tests.lab.azure.broken_rules import route_table


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


def test_a_default_route_keeps_gateways_away(network: Any) -> None:
    network.add_virtual_network("hub")
    network.azure.put("routeTables/rt", route_table(("all", "0.0.0.0/0", "None"))(network))
    subnet = network.azure.get("virtualNetworks/hub/subnets/GatewaySubnet")
    subnet["properties"]["routeTable"] = network.azure.ref("routeTables/rt")
    network.azure.put("virtualNetworks/hub/subnets/GatewaySubnet", subnet)
    create = partial(network.add_express_route_gateway, "hub")
    assert refused(create) == ("GatewaySubnetWithDefaultRoute", "GW-5")
    network.azure.put("routeTables/rt", route_table(("one", "10.2.30.0/25", "None"))(network))
    create()


def test_a_route_table_serves_subnets_of_its_region_until_none_has_it(network: Any) -> None:
    network.add_virtual_network("hub")
    workload = "virtualNetworks/hub/subnets/workload"
    subnet = network.azure.get(workload)
    for name, region in (("near", "eastus"), ("far", "westus2")):
        network.azure.put(f"routeTables/{name}", route_table(location=region)(network))
    subnet["properties"]["routeTable"] = network.azure.ref("routeTables/far")
    assert refused(lambda: network.azure.put(workload, subnet)) == ("InvalidResourceReference", "")
    subnet["properties"]["routeTable"] = network.azure.ref("routeTables/near")
    network.azure.put(workload, subnet)
    shown = network.azure.get("routeTables/near")["properties"]["subnets"]
    assert [part["id"].endswith("/hub/subnets/workload") for part in shown] == [True]
    delete = partial(network.azure.delete, "routeTables/near")
    assert refused(delete) == ("InUseRouteTableCannotBeDeleted", "")
    del subnet["properties"]["routeTable"]
    network.azure.put(workload, subnet)
    delete()


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
    other = {"properties": {"remoteVirtualNetwork": network.azure.ref("virtualNetworks/spoke")}}
    half = "virtualNetworks/spoke/virtualNetworkPeerings/to-hub"
    grown = "virtualNetworks/hub/virtualNetworkPeerings/to-spoke"
    assert network.azure.get(half)["properties"]["peeringSyncLevel"] == "LocalNotInSync"
    assert network.azure.get(grown)["properties"]["peeringSyncLevel"] == "RemoteNotInSync"
    network.azure.send("PUT", network.azure.id(grown) + "?syncRemoteAddressSpace=true", other)
    assert network.azure.get(half)["properties"]["peeringSyncLevel"] == "LocalNotInSync", (
        "not the side to sync"
    )
    body = {"properties": {"remoteVirtualNetwork": network.azure.ref("virtualNetworks/hub")}}
    network.azure.send("PUT", network.azure.id(half) + "?syncRemoteAddressSpace=true", body)
    for synced in (half, grown):
        assert network.azure.get(synced)["properties"]["peeringSyncLevel"] == "FullyInSync"


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


def _peering_state(network: Any, near: str, name: str) -> str:
    return str(
        network.azure.get(f"virtualNetworks/{near}/virtualNetworkPeerings/{name}")["properties"][
            "peeringState"
        ]
    )


def _status(network: Any, name: str) -> str:
    return str(network.azure.get(f"connections/{name}")["properties"]["connectionStatus"])
