"""Keys: the same at both ends, renewable, replaceable by one's own, and nowhere in clear."""

from __future__ import annotations

import json

import pytest

from tests.deployment.conftest import HUB, Deployment, files_with

pytestmark = pytest.mark.engine

_CANARY = "Canary.0123456789.Canary"
_CONNECTION = "con-hub-location1-test-eastus"


def azure_has_key(deployment: Deployment, key: str) -> bool:
    """Ask the emulated Azure, which returns no key, whether this is a connection's."""
    found = deployment.azure_resource(f"{HUB}/connections/{_CONNECTION}")
    matches: bool = deployment.azure("POST", f"/lab/shared-key{found['id']}", {"value": key})["matches"]
    return matches


def generated_key(deployment: Deployment, urn: str) -> str:
    """Return a key in clear, from a state exported for this test only."""
    exported = json.loads(deployment.pulumi("stack", "export", "--show-secrets").output)
    (resource,) = [r for r in exported["deployment"]["resources"] if r["urn"] == urn]
    key: str = json.loads(resource["outputs"]["result"]["plaintext"])
    return key


def test_an_own_key_reaches_both_ends_and_is_nowhere_in_clear(deployment: Deployment) -> None:
    config = ("config", "set", "--secret", "--path", "hybrid:sharedKeys.hub-location1", _CANARY)
    assert deployment.pulumi(*config).code == 0
    outputs = [deployment.pulumi("preview", "--diff").output, deployment.up().output]
    outputs.append(deployment.pulumi("refresh", "--yes", "--diff").output)
    outputs.append(deployment.pulumi("stack", "export").output)
    assert azure_has_key(deployment, _CANARY)
    assert not azure_has_key(deployment, "another")
    assert "pre-shared-key" in deployment.running("location1-ce1")
    outputs.append(deployment.pulumi("destroy", "--yes", "--diff").output)
    assert not [output for output in outputs if _CANARY in output]
    assert files_with(_CANARY, deployment.project, deployment.directory.path) == []


def test_an_unusable_key_is_refused_without_being_shown(deployment: Deployment) -> None:
    key = "IamSecure123"
    config = ("config", "set", "--secret", "--path", "hybrid:sharedKeys.hub-location1", key)
    assert deployment.pulumi(*config).code == 0
    refused = deployment.pulumi("preview")
    assert refused.code != 0
    assert "is published in a document" in refused.output
    assert key not in refused.output
    assert "Traceback" not in refused.output


def test_a_key_is_renewed_at_both_ends(deployed: Deployment) -> None:
    masked = [line for line in deployed.running("location1-ce1").splitlines() if "pre-shared-key" in line]
    (urn,) = [
        str(resource["urn"])
        for resource in deployed.state()
        if str(resource["urn"]).endswith("::hub-location1-tunnel-shared-key")
    ]
    assert azure_has_key(deployed, generated_key(deployed, urn))
    renewed = deployed.pulumi("up", "--yes", "--skip-preview", "--replace", urn)
    assert renewed.code == 0, renewed.output
    assert azure_has_key(deployed, generated_key(deployed, urn))
    now = [line for line in deployed.running("location1-ce1").splitlines() if "pre-shared-key" in line]
    assert now != masked
    assert deployed.pulumi("preview", "--expect-no-changes").code == 0
