"""Builds Microsoft's interoperability setup with Azure's own client, looks at it, and takes it down."""

from __future__ import annotations

from typing import Any

from azure.core.rest import HttpRequest

GROUP = "interoperability"


def test_the_whole_test_network_is_built_and_shown_as_azure_shows_it(network: Any) -> None:
    network.build()
    client, group = network.client, GROUP

    hub = client.virtual_networks.get(group, "hub")
    assert [subnet.name for subnet in hub.subnets] == ["workload", "GatewaySubnet"]
    assert [(half.name, half.peering_state) for half in hub.virtual_network_peerings] == [
        ("to-spoke", "Connected")
    ]
    assert len(hub.subnets[1].ip_configurations) == 2

    gateway = client.virtual_network_gateways.get(group, "hub-vpn")
    assert (gateway.bgp_settings.asn, gateway.bgp_settings.bgp_peering_address) == (65515, "10.10.30.254")
    branch = client.virtual_network_gateways.get(group, "branch-vpn")
    assert (branch.bgp_settings.asn, branch.bgp_settings.bgp_peering_address) == (65516, "10.11.30.126")
    public_ip = client.public_ip_addresses.get(group, "hub-1")
    assert gateway.bgp_settings.bgp_peering_addresses[0].tunnel_ip_addresses == [public_ip.ip_address]
    assert public_ip.ip_configuration.id == gateway.ip_configurations[0].id

    circuit = client.express_route_circuits.get(group, "expressroute1")
    assert circuit.service_provider_provisioning_state == "Provisioned"
    assert len(circuit.service_key) == 36
    assert [(peering.azure_asn, peering.peer_asn) for peering in circuit.peerings] == [(12076, 65021)]

    statuses = {c.name: c.connection_status for c in client.virtual_network_gateway_connections.list(group)}
    assert statuses == {
        "expressroute1-hub": "Connected",
        "expressroute1-remote": "Connected",
        "expressroute2-hub": "Connected",
        "hub-location1": "Unknown",
        "hub-branch": "Connected",
        "branch-hub": "Connected",
    }
    assert all(resource.provisioning_state == "Succeeded" for resource in (hub, gateway, public_ip, circuit))


def test_what_was_built_can_be_deleted_in_order(network: Any) -> None:
    network.build()
    client = network.client
    _delete_all(client.virtual_network_gateway_connections)
    _delete_all(client.local_network_gateways)
    for circuit in list(client.express_route_circuits.list(GROUP)):
        _delete_all(client.express_route_circuit_peerings, circuit.name)
    _delete_all(client.express_route_circuits)
    for virtual_network in list(client.virtual_networks.list(GROUP)):
        _delete_all(client.virtual_network_peerings, virtual_network.name)
    _delete_all(client.virtual_network_gateways)
    _delete_all(client.public_ip_addresses)
    _delete_all(client.virtual_networks)
    left = network.azure.send("GET", network.azure.id("") + "/resources", version="2024-03-01").json()[
        "value"
    ]
    assert left == []


def test_deleting_the_group_deletes_all_that_is_in_it(network: Any) -> None:
    network.build()
    answer = network.azure.send("DELETE", network.azure.id(""), version="2024-03-01")
    assert answer.status_code == 202
    assert network.azure.client.send_request(HttpRequest("GET", answer.headers["Location"])).status_code in {
        200,
        202,
    }
    assert network.azure.send("HEAD", network.azure.id(""), version="2024-03-01").status_code == 404
    groups = network.azure.send(
        "GET", "/subscriptions/" + network.azure.server.subscription + "/resourceGroups"
    )
    assert groups.json()["value"] == []


def _delete_all(operations: Any, *parent: str) -> None:
    for found in list(operations.list(GROUP, *parent)):
        operations.begin_delete(GROUP, *parent, found.name).result()
