"""The test stack on the real engine: up, nothing to do, refresh, drift, update, replace, destroy."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.deployment.conftest import HUB, NOW, Deployment, files_with

pytestmark = pytest.mark.engine

_NETWORK = "azure-native:network:"
_ENCRYPTED = {"4dabf18193072939515e22adb298388d", "ciphertext"}
"""The keys of a secret in an exported state."""


def typed(state: list[dict[str, Any]], kind: str) -> list[str]:
    """Return the logical names of a type's resources."""
    return sorted(str(resource["urn"]).rpartition("::")[2] for resource in state if resource["type"] == kind)


def test_up_builds_both_sides_and_leaves_nothing_to_do(deployment: Deployment) -> None:
    preview = deployment.pulumi("preview")
    assert preview.code == 0, preview.output
    first = deployment.up()
    assert first.changes["created"] == preview.changes["create"]

    state = deployment.state()
    in_azure = {str(r["id"]).lower() for r in state if str(r["type"]).startswith("azure-native:")}
    assert in_azure == {resource.lower() for resource in deployment.azure_resources()}
    assert typed(state, f"{_NETWORK}VirtualNetworkPeering") == [
        "hub-spoke-peering-hub-half",
        "hub-spoke-peering-spoke-half",
    ]
    circuits = [r for r in state if r["type"] == f"{_NETWORK}ExpressRouteCircuit"]
    assert [set(circuit["outputs"]["serviceKey"]) for circuit in circuits] == [_ENCRYPTED, _ENCRYPTED]
    for circuit in circuits:
        service_key = deployment.azure("GET", str(circuit["id"]))["properties"]["serviceKey"]
        assert files_with(service_key, deployment.directory.path / "state") == []
        assert service_key not in first.output
    (stack,) = [r for r in state if r["type"] == "pulumi:pulumi:Stack"]  # a provider may come before it
    assert set(stack["outputs"]["serviceKeys"]) == _ENCRYPTED

    router = deployment.running("location1-ce1")
    public_ip = deployment.azure_resource(f"{HUB}/publicIPAddresses/pip-hub-vpn-test-eastus-01")
    assert f"tunnel destination {public_ip['properties']['ipAddress']}" in router
    assert "neighbor 10.10.30.254 remote-as 65515" in router
    assert "set local-preference 200" in router
    assert "<output:" not in router

    deployment.forget_requests()
    before = {name: deployment.transcript(name) for name in ("location1-ce1", "location2-ce2")}
    again = deployment.pulumi("preview", "--expect-no-changes")
    assert again.code == 0, again.output
    assert deployment.up().changes == {"unchanged": first.changes["created"]}
    assert {method for method, _ in deployment.azure_requests()} <= {"GET", "POST"}
    for name, typed_before in before.items():
        since = deployment.transcript(name).removeprefix(typed_before)
        assert "configure terminal" not in since
        assert "show running-config" in since  # it was compared, not skipped


def test_refresh_without_drift_finds_nothing(deployed: Deployment) -> None:
    refreshed = deployed.pulumi("refresh", "--yes", "--expect-no-changes")
    assert refreshed.code == 0, refreshed.output
    after = deployed.pulumi("preview", "--expect-no-changes")
    assert after.code == 0, after.output


def test_drift_in_azure_is_found_and_repaired(deployed: Deployment) -> None:
    subscription = deployed.variables["ARM_SUBSCRIPTION_ID"]
    path = f"{HUB}/connections/con-expressroute1-hub-test-eastus"
    connection = deployed.azure_resource(path)
    connection["properties"]["routingWeight"] = 7
    deployed.azure("PUT", f"/subscriptions/{subscription}/resourceGroups/{path}", connection)

    refreshed = deployed.pulumi("refresh", *NOW)
    assert refreshed.changes["updated"] == 1, refreshed.output
    planned = deployed.pulumi("preview", "--diff")
    assert "routingWeight" in planned.output
    deployed.up()
    assert deployed.azure_resource(path)["properties"].get("routingWeight", 0) == 0


def test_what_vanished_from_azure_is_made_again(deployed: Deployment) -> None:
    subscription = deployed.variables["ARM_SUBSCRIPTION_ID"]
    path = f"{HUB}/connections/con-expressroute2-hub-test-eastus"
    deployed.azure("DELETE", f"/subscriptions/{subscription}/resourceGroups/{path}")
    refreshed = deployed.pulumi("refresh", *NOW)
    assert refreshed.changes["deleted"] == 1, refreshed.output
    assert deployed.up().changes["created"] == 1
    assert deployed.azure_resource(path)["properties"]["provisioningState"] == "Succeeded"


def test_drift_on_a_router_is_found_and_repaired(deployed: Deployment) -> None:
    deployed.type_on_router(
        "location1-ce1", "route-map prefer-ER-over-VPN permit 10", "set local-preference 50"
    )
    assert "set local-preference 50" in deployed.running("location1-ce1")
    preview = deployed.pulumi("preview", "--expect-no-changes")
    assert preview.code != 0
    assert re.search(r"-\s+set local-preference 50\n\s+\+\s+set local-preference 200", preview.output)
    deployed.up()
    assert "set local-preference 200" in deployed.running("location1-ce1")
    assert deployed.pulumi("preview", "--expect-no-changes").code == 0


def test_refresh_shows_drift_of_owned_lines_only(deployed: Deployment) -> None:
    deployed.type_on_router("location2-ce1", "ip route 0.0.0.0 0.0.0.0 192.0.2.1")
    assert deployed.pulumi("refresh", *NOW).changes.get("updated") is None
    deployed.type_on_router(
        "location2-ce1", "route-map prefer-ER-over-VPN permit 10", "no set local-preference"
    )
    refreshed = deployed.pulumi("refresh", *NOW)
    assert refreshed.changes["updated"] == 1, refreshed.output
    deployed.up()
    running = deployed.running("location2-ce1")
    assert "set local-preference 200" in running
    assert "ip route 0.0.0.0 0.0.0.0 192.0.2.1" in running


def test_update_of_a_network_and_a_circuit_keeps_their_children(deployed: Deployment) -> None:
    deployed.edit(
        ("addressSpace: [10.10.30.0/24]", "addressSpace: [10.10.30.0/24, 10.10.31.0/24]"),
        ("bandwidth: 50", "bandwidth: 100"),
        ("tags: {setup: interoperability-test}", "tags: {setup: changed}"),
    )
    preview = deployed.pulumi("preview", "--policy-pack", "policy")
    assert preview.code == 0, preview.output
    assert "vpn-gateway-active-active" in preview.output
    for untrue in ("not proven", "not in this stack", "ordered in this run"):
        assert untrue not in preview.output, "an update's preview knows no ids but from references"
    before = deployed.azure_resources()
    deployed.up()
    assert deployed.azure_resources() == before
    hub = deployed.azure_resource(f"{HUB}/virtualNetworks/vnet-hub-test-eastus")
    assert hub["properties"]["addressSpace"]["addressPrefixes"] == ["10.10.30.0/24", "10.10.31.0/24"]
    assert hub["tags"]["setup"] == "changed"
    assert {subnet["name"] for subnet in hub["properties"]["subnets"]} == {"workload", "GatewaySubnet"}
    assert len(hub["properties"]["virtualNetworkPeerings"]) == 1
    circuit = deployed.azure_resource(f"{HUB}/expressRouteCircuits/erc-expressroute1-test-eastus")
    assert circuit["properties"]["serviceProviderProperties"]["bandwidthInMbps"] == 100
    assert [peering["name"] for peering in circuit["properties"]["peerings"]] == ["AzurePrivatePeering"]
    assert deployed.pulumi("preview", "--expect-no-changes").code == 0


def test_lines_that_move_in_the_stack_file_change_one_line_of_a_preview(deployed: Deployment) -> None:
    deployed.edit(("      spoke:\n", "      # a line more\n      spoke:\n"))
    for shown in ((), ("--diff",)):
        preview = deployed.pulumi("preview", *shown)
        (line,) = [line for line in preview.output.splitlines() if "=>" in line]
        assert line.split()[:2] in (["~", "sourcePlaces"], ["~", "sourcePlaces:"]), preview.output
        assert "to update" not in preview.output, "nothing but where things stand"


def test_a_finding_stands_at_the_line_of_the_stack_file(deployed: Deployment) -> None:
    events = deployed.project / "events.json"
    deployed.pulumi(
        "preview", "--policy-pack", "policy", "--event-log", str(events), PULUMI_DEBUG_COMMANDS="true"
    )
    sarif = subprocess.run(
        [sys.executable, "policy/sarif.py", str(events)],
        cwd=deployed.project,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(sarif.stdout)["runs"][0]["results"]
    (place,) = {
        (
            where["physicalLocation"]["artifactLocation"]["uri"],
            where["physicalLocation"]["region"]["startLine"],
        )
        for one in found
        if one["ruleId"].endswith("vpn-gateway-active-active") and "hub-vpn-gateway" in json.dumps(one)
        for where in one["locations"]
    }
    lines = (deployed.project / "Pulumi.test.yaml").read_text(encoding="utf-8").splitlines()
    assert place[0] == "Pulumi.test.yaml"
    assert lines[place[1] - 1].strip().startswith("vpnGateway:")


def test_a_network_that_grows_is_in_sync_with_its_peer_after_one_up(deployed: Deployment) -> None:
    halves = {
        "hub": f"{HUB}/virtualNetworks/vnet-hub-test-eastus/virtualNetworkPeerings/peer-to-spoke",
        "spoke": f"{HUB}/virtualNetworks/vnet-spoke-test-eastus/virtualNetworkPeerings/peer-to-hub",
    }
    grown = "[10.11.30.0/26, 10.13.30.0/24]"
    deployed.edit(("addressSpace: [10.11.30.0/26]", f"addressSpace: {grown}"))
    preview = deployed.pulumi("preview", "--diff")
    assert "hub-spoke-peering-hub-half" in preview.output
    deployed.forget_requests()
    assert deployed.up().changes["updated"] >= 2
    written = [path for method, path in deployed.azure_requests() if method == "PUT"]
    assert len(written) == len(set(written)), "each once"
    assert len([path for path in written if "virtualNetworkPeerings" in path]) == 1, "the half that lags"
    for half in halves.values():
        assert deployed.azure_resource(half)["properties"]["peeringSyncLevel"] == "FullyInSync"
    noted = deployed.azure_resource(halves["hub"])["properties"]["remoteAddressSpace"]["addressPrefixes"]
    assert noted == ["10.11.30.0/26", "10.13.30.0/24"]
    for command in (("preview",), ("refresh", "--yes"), ("preview",)):
        nothing = deployed.pulumi(*command, *(("--expect-no-changes",) if command == ("preview",) else ()))
        assert nothing.code == 0, nothing.output

    deployed.edit((f"addressSpace: {grown}", "addressSpace: [10.11.30.0/26]"))
    deployed.up()
    for half in halves.values():
        assert deployed.azure_resource(half)["properties"]["peeringSyncLevel"] == "FullyInSync"


def test_a_new_preference_reaches_the_router_in_place(deployed: Deployment) -> None:
    deployed.edit(
        (
            "internetNextHop: 66.198.12.105",
            "bgp: {expressRouteLocalPreference: 300}\n        internetNextHop: 66.198.12.105",
        )
    )
    preview = deployed.pulumi("preview", "--diff")
    assert '" set local-preference 200" => " set local-preference 300"' in preview.output
    typed_before = deployed.transcript("location1-ce1")
    result = deployed.up()
    assert result.changes["updated"] == 1
    since = deployed.transcript("location1-ce1").removeprefix(typed_before)
    typed_lines = [line.split("\t")[2] for line in since.splitlines() if "\tconfig" in line]
    assert "set local-preference 300" in [line.strip() for line in typed_lines]
    assert not any(line.strip().startswith("no ") for line in typed_lines)


def test_a_network_that_moves_is_replaced(deployed: Deployment) -> None:
    deployed.edit(("      spoke:\n", "      spoke:\n        location: westus2\n"))
    deployed.up()
    spoke = "rg-hybrid-test-westus2/providers/Microsoft.Network/virtualNetworks/vnet-spoke-test-westus2"
    assert deployed.azure_resource(spoke)["location"] == "westus2"
    assert not [resource for resource in deployed.azure_resources() if "vnet-spoke-test-eastus" in resource]
    hub = deployed.azure_resource(f"{HUB}/virtualNetworks/vnet-hub-test-eastus")
    (half,) = hub["properties"]["virtualNetworkPeerings"]
    assert half["properties"]["peeringState"] == "Connected"
    assert deployed.pulumi("preview", "--expect-no-changes").code == 0


def test_destroy_leaves_azure_empty_and_routers_as_they_were(deployment: Deployment) -> None:
    routers = ("location1-ce1", "location1-ce2", "location2-ce1", "location2-ce2")
    before = {name: deployment.running(name) for name in routers}
    deployment.up()
    assert all(deployment.running(name) != before[name] for name in routers)
    destroyed = deployment.pulumi("destroy", "--yes")
    assert destroyed.code == 0, destroyed.output
    assert deployment.azure_resources() == []
    assert {name: deployment.running(name) for name in routers} == before
    assert deployment.state() == []


def test_what_is_protected_is_not_destroyed(deployment: Deployment) -> None:
    deployment.edit(("    tags: {setup", "    protect: true\n    tags: {setup"))
    deployment.up()
    before = deployment.azure_resources()
    destroyed = deployment.pulumi("destroy", "--yes")
    assert destroyed.code != 0
    assert "protected" in destroyed.output
    assert deployment.azure_resources() == before

    deployment.edit(("    protect: true\n", ""))
    deployment.up()
    assert deployment.pulumi("destroy", *NOW).code == 0
    assert deployment.azure_resources() == []


def test_a_preview_warns_of_a_path_that_gets_worse(deployed: Deployment) -> None:
    assert "becomes" not in deployed.pulumi("preview").output
    deployed.edit(
        (
            "internetNextHop: 66.198.12.105",
            "bgp: {expressRouteLocalPreference: null}\n        internetNextHop: 66.198.12.105",
        )
    )
    preview = deployed.pulumi("preview")
    assert "warning: hub to location1 becomes expressroute (expressroute1), asymmetric, left to chance" in (
        preview.output
    )
