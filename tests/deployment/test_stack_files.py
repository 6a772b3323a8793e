"""Each of the repository's stack files can be deployed as it is."""

from __future__ import annotations

import pytest

from tests.deployment.conftest import HUB, NOW, ROOT, Deployment, Make

pytestmark = pytest.mark.engine


def deploy(make_deployment: Make, stack: str) -> Deployment:
    """Deploy a stack file, and see that nothing is left to do and that Pulumi has not rewritten it."""
    file = f"Pulumi.{stack}.yaml"
    deployment = make_deployment(file)
    deployment.up()
    again = deployment.pulumi("preview", "--expect-no-changes")
    assert again.code == 0, again.output
    assert deployment.stack_file.read_text(encoding="utf-8") == (ROOT / file).read_text(encoding="utf-8")
    return deployment


def test_the_smallest_network(make_deployment: Make) -> None:
    deployment = deploy(make_deployment, "minimal")
    running = deployment.running("office-ce")
    assert "interface GigabitEthernet0/0/1.100\n description" in running
    assert "neighbor 172.16.0.6 remote-as 12076" in running


def test_a_company_in_production(make_deployment: Make) -> None:
    deployment = deploy(make_deployment, "prod")
    (gateway,) = [i for i in deployment.azure_resources() if i.endswith("vgw-hub-test-germanywestcentral")]
    settings = deployment.azure("GET", gateway)["properties"]["bgpSettings"]["bgpPeeringAddresses"]
    router = deployment.running("warehouse-ce1", host="ce1.warehouse.example.com")
    for instance in settings:  # both instances, each with its own pair of addresses
        destination = f"tunnel destination {instance['tunnelIpAddresses'][0]}"
        assert [i for i in router.split("\ninterface ") if destination in i and i.startswith("Tunnel1")]
        assert f"neighbor {instance['defaultBgpIpAddresses'][0]} remote-as 65515" in router


def test_a_company_in_rehearsal_writes_files_for_its_routers(make_deployment: Make) -> None:
    deployment = deploy(make_deployment, "dev")
    rendered = deployment.project / "rendered" / "test"
    assert {file.name for file in rendered.iterdir()} == {
        f"{name}.cfg" for name in ("north-ce1", "north-ce2", "south-ce1", "south-ce2")
    }
    text = (rendered / "north-ce1.cfg").read_text(encoding="utf-8")
    assert "pre-shared-key local <secret:hub-north-shared-key>" in text
    assert "<output:" not in text
    assert "router bgp" not in deployment.running("north-ce1")
    assert deployment.transcript("north-ce1") == ""


_SECTIONS = """\
    globalReach:
      both: {circuits: [expressroute1, expressroute2], prefix: 192.168.99.0/29}
    routeTables:
      out: {routes: {internet: {prefix: 0.0.0.0/0, nextHop: None}}}
"""


def test_all_that_a_network_can_have(make_deployment: Make) -> None:
    """Active-active gateways, both links of a circuit, Global Reach, a route table, one zone, weights."""
    deployment = make_deployment()
    deployment.edit(
        ("vpnGateway: {} # ASN 65515, as Azure has it", 'vpnGateway: {activeActive: true, zones: ["1"]}'),
        ("tunnelNumbers: [30]", "tunnelNumbers: [30, 31]"),
        ("            enabled: false # shut down on purpose in the setup\n", ""),
        (
            "expressroute1-hub: {circuit: expressroute1,",
            "expressroute1-hub: {weight: 10, circuit: expressroute1,",
        ),
        ("    tunnels:\n", f"{_SECTIONS}    tunnels:\n"),
        ("workload: {prefix: 10.11.30.0/26}", "workload: {prefix: 10.11.30.0/26, routeTable: out}"),
    )
    deployment.up()
    again = deployment.pulumi("preview", "--expect-no-changes")
    assert again.code == 0, again.output

    circuit = f"{HUB}/expressRouteCircuits/erc-expressroute1-test-eastus"
    assert deployment.azure_resource(circuit)["properties"]["globalReachEnabled"] is True
    hub = deployment.azure_resource(f"{HUB}/virtualNetworkGateways/vgw-hub-test-eastus")["properties"]
    assert hub["activeActive"] is True
    first = deployment.running("location1-ce1")
    for instance in hub["bgpSettings"]["bgpPeeringAddresses"]:
        assert f"neighbor {instance['defaultBgpIpAddresses'][0]} remote-as 65515" in first
        assert f"tunnel destination {instance['tunnelIpAddresses'][0]}" in first
    assert "neighbor 192.168.30.4 remote-as 65021" in first, "the companion, by iBGP"
    assert "neighbor 192.168.30.0 remote-as 65021" in deployment.running("location1-ce2")
    subnet = deployment.azure_resource(f"{HUB}/virtualNetworks/vnet-spoke-test-eastus/subnets/workload")
    assert subnet["properties"]["routeTable"]["id"].endswith("/rt-out-test-eastus")

    destroyed = deployment.pulumi("destroy", *NOW)
    assert destroyed.code == 0, destroyed.output
    assert deployment.azure_resources() == []
