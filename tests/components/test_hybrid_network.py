"""What the whole program registers, for the test stack and for networks that differ from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.components.descriptions import NETWORK, PROVISIONED, SMALL, described


def test_hub_lends_its_gateways_and_only_the_spoke_uses_them(test_stack: Any) -> None:
    halves = test_stack.of_type(f"{NETWORK}VirtualNetworkPeering")
    hub, spoke = halves["hub-spoke-peering-hub-half"], halves["hub-spoke-peering-spoke-half"]
    assert (hub["allowGatewayTransit"], hub["useRemoteGateways"]) == (True, False)
    assert (spoke["allowGatewayTransit"], spoke["useRemoteGateways"]) == (False, True)
    assert hub["remoteVirtualNetwork"] == {"id": "id-of-spoke-virtual-network"}


def test_each_half_of_a_peering_is_written_again_as_the_other_side_changes(test_stack: Any) -> None:
    halves = test_stack.of_type(f"{NETWORK}VirtualNetworkPeering")
    hub, spoke = halves["hub-spoke-peering-hub-half"], halves["hub-spoke-peering-spoke-half"]
    assert hub["remoteAddressSpace"] == {"addressPrefixes": ["10.11.30.0/26"]}
    assert spoke["remoteAddressSpace"] == {"addressPrefixes": ["10.10.30.0/24"]}
    assert hub["syncRemoteAddressSpace"] == spoke["syncRemoteAddressSpace"] == "true"


def test_branch_gateway_has_its_own_asn(test_stack: Any) -> None:
    gateways = test_stack.of_type(f"{NETWORK}VirtualNetworkGateway")
    assert gateways["branch-vpn-gateway"]["bgpSettings"] == {"asn": 65516}
    assert gateways["hub-vpn-gateway"]["bgpSettings"] == {"asn": 65515}


def test_expressroute_gateways_leave_public_ip_and_asn_to_azure(test_stack: Any) -> None:
    gateways = test_stack.of_type(f"{NETWORK}VirtualNetworkGateway")
    for name in ("hub-expressroute-gateway", "remote-expressroute-gateway"):
        assert "publicIPAddress" not in gateways[name]["ipConfigurations"][0]
        assert "bgpSettings" not in gateways[name]
        assert gateways[name]["allowRemoteVnetTraffic"] is True
        assert gateways[name]["sku"] == {"name": "ErGw1AZ", "tier": "ErGw1AZ"}


def test_circuit_connections_carry_neither_shared_key_nor_authorization(test_stack: Any) -> None:
    connections = test_stack.of_type(f"{NETWORK}VirtualNetworkGatewayConnection")
    to_circuits = {name: c for name, c in connections.items() if c["connectionType"] == "ExpressRoute"}
    assert sorted(to_circuits) == [
        "expressroute1-hub-connection",
        "expressroute1-remote-connection",
        "expressroute2-hub-connection",
    ]
    for connection in to_circuits.values():
        assert "sharedKey" not in connection
        assert "authorizationKey" not in connection


def test_both_halves_of_a_tunnel_between_gateways_agree(test_stack: Any) -> None:
    connections = test_stack.of_type(f"{NETWORK}VirtualNetworkGatewayConnection")
    hub = connections["hub-branch-tunnel-connection-from-hub"]
    branch = connections["hub-branch-tunnel-connection-from-branch"]
    assert hub["virtualNetworkGateway1"] == branch["virtualNetworkGateway2"]
    assert hub["virtualNetworkGateway2"] == branch["virtualNetworkGateway1"]
    assert hub["sharedKey"] == branch["sharedKey"]
    assert hub["ipsecPolicies"] == branch["ipsecPolicies"]
    assert hub["enableBgp"] is branch["enableBgp"] is True


def test_local_network_gateway_has_no_prefixes_beside_bgp(test_stack: Any) -> None:
    (gateway,) = test_stack.of_type(f"{NETWORK}LocalNetworkGateway").values()
    assert gateway["localNetworkAddressSpace"] == {"addressPrefixes": []}
    assert gateway["bgpSettings"] == {"asn": 65021, "bgpPeeringAddress": "10.2.30.125"}
    assert gateway["gatewayIpAddress"] == "66.198.12.106"


def test_both_ends_of_each_tunnel_have_the_strong_policy_by_default(test_stack: Any) -> None:
    connections = test_stack.of_type(f"{NETWORK}VirtualNetworkGatewayConnection")
    tunnels = {name: c for name, c in connections.items() if c["connectionType"] != "ExpressRoute"}
    assert sorted(tunnels) == [
        "hub-branch-tunnel-connection-from-branch",
        "hub-branch-tunnel-connection-from-hub",
        "hub-location1-tunnel-connection",
    ]
    for tunnel in tunnels.values():
        assert tunnel["ipsecPolicies"] == [
            {
                "ikeEncryption": "AES256",
                "ikeIntegrity": "SHA256",
                "dhGroup": "DHGroup14",
                "ipsecEncryption": "GCMAES256",
                "ipsecIntegrity": "GCMAES256",
                "pfsGroup": "PFS2048",
                "saLifeTimeSeconds": 27000,
                "saDataSizeKilobytes": 102400000,
            }
        ]
    router = test_stack.of_type("iosxe:index:Configuration")["location1-ce1-router"]
    for line in (" encryption aes-cbc-256", " integrity sha256", " group 14", " set pfs group14"):
        assert line in router["lines"]


def test_private_peering_has_both_links(test_stack: Any) -> None:
    peering = test_stack.of_type(f"{NETWORK}ExpressRouteCircuitPeering")[
        "expressroute1-circuit-private-peering"
    ]
    assert peering["primaryPeerAddressPrefix"] == "192.168.30.16/30"
    assert peering["secondaryPeerAddressPrefix"] == "192.168.30.20/30"
    assert (peering["peerASN"], peering["vlanId"]) == (65021, 300)


def test_subnets_and_peerings_are_never_inline(test_stack: Any) -> None:
    for vnet in test_stack.of_type(f"{NETWORK}VirtualNetwork").values():
        assert not {"subnets", "virtualNetworkPeerings"} & set(vnet)
    for circuit in test_stack.of_type(f"{NETWORK}ExpressRouteCircuit").values():
        assert not {"peerings", "authorizations"} & set(circuit)


def test_router_gets_the_gateways_addresses_and_the_tunnels_key(test_stack: Any) -> None:
    router = test_stack.of_type("iosxe:index:Configuration")["location1-ce1-router"]
    assert router["values"] == {
        "hub-vpn-gateway-public-ip-1": "52.168.162.84",
        "hub-vpn-gateway-bgp-address-1": "10.10.30.254",
    }
    connections = test_stack.of_type(f"{NETWORK}VirtualNetworkGatewayConnection")
    azure_key = connections["hub-location1-tunnel-connection"]["sharedKey"]
    assert router["secrets"] == {"hub-location1-shared-key": azure_key}
    assert not any(azure_key in line for line in router["lines"])


def test_router_is_known_by_its_serial_and_pushed_after_others_of_its_site(
    deploy: Callable[..., Any], stack_file: Path
) -> None:
    network = described(stack_file)
    network["routers"]["location1-ce1"]["management"] = {"serial": "FXS1932Q0AB", "revertMinutes": 9}
    routers = deploy(network).of_type("iosxe:index:Configuration")
    taken = {
        name: tuple(router.get(key) for key in ("serial", "revertMinutes", "site"))
        for name, router in routers.items()
    }
    assert taken == {
        "location1-ce1-router": ("FXS1932Q0AB", 9, "location1"),
        "location1-ce2-router": (None, None, "location1"),
        "location2-ce1-router": (None, None, "location2"),
        "location2-ce2-router": (None, None, "location2"),
    }


@pytest.mark.parametrize(
    ("preview", "circuits", "connected"),
    [
        pytest.param(True, {}, True, id="planned: the preview shows all"),
        pytest.param(
            True, {"erc-c-test-eastus": ("NotProvisioned", False)}, False, id="ordered: the rest waits"
        ),
        pytest.param(
            False, {"erc-c-test-eastus": ("Provisioning", False)}, False, id="being provisioned: waits"
        ),
        pytest.param(False, {"erc-c-test-eastus": ("Provisioned", False)}, True, id="provisioned: goes on"),
        pytest.param(
            False, {"erc-c-test-eastus": ("Deprovisioning", True)}, True, id="peered: never given up"
        ),
    ],
)
def test_circuit_takes_two_phases(
    deploy: Callable[..., Any],
    preview: bool,
    circuits: dict[str, tuple[str, bool]],
    connected: bool,
) -> None:
    found = {
        name: {"serviceProviderProvisioningState": state, "peerings": [{"name": "p"}] if peered else []}
        for name, (state, peered) in circuits.items()
    }
    deployment = deploy(SMALL, preview=preview, circuits=found)
    assert bool(deployment.of_type(f"{NETWORK}ExpressRouteCircuitPeering")) is connected
    assert bool(deployment.of_type(f"{NETWORK}VirtualNetworkGatewayConnection")) is connected
    assert deployment.of_type(f"{NETWORK}ExpressRouteCircuit")


def test_every_component_is_found_in_the_stack_file(deploy: Callable[..., Any], stack_file: Path) -> None:
    deployment = deploy(stack_file, preview=True)
    lines = stack_file.read_text(encoding="utf-8").splitlines()
    file, *entries = deployment.outputs["sourcePlaces"].split(" ")
    places = {name: int(line) for name, _, line in (entry.partition("@") for entry in entries)}
    assert file == "Pulumi.test.yaml"
    for name, begins in (
        ("hub-virtual-network", "hub:"),
        ("branch-vpn-gateway", "vpnGateway:"),
        ("hub-spoke-peering", "hub-spoke:"),
        ("expressroute1-circuit", "expressroute1:"),
        ("expressroute2-hub-connection", "expressroute2-hub:"),
        ("hub-location1-tunnel", "hub-location1:"),
        ("location2-ce2-router", "location2-ce2:"),
    ):
        assert lines[places[name] - 1].strip().startswith(begins), name
    azure = [r.name for r in deployment.resources if r.type.startswith("azure-native:network:")]
    assert all(any(name.startswith(known) for known in places) for name in azure)


def test_route_tables_are_attached_to_their_subnets(deploy: Callable[..., Any]) -> None:
    hub = {
        **SMALL["virtualNetworks"]["hub"],
        "subnets": {
            "GatewaySubnet": {"prefix": "10.0.0.0/26"},
            "workload": {"prefix": "10.0.0.64/26", "routeTable": "to-firewall"},
            "other": {"prefix": "10.0.0.128/26", "routeTable": "shared"},
        },
    }
    id_of_shared = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/routeTables/shared"
    tables = {
        "to-firewall": {
            "propagateGatewayRoutes": False,
            "routes": {
                "all": {"prefix": "0.0.0.0/0", "nextHop": "VirtualAppliance", "address": "10.0.0.132"},
                "nowhere": {"prefix": "10.9.0.0/16", "nextHop": "None"},
            },
        },
        "shared": {"existing": {"id": id_of_shared}},
    }
    deployment = deploy({**SMALL, "virtualNetworks": {"hub": hub}, "routeTables": tables}, preview=True)
    (table,) = deployment.of_type(f"{NETWORK}RouteTable").values()
    assert table["routeTableName"] == "rt-to-firewall-test-eastus"
    assert table["disableBgpRoutePropagation"] is True
    appliance = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.132"}
    assert table["routes"] == [
        {"name": "all", "addressPrefix": "0.0.0.0/0", **appliance},
        {"name": "nowhere", "addressPrefix": "10.9.0.0/16", "nextHopType": "None"},
    ]
    subnets = deployment.of_type(f"{NETWORK}Subnet")
    assert subnets["hub-virtual-network-workload"]["routeTable"] == {"id": "id-of-to-firewall-route-table"}
    assert subnets["hub-virtual-network-other"]["routeTable"] == {"id": id_of_shared}
    assert "routeTable" not in subnets["hub-virtual-network-GatewaySubnet"]


def test_each_instance_of_a_gateway_keeps_its_own_addresses(
    deploy: Callable[..., Any], stack_file: Path
) -> None:
    network = described(stack_file)
    network["virtualNetworks"]["hub"]["vpnGateway"] = {"activeActive": True}
    network["tunnels"]["hub-location1"]["router"]["tunnelNumbers"] = [30, 31]
    deployment = deploy(network, circuits=PROVISIONED)
    router = deployment.of_type("iosxe:index:Configuration")["location1-ce1-router"]
    addresses = {name: value for name, value in router["values"].items() if "bgp-address" in name}
    assert addresses == {
        "hub-vpn-gateway-bgp-address-1": "10.10.30.254",
        "hub-vpn-gateway-bgp-address-2": "10.10.30.253",
    }


@pytest.mark.parametrize(
    ("gateway", "zones"),
    [
        pytest.param({}, ["1", "2", "3"], id="zone-redundant unless said otherwise"),
        pytest.param({"zones": ["2"]}, ["2"], id="one zone"),
        pytest.param({"zones": []}, None, id="a region without zones"),
        pytest.param({"sku": "VpnGw1"}, None, id="a SKU without zones"),
    ],
)
def test_zones_of_a_vpn_gateways_address(
    deploy: Callable[..., Any], gateway: dict[str, Any], zones: list[str] | None
) -> None:
    hub = {**SMALL["virtualNetworks"]["hub"], "vpnGateway": gateway}
    deployment = deploy({**SMALL, "virtualNetworks": {"hub": hub}}, preview=True)
    (address,) = deployment.of_type(f"{NETWORK}PublicIPAddress").values()
    assert address.get("zones") == zones
    assert (address["sku"], address["publicIPAllocationMethod"]) == ({"name": "Standard"}, "Static")


def test_outputs_have_what_a_later_stack_needs(test_stack: Any) -> None:
    assert set(test_stack.outputs) == {
        "virtualNetworkIds",
        "subnetIds",
        "expressRouteGatewayIds",
        "vpnGateways",
        "circuitIds",
        "serviceKeys",
        "sourcePlaces",
    }
    assert set(test_stack.outputs["subnetIds"]["hub"]) == {"workload", "GatewaySubnet"}
    assert set(test_stack.outputs["vpnGateways"]) == {"hub", "branch"}


def test_a_name_that_azure_would_not_take_is_refused_beforehand(deploy: Callable[..., Any]) -> None:
    hub = {"a" * 40: SMALL["virtualNetworks"]["hub"]}
    network = {**SMALL, "location": "germanywestcentral", "virtualNetworks": hub, "connections": {}}
    with pytest.raises(pulumi.RunError, match=r"has 69 characters, and Azure takes 64: shorten a{40}'s name"):
        deploy(network, preview=True)


def test_tags_reach_what_takes_tags(deploy: Callable[..., Any]) -> None:
    deployment = deploy({**SMALL, "tags": {"owner": "network team"}}, preview=True)
    for kind in ("VirtualNetwork", "VirtualNetworkGateway", "ExpressRouteCircuit"):
        (inputs,) = deployment.of_type(f"{NETWORK}{kind}").values()
        assert inputs["tags"] == {"environment": "test", "owner": "network team"}


def test_global_reach_waits_for_both_circuits(deploy: Callable[..., Any]) -> None:
    links = {"primary": {"prefix": "192.168.0.8/30"}, "secondary": {"prefix": "192.168.0.12/30"}}
    second = {
        **SMALL["circuits"]["c"],
        "peeringLocation": "Silicon Valley",
        "privatePeering": {**SMALL["circuits"]["c"]["privatePeering"], **links},
    }
    network = {
        **SMALL,
        "circuits": {"c": SMALL["circuits"]["c"], "d": second},
        "globalReach": {"c-d": {"circuits": ["c", "d"], "prefix": "192.168.1.0/29"}},
    }
    provisioned = {"serviceProviderProvisioningState": "Provisioned", "peerings": []}
    ordered = {"serviceProviderProvisioningState": "NotProvisioned", "peerings": []}
    kind = f"{NETWORK}ExpressRouteCircuitConnection"

    one = deploy(network, circuits={"erc-c-test-eastus": provisioned, "erc-d-test-eastus": ordered})
    assert one.of_type(kind) == {}
    both = deploy(network, circuits=dict.fromkeys(("erc-c-test-eastus", "erc-d-test-eastus"), provisioned))
    (connection,) = both.of_type(kind).values()
    assert connection["addressPrefix"] == "192.168.1.0/29"
    peering = "id-of-{}-circuit/peerings/AzurePrivatePeering"
    assert connection["expressRouteCircuitPeering"] == {"id": peering.format("c")}
    assert connection["peerExpressRouteCircuitPeering"] == {"id": peering.format("d")}


def test_a_route_server_is_refused_rather_than_left_out(deploy: Callable[..., Any]) -> None:
    hub = {
        **SMALL["virtualNetworks"]["hub"],
        "subnets": {
            "GatewaySubnet": {"prefix": "10.0.0.0/26"},
            "RouteServerSubnet": {"prefix": "10.0.0.64/26"},
        },
        "routeServer": {},
    }
    with pytest.raises(pulumi.RunError, match=r"virtualNetworks\.hub\.routeServer: .* does not deploy"):
        deploy({**SMALL, "virtualNetworks": {"hub": hub}})
    server = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualHubs/server"}
    with_existing = {"hub": {**hub, "routeServer": {"existing": server}}}
    deployment = deploy({**SMALL, "virtualNetworks": with_existing}, preview=True)
    assert list(deployment.of_type(f"{NETWORK}VirtualNetwork")) == ["hub-virtual-network"]
