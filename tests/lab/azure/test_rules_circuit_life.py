"""Rules about the life of a circuit, and about how much one may carry."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.lab.azure.azure_client import refused


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


def test_a_circuit_reaches_another_geopolitical_region_with_premium_only(network: Any) -> None:
    network.add_virtual_network("hub")
    network.add_express_route_gateway("hub")
    network.add_circuit("far", "London", 65021, 300, "192.168.30")
    connect = partial(network.add_circuit_connection, "far", "hub")
    assert refused(connect) == ("ExpressRoutePremiumRequired", "ER-11")
    circuit = network.azure.get("expressRouteCircuits/far")
    circuit["sku"] = {"name": "Premium_MeteredData", "tier": "Premium", "family": "MeteredData"}
    network.azure.put("expressRouteCircuits/far", circuit)
    connect()
    circuit["sku"] = {"name": "Standard_MeteredData", "tier": "Standard", "family": "MeteredData"}
    back = partial(network.azure.put, "expressRouteCircuits/far", circuit)
    assert refused(back) == ("ExpressRoutePremiumRequired", "ER-11")


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
    body: dict[str, Any] = {
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
    reach = "expressRouteCircuits/expressroute1/peerings/AzurePrivatePeering/connections/theirs"
    far = {"id": f"{circuit}/peerings/AzurePrivatePeering"}
    link = {"properties": {"peerExpressRouteCircuitPeering": far, "addressPrefix": "192.168.60.0/29"}}
    assert refused(lambda: azure.put(reach, link)) == ("InvalidAuthorizationKey", "ER-12")
    link["properties"]["authorizationKey"] = key
    azure.put(reach, link)
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
