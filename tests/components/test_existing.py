"""What exists already is referred to, and authorized where it is in another subscription."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.components.conftest import OWN_SUBSCRIPTION
from tests.components.descriptions import NETWORK, PROVISIONED, SMALL, described


def test_what_exists_is_not_created(deploy: Callable[..., Any]) -> None:
    base = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.Network"
    network = {
        **SMALL,
        "virtualNetworks": {
            "hub": {
                "addressSpace": ["10.0.0.0/24"],
                "existing": {"id": f"{base}/virtualNetworks/hub"},
                "expressRouteGateway": {"existing": {"id": f"{base}/virtualNetworkGateways/gw"}},
            }
        },
        "circuits": {"c": {**SMALL["circuits"]["c"], "existing": {"id": f"{base}/expressRouteCircuits/c"}}},
    }
    own = {"azure-native:subscriptionId": "00000000-0000-0000-0000-00000000000A"}
    deployment = deploy(network, config=own)
    azure = [r for r in deployment.resources if r.type.startswith("azure-native:network")]
    assert [(r.name, r.inputs["peer"]) for r in azure] == [
        ("c-hub-connection", {"id": f"{base}/expressRouteCircuits/c"})
    ]
    assert azure[0].inputs["virtualNetworkGateway1"] == {"id": f"{base}/virtualNetworkGateways/gw"}


OWN = {"azure-native:subscriptionId": "00000000-0000-0000-0000-00000000000A"}

OTHER = "00000000-0000-0000-0000-00000000000b"


def id_of(kind: str, name: str, subscription: str = OTHER) -> dict[str, str]:
    group = f"/subscriptions/{subscription}/resourceGroups/rg"
    return {"id": f"{group}/providers/Microsoft.Network/{kind}/{name}"}


def with_existing_circuit(subscription: str = OTHER) -> dict[str, Any]:
    circuit = {**SMALL["circuits"]["c"], "existing": id_of("expressRouteCircuits", "c", subscription)}
    return {**SMALL, "circuits": {"c": circuit}}


def test_a_circuit_of_another_subscription_is_authorized(deploy: Callable[..., Any]) -> None:
    deployment = deploy(with_existing_circuit(), config=OWN)
    (authorization,) = deployment.of_type(f"{NETWORK}ExpressRouteCircuitAuthorization").values()
    assert authorization["circuitName"] == "c"
    (connection,) = deployment.of_type(f"{NETWORK}VirtualNetworkGatewayConnection").values()
    assert connection["authorizationKey"] == "00000000-0000-4000-8000-000000000002"
    providers = deployment.of_type("pulumi:providers:azure-native")
    assert [inputs["subscriptionId"] for inputs in providers.values()] == [
        "00000000-0000-0000-0000-00000000000b"
    ]


def test_an_authorization_that_was_given_is_used(deploy: Callable[..., Any]) -> None:
    given = {"hybrid:authorizationKeys": '{"c-hub": "11111111-0000-4000-8000-000000000003"}'}
    deployment = deploy(with_existing_circuit(), config=OWN | given)
    assert deployment.of_type(f"{NETWORK}ExpressRouteCircuitAuthorization") == {}
    (connection,) = deployment.of_type(f"{NETWORK}VirtualNetworkGatewayConnection").values()
    assert connection["authorizationKey"] == "11111111-0000-4000-8000-000000000003"


@pytest.mark.parametrize("configured", [True, False], ids=["configured", "logged in to"])
def test_no_authorization_within_one_subscription(deploy: Callable[..., Any], *, configured: bool) -> None:
    deployment = deploy(with_existing_circuit(OWN_SUBSCRIPTION.lower()), config=OWN if configured else {})
    assert deployment.of_type(f"{NETWORK}ExpressRouteCircuitAuthorization") == {}
    assert deployment.of_type("pulumi:providers:azure-native") == {}
    (connection,) = deployment.of_type(f"{NETWORK}VirtualNetworkGatewayConnection").values()
    assert "authorizationKey" not in connection


def test_the_own_subscription_is_asked_for_only_where_something_exists(deploy: Callable[..., Any]) -> None:
    function = "azure-native:authorization:getClientConfig"
    assert function not in deploy(SMALL, preview=True).asked
    assert deploy(with_existing_circuit()).asked.count(function) == 1
    assert function not in deploy(with_existing_circuit(), config=OWN).asked


def test_gateways_of_a_network_that_exists_go_beside_it(deploy: Callable[..., Any], stack_file: Path) -> None:
    network = described(stack_file)
    network["virtualNetworks"]["hub"]["existing"] = id_of("virtualNetworks", "corporate-hub")
    deployment = deploy(network, preview=True, config=OWN)
    beside = [
        r
        for r in deployment.resources
        if r.type.startswith(NETWORK) and r.inputs["resourceGroupName"] == "rg" and OTHER in r.provider
    ]
    assert sorted(r.name for r in beside) == [
        "expressroute1-hub-connection",
        "expressroute2-hub-connection",
        "hub-branch-tunnel-connection-from-hub",
        "hub-expressroute-gateway",
        "hub-location1-tunnel-connection",
        "hub-location1-tunnel-local-network-gateway",
        "hub-spoke-peering-hub-half",
        "hub-vpn-gateway",
        "hub-vpn-gateway-public-ip-1",
    ]
    keys = [
        r.inputs.get("authorizationKey") for r in beside if "expressroute" in r.name and "peer" in r.inputs
    ]
    assert keys == ["00000000-0000-4000-8000-000000000002"] * 2, (
        "circuits are in the stack's own subscription"
    )
    gateway = deployment.of_type(f"{NETWORK}VirtualNetworkGateway")["hub-vpn-gateway"]
    subnet = f"{id_of('virtualNetworks', 'corporate-hub')['id']}/subnets/GatewaySubnet"
    assert gateway["ipConfigurations"][0]["subnet"] == {"id": subnet}


def test_an_existing_vpn_gateway_is_asked_for_its_addresses(
    deploy: Callable[..., Any], stack_file: Path
) -> None:
    network = described(stack_file)
    network["virtualNetworks"]["hub"] |= {
        "existing": id_of("virtualNetworks", "corporate-hub"),
        "vpnGateway": {"existing": id_of("virtualNetworkGateways", "vpn"), "activeActive": True},
    }
    network["tunnels"]["hub-location1"]["router"]["tunnelNumbers"] = [30, 31]
    deployment = deploy(network, config=OWN, circuits=PROVISIONED)
    router = deployment.of_type("iosxe:index:Configuration")["location1-ce1-router"]
    assert router["values"] == {
        "hub-vpn-gateway-public-ip-1": "203.0.113.1",
        "hub-vpn-gateway-bgp-address-1": "10.0.0.62",
        "hub-vpn-gateway-public-ip-2": "203.0.113.2",
        "hub-vpn-gateway-bgp-address-2": "10.0.0.61",
    }


def test_an_existing_vpn_gateway_with_other_instances_is_refused(
    deploy: Callable[..., Any], stack_file: Path
) -> None:
    network = described(stack_file)
    network["virtualNetworks"]["hub"] |= {
        "existing": id_of("virtualNetworks", "corporate-hub"),
        "vpnGateway": {"existing": id_of("virtualNetworkGateways", "vpn")},
    }
    with pytest.raises(pulumi.RunError, match="vpn has 2 instances with addresses for BGP, but 1 described"):
        deploy(network, preview=True, config=OWN)


def test_global_reach_to_a_circuit_of_another_subscription_is_authorized(deploy: Callable[..., Any]) -> None:
    links = {"primary": {"prefix": "192.168.0.8/30"}, "secondary": {"prefix": "192.168.0.12/30"}}
    theirs = {
        "existing": id_of("expressRouteCircuits", "theirs"),
        "privatePeering": {**SMALL["circuits"]["c"]["privatePeering"], **links},
    }
    network = {
        **SMALL,
        "circuits": {"c": SMALL["circuits"]["c"], "theirs": theirs},
        "globalReach": {"both": {"circuits": ["c", "theirs"], "prefix": "192.168.1.0/29"}},
    }
    deployment = deploy(network, preview=True, config=OWN)
    (authorization,) = deployment.of_type(f"{NETWORK}ExpressRouteCircuitAuthorization").values()
    assert (authorization["circuitName"], authorization["authorizationName"]) == ("theirs", "both")
    (reach,) = deployment.of_type(f"{NETWORK}ExpressRouteCircuitConnection").values()
    assert reach["authorizationKey"] == "00000000-0000-4000-8000-000000000002"
    own = {"hybrid:authorizationKeys": '{"both": "11111111-0000-4000-8000-000000000003"}'}
    given = deploy(network, preview=True, config=OWN | own)
    assert given.of_type(f"{NETWORK}ExpressRouteCircuitAuthorization") == {}
    (reach,) = given.of_type(f"{NETWORK}ExpressRouteCircuitConnection").values()
    assert reach["authorizationKey"] == "11111111-0000-4000-8000-000000000003"
