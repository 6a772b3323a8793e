"""A circuit's two phases, with a connectivity provider that takes its time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.deployment.conftest import HUB, Deployment

pytestmark = pytest.mark.engine

_NEVER = 1_000_000.0


def of_circuits(deployment: Deployment) -> list[str]:
    """Return the ids of circuits' peerings and of connections to circuits."""
    ids = [resource.lower() for resource in deployment.azure_resources()]
    return [i for i in ids if "/peerings/" in i or "/connections/con-expressroute" in i]


def test_an_ordered_circuit_waits_for_its_provider(make_deployment: Callable[..., Deployment]) -> None:
    deployment = make_deployment(provider_delay=_NEVER)
    planned = deployment.pulumi("preview")
    ordered = deployment.up()
    assert "circuit expressroute1 is ordered, but Equinix has not provisioned it yet" in ordered.output
    assert "pulumi stack output serviceKeys --show-secrets" in ordered.output
    assert of_circuits(deployment) == []
    assert ordered.changes["created"] < planned.changes["create"]

    key = deployment.azure_resource(f"{HUB}/expressRouteCircuits/erc-expressroute1-test-eastus")
    service_key = key["properties"]["serviceKey"]
    assert service_key not in ordered.output
    shown = deployment.pulumi("stack", "output", "serviceKeys", "--show-secrets", "--json")
    assert service_key in shown.output

    waiting = deployment.pulumi("preview", "--expect-no-changes")
    assert waiting.code == 0, waiting.output
    assert "has not provisioned it yet" in waiting.output

    for circuit in ("expressroute1", "expressroute2"):
        found = deployment.azure_resource(f"{HUB}/expressRouteCircuits/erc-{circuit}-test-eastus")
        deployment.azure("POST", f"/lab/provision{found['id']}")
    went_on = deployment.up()
    assert went_on.changes["created"] == planned.changes["create"] - ordered.changes["created"]
    assert len(of_circuits(deployment)) == 5
    assert deployment.pulumi("preview", "--expect-no-changes").code == 0


def test_a_circuit_in_use_is_kept_whatever_its_provider_says(deployed: Deployment) -> None:
    found = deployed.azure_resource(f"{HUB}/expressRouteCircuits/erc-expressroute2-test-eastus")
    deployed.azure("POST", f"/lab/deprovision{found['id']}")
    before = of_circuits(deployed)
    preview = deployed.pulumi("preview")
    assert "delete" not in preview.changes, preview.output
    deployed.up()
    assert of_circuits(deployed) == before
