"""What is not known: said once, with its place, and nothing else is lost."""

from __future__ import annotations

from typing import Any

import pytest
from network_policies.resource import Resource
from network_policies.stack import stack_of

from tests.policy.broken_gateways import more_circuits

HUB_ID = (
    "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg-other/providers/Microsoft.Network"
    "/virtualNetworks/vnet-central"
)


@pytest.mark.parametrize(
    ("resource", "path", "rule", "where"),
    [
        ("branch-vpn-gateway", "bgpSettings.asn", "vpn-gateway-asn-reserved", "bgpSettings.asn"),
        ("branch-vpn-gateway", "bgpSettings", "vpn-gateway-asn-reserved", "bgpSettings.asn"),
        ("location1-gateway", "bgpSettings.asn", "local-network-gateway-asn-reserved", "bgpSettings.asn"),
        ("circuit-peering", "peerASN", "circuit-peering-asn-reserved", "peerASN"),
        ("hub-half", "allowGatewayTransit", "peering-gateways-lent", "allowGatewayTransit"),
        ("spoke-half", "useRemoteGateways", "peering-single-remote-gateway", "useRemoteGateways"),
        ("branch-gateway-subnet", "addressPrefix", "gateway-subnet-size", "addressPrefix"),
        ("location1-ce1", "lines.3", "router-expressroute-preferred", "lines[3]"),
        ("location1-ce1", "lines", "router-outbound-filter", "lines"),
    ],
)
def test_an_unknown_property_is_named(
    deployment: Any, unknown: Any, resource: str, path: str, rule: Any, where: str
) -> None:
    deployment.put(resource, path, unknown)
    said = deployment.judge("preview")
    named = [found for found in said if found.rule == rule]
    assert named
    assert {found.level for found in said} == {"advisory"}
    assert all("not proven" in found.message and where in found.message for found in named)


def test_an_unknown_on_one_resource_hides_nothing_on_another(deployment: Any, unknown: Any) -> None:
    deployment.put("hub-vpn-gateway", "bgpSettings.asn", unknown)
    deployment.put("branch-vpn-gateway", "bgpSettings.asn", 65517)
    said = {(found.rule, found.resource, found.level) for found in deployment.judge("preview")}
    assert ("vpn-gateway-asn-reserved", "branch-vpn-gateway", "mandatory") in said
    assert ("vpn-gateway-asn-reserved", "hub-vpn-gateway", "advisory") in said


def test_a_hub_outside_the_stack_is_not_proven(deployment: Any, shape: str) -> None:
    for name in ("spoke-half", "hub-half"):
        del deployment.resources[name]
    deployment.resources["spoke-half"] = _half_to(deployment, HUB_ID, shape)
    said = deployment.judge(shape)
    assert {found.level for found in said} == {"advisory"}
    assert {"peering-gateways-lent", "peering-remote-gateway-exists"} <= {found.rule for found in said}
    assert all("vnet-central" in found.message for found in said)


def _half_to(deployment: Any, remote: str, shape: str) -> Any:
    planned = type(deployment.resources["circuit"])
    return planned(
        kind="azure-native:network:VirtualNetworkPeering",
        path="virtualNetworks/vnet-spoke/virtualNetworkPeerings/peer-to-central",
        inputs={
            "resourceGroupName": "rg-hybrid",
            "virtualNetworkName": "vnet-spoke",
            "remoteVirtualNetwork": {"id": remote},
            "useRemoteGateways": True,
        },
        outputs={"peeringState": "Initiated"} if shape == "up" else {},
    )


def test_halves_that_name_their_networks_by_text_are_a_pair(deployment: Any) -> None:
    """Neither half depends on a resource: both networks exist already, one in another stack."""
    planned = type(deployment.resources["circuit"])
    spoke_id = HUB_ID.replace("vnet-central", "vnet-edge")
    for name in ("spoke-half", "hub-half"):
        del deployment.resources[name]
    for name, local, remote, flag in (
        ("a", "vnet-central", spoke_id, "allowGatewayTransit"),
        ("b", "vnet-edge", HUB_ID.upper(), "useRemoteGateways"),
    ):
        half = planned(
            kind="azure-native:network/v20230201:VirtualNetworkPeering",
            path=f"virtualNetworks/{local}/virtualNetworkPeerings/{name}",
            inputs={
                "resourceGroupName": "rg-other",
                "virtualNetworkName": local,
                "remoteVirtualNetwork": {"id": remote},
                flag: True,
            },
        )
        deployment.resources[name] = half
    said = deployment.judge("preview")
    assert {found.rule for found in said} == {"peering-remote-gateway-exists", "peering-addresses-apart"}
    assert {found.level for found in said} == {"advisory"}


def test_a_spoke_uses_one_hub_only(deployment: Any, shape: str, new_half: Any) -> None:
    deployment.resources["spoke-half-2"] = new_half("spoke", "branch", uses=True)
    deployment.resources["branch-half"] = new_half("branch", "spoke", lends=True)
    said = deployment.judge(shape)
    assert {(found.rule, found.resource) for found in said} == {
        ("peering-single-remote-gateway", "spoke-half"),
        ("peering-single-remote-gateway", "spoke-half-2"),
    }


def test_sixteen_circuits_need_a_larger_subnet(deployment: Any, shape: str) -> None:
    deployment.put("hub-gateway-subnet", "addressPrefix", "10.10.30.128/27")
    deployment.put("hub-expressroute-gateway", "sku", {"name": "ErGw3AZ", "tier": "ErGw3AZ"})
    assert deployment.judge(shape) == []
    more_circuits(14, ("Chicago", "Dallas", "Seattle", "Denver"))(deployment)
    (found,) = deployment.judge(shape)
    assert (found.rule, found.resource) == ("gateway-subnet-size", "hub-expressroute-gateway")
    assert "/26" in found.message


def test_a_circuit_is_provisioned_before_it_is_used(deployment: Any, shape: str) -> None:
    deployment.resources["circuit"].outputs["serviceProviderProvisioningState"] = "NotProvisioned"
    (found,) = deployment.judge(shape)
    assert (found.rule, found.resource, found.level) == ("circuit-provisioned", "circuit", "mandatory")


def test_a_new_circuit_is_not_proven_to_be_provisioned(deployment: Any) -> None:
    deployment.resources["circuit"].exists = False
    (found,) = deployment.judge("preview")
    assert (found.rule, found.level) == ("circuit-provisioned", "advisory")
    assert "not proven: serviceProviderProvisioningState of circuit" in found.message


@pytest.mark.parametrize("name", ["hub-vpn-gateway-bgp-address-1", "hub-vpn-gateway-public-ip-1"])
def test_an_address_that_is_not_the_gateways_own(deployment: Any, shape: str, name: str) -> None:
    deployment.put("location1-ce1", f"values.{name}", "10.10.30.253")
    (found,) = [one for one in deployment.judge(shape) if one.rule != "router-every-instance"]
    assert (found.rule, found.resource) == ("router-azure-address", "location1-ce1")
    assert (found.level, "not proven" in found.message) == (
        ("advisory", True) if shape == "preview" else ("mandatory", False)
    )


def test_a_new_expressroute_gateway_has_no_public_ip(deployment: Any, ref: Any) -> None:
    gateway = deployment.resources["hub-expressroute-gateway"]
    deployment.resources["address"] = deployment.resources["hub-address-1"]
    deployment.put("hub-expressroute-gateway", "ipConfigurations.0.publicIPAddress", {"id": ref("address")})
    (found,) = deployment.judge("preview")
    assert (found.rule, found.resource) == ("expressroute-gateway-public-ip", "hub-expressroute-gateway")
    gateway.exists = True
    assert deployment.judge("preview") == []


def test_a_subnet_inside_its_network_counts(deployment: Any, shape: str, ref: Any) -> None:
    del deployment.resources["branch-gateway-subnet"]
    deployment.put(
        "branch-network", "subnets", [{"name": "GatewaySubnet", "addressPrefix": "10.11.30.96/30"}]
    )
    network = deployment.resources["branch-network"]
    network.outputs["subnet"] = f"{network.id}/subnets/GatewaySubnet"
    deployment.put("branch-vpn-gateway", "ipConfigurations.0.subnet.id", ref("branch-network", "subnet"))
    (found,) = deployment.judge(shape)
    assert (found.rule, found.resource) == ("gateway-subnet-size", "branch-vpn-gateway")


def test_a_default_that_azure_filled_in_is_read_from_the_outputs(deployment: Any) -> None:
    deployment.put("branch-vpn-gateway", "bgpSettings", None)
    deployment.resources["branch-vpn-gateway"].outputs["bgpSettings"] = {"asn": 65516}
    (found,) = deployment.judge("up")
    assert (found.rule, found.resource) == ("vpn-gateway-asn-grey", "branch-vpn-gateway")


def test_a_component_that_gives_out_its_gateways_id_is_not_the_gateway() -> None:
    """As a component sorts last, it would otherwise stand in for the gateway, without its ASN."""
    gateway_id = HUB_ID.replace("virtualNetworks/vnet-central", "virtualNetworkGateways/branch")
    resources = [
        Resource(
            urn=f"urn:pulumi:test::test::{kind}::branch",
            type=kind,
            name="branch",
            outputs={"id": gateway_id, "bgpSettings": {"asn": 65516}} if asn else {"id": gateway_id},
        )
        for kind, asn in (("azure-native:network:VirtualNetworkGateway", True), ("own:VpnGateway", False))
    ]
    for order in (resources, resources[::-1]):
        assert stack_of(order).by_id(gateway_id).resource is resources[0]
