"""Traffic that comes back another way: told by the prediction and the policy pack, and seen by counters.

One description goes through all three: `python -m routing`, the pack in a preview on the real engine, which
sees the rendered lines and Azure's resources, and FRR and strongSwan brought to life from the same file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.conftest import ROOT, Deployment
from tests.lab.bgp.conftest import CommandLine, skip_unless_able
from tests.lab.bgp.looking import (
    EXPRESS_ROUTE,
    ROUTER,
    VPN,
    best_path,
    crossed,
    paths_to,
    reset_session,
    wait_until,
)

pytestmark = [pytest.mark.engine, pytest.mark.living]

LONGER_PREFIX = (
    "          loopbackNumber: 30\n",
    "          loopbackNumber: 30\n          advertisedPrefixes: [10.2.30.0/25, 10.2.30.0/26]\n",
)
NO_PREFERENCE = (
    "        internetNextHop: 66.198.12.105",
    "        bgp: {expressRouteLocalPreference: null}\n        internetNextHop: 66.198.12.105",
)
OVER_EXPRESS_ROUTE, OVER_VPN = "12076", "65515"
MICROSOFT, GATEWAY = "192.168.30.18", "10.10.30.254"


@pytest.fixture
def living(deployment: Deployment, tmp_path: Path) -> Iterator[Any]:
    """Return `living()`, which brings the deployment's own stack file to life and lets it settle."""
    skip_unless_able()
    command_line = CommandLine(tmp_path / "living")

    def bring_to_life() -> CommandLine:
        code, said = command_line.run("up", "--stack", str(deployment.stack_file), "--lifetime", "300")
        assert code == 0, said
        return command_line

    yield bring_to_life
    command_line.run("down")


def predict(deployment: Deployment) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the prediction says of location1 and the hub, and what it finds."""
    done = subprocess.run(
        [sys.executable, "-m", "routing", "--stack", "test", "--json"],
        cwd=deployment.project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    document = json.loads(done.stdout)
    steady = document["scenarios"][0]["paths"]
    path = next(one for one in steady if (one["source"], one["destination"]) == ("location1", "hub"))
    return path, document["findings"]


def judge(deployment: Deployment) -> str:
    """What the policy pack says in a preview, which it stops."""
    result = deployment.pulumi("preview", "--policy-pack", str(ROOT / "policy"))
    assert result.code != 0, result.output
    return result.output


def test_a_longer_prefix_over_vpn(deployment: Deployment, living: Any) -> None:
    """Azure sends to the longer prefix over VPN, and the router goes on by ExpressRoute (PATH-1)."""
    deployment.edit(LONGER_PREFIX)

    path, findings = predict(deployment)
    assert (path["via"], path["return"]["via"]) == ("expressroute", "vpn")
    assert (path["determined"], path["symmetric"]) == (True, False)
    assert {"asymmetric", "longer-prefix"} <= {finding["kind"] for finding in findings}

    judged = judge(deployment)
    assert "[mandatory]" in judged
    assert "router-prefix-as-long" in judged
    assert "10.2.30.0/26" in judged

    alive = living()
    assert paths_to(alive, "vnet.hub", "10.2.30.0/26") == {"65515 65021"}
    assert crossed(alive) == {EXPRESS_ROUTE: (True, False), VPN: (False, True)}
    assert alive.run("check")[0] == 0


def test_without_a_local_preference(deployment: Deployment, living: Any) -> None:
    """Both paths are one AS long: whose session is older wins, which no design decides (PATH-4)."""
    deployment.edit(NO_PREFERENCE)

    path, findings = predict(deployment)
    assert (path["determined"], path["symmetric"]) == (False, False)
    assert {segment["over"] for segment in path["segments"]} == {"expressroute1", "hub-location1"}
    assert "not-determined" in {finding["kind"] for finding in findings}

    judged = judge(deployment)
    assert "[mandatory]" in judged
    assert "router-expressroute-preferred" in judged

    alive = living()
    for reset, winner, ways in (
        (MICROSOFT, OVER_VPN, {EXPRESS_ROUTE: (False, True), VPN: (True, False)}),
        (GATEWAY, OVER_EXPRESS_ROUTE, {EXPRESS_ROUTE: (True, True), VPN: (False, False)}),
    ):
        reset_session(alive, reset)
        assert wait_until(lambda: paths_to(alive, ROUTER, "10.10.30.0/24") == {OVER_EXPRESS_ROUTE, OVER_VPN})
        assert best_path(alive, "10.10.30.0/24") == winner
        assert wait_until(lambda ways=ways: crossed(alive) == ways)  # type: ignore[misc]
        assert alive.run("check")[0] == 0
