"""What exists already, in a subscription of somebody else's: referred to by id, never created nor deleted."""

from __future__ import annotations

from typing import Any

import pytest

from lab.azure.subscriptions import ANOTHER_SUBSCRIPTION
from tests.deployment.conftest import NOW, Deployment, files_with

pytestmark = pytest.mark.engine

_GROUP = f"/subscriptions/{ANOTHER_SUBSCRIPTION}/resourceGroups/shared"
_THEIRS = f"{_GROUP}/providers/Microsoft.Network"


def order_what_exists(deployment: Deployment) -> list[str]:
    """Build a hub and a peered circuit as their owner would have; return the ids of it all."""
    located: dict[str, Any] = {"location": "westeurope"}
    subnet = {"id": f"{_THEIRS}/virtualNetworks/hub/subnets/GatewaySubnet"}
    part = {"name": "default", "properties": {"subnet": subnet}}
    for path, body in (
        ("", located),
        ("virtualNetworks/hub", {"properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/24"]}}}),
        ("virtualNetworks/hub/subnets/GatewaySubnet", {"properties": {"addressPrefix": "10.1.0.0/26"}}),
        (
            "virtualNetworkGateways/express-route",
            {
                "properties": {
                    "gatewayType": "ExpressRoute",
                    "sku": {"name": "ErGw1AZ"},
                    "ipConfigurations": [part],
                }
            },
        ),
        (
            "expressRouteCircuits/circuit",
            {
                "sku": {"name": "Standard_MeteredData", "tier": "Standard", "family": "MeteredData"},
                "properties": {
                    "serviceProviderProperties": {
                        "serviceProviderName": "Equinix",
                        "peeringLocation": "Amsterdam",
                        "bandwidthInMbps": 50,
                    }
                },
            },
        ),
        (
            "expressRouteCircuits/circuit/peerings/AzurePrivatePeering",
            {
                "properties": {
                    "peeringType": "AzurePrivatePeering",
                    "peerASN": 65010,
                    "primaryPeerAddressPrefix": "172.16.0.0/30",
                    "secondaryPeerAddressPrefix": "172.16.0.4/30",
                    "vlanId": 100,
                }
            },
        ),
    ):
        top = path.count("/") == 1
        deployment.azure("PUT", f"{_THEIRS}/{path}" if path else _GROUP, {**(located if top else {}), **body})
    return deployment.azure_resources()


_NETWORK = f"""
    location: westeurope
    virtualNetworks:
      hub:
        addressSpace: [10.1.0.0/24]
        existing: {{id: {_THEIRS}/virtualNetworks/hub}}
        expressRouteGateway:
          existing: {{id: {_THEIRS}/virtualNetworkGateways/express-route}}
        vpnGateway: {{}}
      spoke:
        addressSpace: [10.1.1.0/24]
        subnets:
          workload: {{prefix: 10.1.1.0/25}}
      own:
        addressSpace: [10.1.2.0/24]
        subnets:
          GatewaySubnet: {{prefix: 10.1.2.0/26}}
        expressRouteGateway: {{}}
    peerings:
      hub-spoke: {{hub: hub, spoke: spoke}}
    circuits:
      circuit:
        existing: {{id: {_THEIRS}/expressRouteCircuits/circuit}}
        peeringLocation: Amsterdam
        privatePeering:
          peerAsn: 65010
          vlanId: 100
          primary: {{prefix: 172.16.0.0/30}}
          secondary: {{prefix: 172.16.0.4/30}}
    connections:
      circuit-hub: {{circuit: circuit, virtualNetwork: hub}}
      circuit-own: {{circuit: circuit, virtualNetwork: own}}
"""


def test_a_hub_and_a_circuit_of_another_subscription_are_joined_and_left_as_they_were(
    deployment: Deployment,
) -> None:
    before = order_what_exists(deployment)
    deployment.describe(_NETWORK)
    preview = deployment.pulumi("preview")
    assert preview.code == 0, preview.output
    deployment.up()
    again = deployment.pulumi("preview", "--expect-no-changes")
    assert again.code == 0, again.output

    new = [i for i in deployment.azure_resources() if i.startswith(_THEIRS) and i not in before]
    assert [resource.removeprefix(f"{_THEIRS}/") for resource in new] == [
        "connections/con-circuit-hub-test-westeurope",
        "expressRouteCircuits/circuit/authorizations/circuit-own",
        "publicIPAddresses/pip-hub-vpn-test-westeurope-01",
        "virtualNetworkGateways/vgw-hub-test-westeurope",
        "virtualNetworks/hub/virtualNetworkPeerings/peer-to-spoke",
    ]
    for name, owner in (("circuit-hub", _THEIRS), ("circuit-own", _own_group(deployment))):
        connection = deployment.azure("GET", f"{owner}/connections/con-{name}-test-westeurope")
        assert connection["properties"]["connectionStatus"] == "Connected"

    key = deployment.azure("GET", f"{_THEIRS}/expressRouteCircuits/circuit/authorizations/circuit-own")
    assert files_with(key["properties"]["authorizationKey"], deployment.directory.path / "state") == []
    (authorization,) = [r for r in deployment.state() if r["type"].endswith("CircuitAuthorization")]
    assert set(authorization["outputs"]["authorizationKey"]) > {"ciphertext"}

    destroyed = deployment.pulumi("destroy", *NOW)
    assert destroyed.code == 0, destroyed.output
    assert deployment.azure_resources() == before


def test_a_hub_that_its_owner_grows_is_in_sync_once_it_is_described_so(deployment: Deployment) -> None:
    order_what_exists(deployment)
    deployment.describe(_NETWORK)
    deployment.up()
    hub = deployment.azure("GET", f"{_THEIRS}/virtualNetworks/hub")
    hub["properties"]["addressSpace"]["addressPrefixes"].append("10.1.3.0/24")
    deployment.azure("PUT", f"{_THEIRS}/virtualNetworks/hub", hub)
    halves = {
        f"{_own_group(deployment)}/virtualNetworks/vnet-spoke-test-westeurope"
        "/virtualNetworkPeerings/peer-to-hub": "LocalNotInSync",
        f"{_THEIRS}/virtualNetworks/hub/virtualNetworkPeerings/peer-to-spoke": "RemoteNotInSync",
    }
    for half, level in halves.items():
        assert deployment.azure("GET", half)["properties"]["peeringSyncLevel"] == level
    refreshed = deployment.pulumi("refresh", *NOW)
    assert refreshed.code == 0, refreshed.output

    deployment.describe(_NETWORK.replace("[10.1.0.0/24]", "[10.1.0.0/24, 10.1.3.0/24]"))
    deployment.up()
    for half in halves:
        assert deployment.azure("GET", half)["properties"]["peeringSyncLevel"] == "FullyInSync"
    again = deployment.pulumi("preview", "--expect-no-changes")
    assert again.code == 0, again.output


def _own_group(deployment: Deployment) -> str:
    subscription = deployment.variables["ARM_SUBSCRIPTION_ID"]
    group = "rg-hybrid-test-westeurope"
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network"


def test_what_does_not_exist_is_named(deployment: Deployment) -> None:
    theirs = f"{{existing: {{id: {_THEIRS}/virtualNetworkGateways/vpn}}}}"
    deployment.describe(_NETWORK.replace("vpnGateway: {}", f"vpnGateway: {theirs}"))
    refused = deployment.pulumi("preview")
    assert refused.code != 0
    assert "VPN gateway vpn could not be looked up in Azure: Status=404" in refused.output
    assert "Traceback" not in refused.output
    assert deployment.azure_resources() == []
