"""What goes wrong ends in one clear message, leaves nothing half done, and a second `up` finishes."""

from __future__ import annotations

import subprocess

import pytest

from tests.deployment.conftest import (
    HUB,
    Deployment,
    Result,
    interrupt_when,
    only_waits_for,
    wait_until,
)

pytestmark = pytest.mark.engine


def bend_gateway(deployment: Deployment, **fault: object) -> None:
    """Let Azure answer otherwise when it is asked for the hub's VPN gateway."""
    asked = {"method": "PUT", "path_pattern": "virtualNetworkGateways/vgw-hub"}
    deployment.azure("POST", "/lab/faults", {**asked, **fault})


def start_up_that_waits(deployment: Deployment, seconds: float) -> subprocess.Popen[str]:
    """Start an `up` for which Azure takes its time with the hub's VPN gateway."""
    bend_gateway(deployment, operation="slow", delay=seconds)
    return deployment.start_pulumi("up", "--yes", "--skip-preview")


def assert_clear(result: Result, *words: str) -> None:
    """Assert that a run failed, and said in plain words why."""
    assert result.code != 0, result.output
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output, result.output


def assert_up_finishes(deployment: Deployment) -> None:
    """Assert that one more `up` does the rest."""
    deployment.up()
    assert "set local-preference 200" in deployment.running("location1-ce1")


def assert_nothing_is_left(deployment: Deployment) -> None:
    """Assert that a preview finds nothing to do."""
    preview = deployment.pulumi("preview", "--expect-no-changes")
    assert preview.code == 0, preview.output


def test_all_mistakes_of_a_stack_file_are_said_at_once(deployment: Deployment) -> None:
    deployment.edit(
        ("prefix: 10.10.30.128/25", "prefix: 10.10.30.129/25"),
        ("asn: 65516", "asn: many"),
        ("circuit: expressroute2, virtualNetwork: hub", "circuit: expressroute9, virtualNetwork: hub"),
        ("bandwidth: 50\n", "bandwith: 50\n"),
    )
    result = deployment.pulumi("preview")
    assert_clear(result, "10.10.30.129/25", "many", "expressroute9", "bandwith")
    lines = deployment.stack_file.read_text(encoding="utf-8").splitlines()
    wrong = next(number for number, line in enumerate(lines, start=1) if "10.10.30.129/25" in line)
    assert f"Pulumi.test.yaml:{wrong}:" in result.output
    assert deployment.azure_resources() == []


def test_an_unreachable_router_is_named_and_the_rest_is_built(deployment: Deployment) -> None:
    deployment.bend_router("location1-ce1", connections="cut")
    preview = deployment.pulumi("preview")
    assert preview.code == 0, preview.output
    assert "not compared" in preview.output
    assert_clear(deployment.pulumi("up", "--yes", "--skip-preview"), "location1-ce1")
    assert "set local-preference" not in deployment.running("location1-ce1")
    assert "set local-preference 200" in deployment.running("location2-ce1")
    deployment.heal_router("location1-ce1")
    assert_up_finishes(deployment)


def test_a_wrong_password_is_said_without_showing_it(deployment: Deployment) -> None:
    wrong = "not-the-password"
    result = deployment.pulumi("up", "--yes", "--skip-preview", IOSXE_PASSWORD=wrong)
    assert_clear(result, "location1-ce1", "IOSXE_PASSWORD")
    assert wrong not in result.output
    assert_up_finishes(deployment)


def test_a_changed_host_key_stops_before_anything_is_sent(deployment: Deployment) -> None:
    deployment.bend_router("location1-ce1", host_key="changed")
    result = deployment.pulumi("up", "--yes", "--skip-preview")
    assert_clear(result, "location1-ce1", "host key", str(deployment.directory.known_hosts))
    assert deployment.transcript("location1-ce1") == ""
    deployment.heal_router("location1-ce1")
    assert_up_finishes(deployment)


def test_what_azure_refuses_is_shown_in_its_words(deployment: Deployment) -> None:
    said = {"code": "SkuNotAvailable", "message": "The requested SKU is not available here."}
    bend_gateway(deployment, status=400, **said)
    result = deployment.pulumi("up", "--yes", "--skip-preview")
    assert_clear(result, "hub-vpn-gateway", *said.values())
    assert not [
        resource for resource in deployment.azure_resources() if resource.endswith("vgw-hub-test-eastus")
    ]
    assert_up_finishes(deployment)
    assert_nothing_is_left(deployment)


def test_an_interrupted_up_is_finished_by_the_next(deployment: Deployment) -> None:
    process = start_up_that_waits(deployment, seconds=8.0)

    output = interrupt_when(process, only_waits_for(deployment, "vgw-hub"))
    assert process.returncode != 0
    assert "Traceback" not in output
    assert "set local-preference" not in deployment.running("location1-ce1")
    assert_up_finishes(deployment)
    assert_nothing_is_left(deployment)


def test_an_up_that_was_killed_is_finished_as_the_guide_says(deployment: Deployment) -> None:
    process = start_up_that_waits(deployment, seconds=60.0)
    wait_until(process, only_waits_for(deployment, "vgw-hub"))
    process.kill()
    process.communicate()

    locked = deployment.pulumi("up", "--yes", "--skip-preview")
    assert_clear(locked, "currently locked", "pulumi cancel")
    assert deployment.pulumi("cancel", "--yes").code == 0
    assert deployment.pulumi("refresh", "--yes", "--clear-pending-creates").code == 0
    (gateway,) = [i for i in deployment.azure_resources() if i.endswith("vgw-hub-test-eastus")]
    refused = deployment.pulumi("up", "--yes", "--skip-preview")
    assert_clear(refused, f"cannot create already existing resource '{gateway}'")
    (parent,) = [r["urn"] for r in deployment.state() if r["urn"].endswith("VpnGateway::hub-vpn-gateway")]
    named = ("azure-native:network:VirtualNetworkGateway", "hub-vpn-gateway", gateway)
    options = ("--parent", f"parent={parent}", "--generate-code=false", "--yes")
    imported = deployment.pulumi("import", *named, *options)
    assert imported.code == 0, imported.output
    assert_up_finishes(deployment)
    assert_nothing_is_left(deployment)


def test_what_azure_began_and_failed_at_is_mended_by_the_next_up(deployment: Deployment) -> None:
    said = {"code": "InternalServerError", "message": "An error occurred."}
    bend_gateway(deployment, operation="failed", **said)
    result = deployment.pulumi("up", "--yes", "--skip-preview")
    assert_clear(result, "hub-vpn-gateway", *said.values())
    gateway = f"{HUB}/virtualNetworkGateways/vgw-hub-test-eastus"
    assert deployment.azure_resource(gateway)["properties"]["provisioningState"] == "Failed"
    preview = deployment.pulumi("preview")
    assert preview.code == 0, preview.output
    assert_up_finishes(deployment)
    assert_nothing_is_left(deployment)
    assert deployment.azure_resource(gateway)["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"drop": True}, id="the session is lost"),
        pytest.param({"reject": "% Invalid input detected at '^' marker."}, id="a line is rejected"),
    ],
)
def test_a_push_that_fails_halfway_is_undone(deployment: Deployment, fault: dict[str, object]) -> None:
    before = deployment.running("location1-ce1")
    deployment.bend_router("location1-ce1", rules=[{"matches": "set local-preference", **fault}])
    result = deployment.pulumi("up", "--yes", "--skip-preview")
    assert_clear(result, "location1-ce1")
    deployment.heal_router("location1-ce1")
    assert deployment.running("location1-ce1") == before
    assert_up_finishes(deployment)
