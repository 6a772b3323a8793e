"""The stack files of the repository: each loads, and each of its routers can be rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from onprem.rendering.render import render_router
from topology import RouterMode, load_stack

ROOT = Path(__file__).parents[2]
STACKS = ("test", "minimal", "dev", "prod")


@pytest.mark.parametrize("stack", STACKS)
def test_every_router_of_a_stack_is_rendered(stack: str) -> None:
    network = load_stack(ROOT / f"Pulumi.{stack}.yaml")
    assert network.routers
    for router in network.routers:
        assert render_router(network, router).lines, router


def test_no_stack_file_is_left_out() -> None:
    assert {path.suffixes[0][1:] for path in ROOT.glob("Pulumi.*.yaml")} == set(STACKS)


def test_environments_share_a_network_and_differ_where_they_say_so() -> None:
    dev, prod = load_stack(ROOT / "Pulumi.dev.yaml"), load_stack(ROOT / "Pulumi.prod.yaml")
    assert dict(prod.tags) == {"owner": "network-team", "environment": "prod"}
    assert (dev.protect, dev.router_mode) == (False, RouterMode.RENDER)
    assert (prod.protect, prod.router_mode) == (True, RouterMode.PUSH)
    assert dev.circuits["frankfurt"].private_peering == prod.circuits["frankfurt"].private_peering
    assert {circuit.bandwidth for circuit in dev.circuits.values()} == {50}
    assert prod.circuits["frankfurt"].bandwidth == 1000
    assert set(prod.routers) - set(dev.routers) == {"warehouse-ce1"}
    assert set(prod.tunnels) - set(dev.tunnels) == {"hub-warehouse"}
    assert {str(prefix) for site in dev.virtual_networks for prefix in dev.site_prefixes(site)} == {
        "10.200.0.0/22",
        "10.200.8.0/22",
        "10.200.12.0/22",
    }


def test_the_company_prefers_one_circuit_from_both_sides() -> None:
    network = load_stack(ROOT / "Pulumi.prod.yaml")
    weights = {connection.circuit: connection.weight for connection in network.connections.values()}
    assert max(weights, key=lambda circuit: weights[circuit]) == "frankfurt"
    preferences = {
        circuit.name: network.routers[link.router].bgp.express_route_local_preference or 0
        for circuit in network.circuits.values()
        for _, link in circuit.private_peering.links
        if link.router
    }
    assert max(preferences, key=lambda circuit: preferences[circuit]) == "frankfurt"
