"""`pulumi up` on the living lab: what it deploys and pushes makes a network live, as it was predicted."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from lab.bgp.prerequisites import missing_prerequisite
from tests.commands import ROOT, start
from tests.deployment.conftest import NOW, Deployment

pytestmark = [pytest.mark.engine, pytest.mark.living, pytest.mark.timeout(400)]

BOTH = "location1-ce1"
_KEY = "::hub-location1-tunnel-shared-key"


@pytest.fixture
def deployment(make_deployment: Callable[..., Deployment]) -> Deployment:
    if (missing := missing_prerequisite()) is not None:
        pytest.skip(missing)
    return make_deployment(lives=True)


def lab_bgp(deployment: Deployment, *arguments: str) -> tuple[int, str]:
    """Runs `python -m lab.bgp` on the deployment's lab, as soon as a network lives in it."""
    command = [sys.executable, "-m", "lab.bgp", "--directory", str(deployment.directory.path), *arguments]
    deadline = time.monotonic() + 60
    while True:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 2 or time.monotonic() > deadline:
            return done.returncode, done.stdout + done.stderr
        time.sleep(0.5)


def show(deployment: Deployment, question: str) -> str:
    """What the router with both ways says."""
    return deployment.type_on_router(BOTH, f"do show {question}")


def as_predicted(deployment: Deployment) -> Any:
    code, said = lab_bgp(deployment, "check")
    return (code, re.findall(r"(\d+) mismatches", said)) == (0, ["0"]) or said


def test_what_up_deploys_lives_as_predicted_keeps_its_state_and_goes_with_destroy(
    deployment: Deployment,
) -> None:
    deployment.up()
    assert as_predicted(deployment) is True
    assert "READY" in show(deployment, "crypto ikev2 sa")
    table = show(deployment, "ip bgp vpnv4 vrf 30")
    assert re.search(r"\*>   10\.10\.30\.0/24 +192\.168\.30\.18 +200 ", table), table
    health = deployment.up().output
    assert "not up yet" not in health

    (urn,) = [one["urn"] for one in deployment.state() if one["urn"].endswith(_KEY)]
    rotated = deployment.pulumi("up", "--yes", "--skip-preview", "--replace", urn)
    assert rotated.code == 0, rotated.output
    assert as_predicted(deployment) is True

    deployment.stop_lab()
    deployment.start_lab()
    assert as_predicted(deployment) is True

    destroyed = deployment.pulumi("destroy", *NOW)
    assert destroyed.code == 0, destroyed.output
    assert show(deployment, "crypto ikev2 sa").count("READY") == 0
    assert "% IP routing table 30 does not exist" in show(deployment, "ip route vrf 30")


def test_nothing_outlives_a_lab_that_is_killed(deployment: Deployment) -> None:
    assert lab_bgp(deployment, "status")[0] == 0
    os.kill(json.loads(deployment.directory.status_file.read_text())["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while deployment.directory.living.is_running():
        assert time.monotonic() < deadline, "the living network goes on without its lab"
        time.sleep(0.1)


def test_a_description_that_changes_is_built_anew(deployment: Deployment) -> None:
    assert lab_bgp(deployment, "status")[0] == 0
    first = deployment.directory.living.pid_file.read_text()
    deployment.edit(("10.17.30.0/27", "10.17.30.0/28"), ("host: 10.17.30.4", "host: 10.17.30.5"))
    deadline = time.monotonic() + 60
    while deployment.directory.living.read_status() is None or first == (
        deployment.directory.living.pid_file.read_text()
    ):
        assert time.monotonic() < deadline, "the old description goes on living"
        time.sleep(0.1)
    assert lab_bgp(deployment, "run", "host.remote", "ip", "-br", "address")[1].count("10.17.30.5/28") == 1


def test_what_only_lines_carry_leaves_the_sessions_up(deployment: Deployment) -> None:
    deployment.up()
    assert as_predicted(deployment) is True
    first = deployment.directory.living.pid_file.read_text()
    deployment.edit(
        (
            "internetNextHop: 66.198.12.105",
            "bgp: {expressRouteLocalPreference: 300}\n        internetNextHop: 66.198.12.105",
        )
    )
    pushed = deployment.up()
    assert pushed.changes["updated"] == 1
    assert "not up yet" not in pushed.output, "the push was judged"
    assert deployment.directory.living.pid_file.read_text() == first
    assert re.search(
        r"\*>   10\.10\.30\.0/24 +192\.168\.30\.18 +300 ", show(deployment, "ip bgp vpnv4 vrf 30")
    )
    assert as_predicted(deployment) is True


def test_ctrl_c_during_a_demo_leaves_nothing(deployment: Deployment) -> None:
    deployment.stop_lab()
    folders = ("--directory", str(deployment.directory.path), "--project", str(deployment.project))
    demo = start("lab", *folders, "demo")
    assert demo.stdout is not None
    said = "".join(itertools.takewhile(lambda line: "pulumi up, judged" not in line, demo.stdout))
    assert "Behind the routers of stack test lives their network" in said
    time.sleep(5)  # in the middle of it
    os.killpg(demo.pid, signal.SIGINT)
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)
    assert not deployment.directory.is_running()
    assert not deployment.directory.living.is_running()
