"""Pulumi and its providers killed at once while routers are pushed to, and the runs after that.

A push that ended is known as ours although Pulumi never learned of it; one that had not been confirmed is
undone by the router itself, and made again.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.conftest import Deployment, Result, wait_until

pytestmark = pytest.mark.engine

ROUTER = "location1-ce1"
ROUTERS = (ROUTER, "location1-ce2", "location2-ce1", "location2-ce2")
OLD, NEW = "prefixes: [10.1.31.0/25]", "prefixes: [10.1.31.0/25, 10.1.32.0/25]"
LINE = "ip prefix-list Azure_to_Cust30 seq 60 permit 10.1.32.0/25"


def notes(deployment: Deployment, ending: str) -> list[str]:
    """Return the notes on pushes by name: `json` if they run, `ended` if they came to an end."""
    return sorted(file.name for file in (deployment.project / ".iosxe").glob(f"*.{ending}"))


def note_on(deployment: Deployment, ending: str) -> dict[str, Any]:
    """Return the note on the router, empty if there is none."""
    for file in (deployment.project / ".iosxe").glob(f"{ROUTER}_*.{ending}"):
        noted: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return noted
    return {}


def kill_up_when(deployment: Deployment, happened: Callable[[], bool]) -> None:
    """Kill an `up` and the routers' provider; once the router is armed, the engine learns of nothing."""
    process = deployment.start_pulumi("up", "--yes", "--skip-preview")
    try:
        wait_until(process, lambda: "configure terminal revert timer" in since_saved(deployment))
        process.send_signal(signal.SIGSTOP)
        wait_until(process, happened)
    finally:
        for number in (process.pid, *providers_of(process.pid)):
            os.kill(number, signal.SIGKILL)
        process.communicate()
    assert deployment.pulumi("cancel", "--yes").code == 0


def providers_of(engine: int) -> list[int]:
    """Return the processes of an engine's router providers."""
    threads = Path(f"/proc/{engine}/task").glob("*/children")
    children = [child for file in threads for child in file.read_text(encoding="ascii").split()]
    return [int(child) for child in children if b"iosxe" in Path(f"/proc/{child}/cmdline").read_bytes()]


def since_saved(deployment: Deployment) -> str:
    """Return what was typed on the router since the last push to it was saved."""
    return deployment.transcript(ROUTER).rpartition("write memory")[2]


def typed_since(deployment: Deployment, before: str) -> list[str]:
    """Return the configuration lines that were typed on the router since."""
    entries = [line.split("\t") for line in deployment.transcript(ROUTER).removeprefix(before).splitlines()]
    return [text for _, mode, text in entries if mode.startswith("config") or text.startswith("configure")]


def assert_true(result: Result) -> None:
    """Assert that a run went through, and took the router for neither unknown nor changed by others."""
    assert result.code == 0, result.output
    said = "\n".join(line for line in result.output.splitlines() if f"{ROUTER}:" in line)
    for untrue in ("compared with the router", "drifted", "not compared", "somebody else"):
        assert untrue not in said, result.output


def assert_ended(deployment: Deployment) -> None:
    """Assert that nothing is left to do, and nothing to be remembered beside Pulumi's state."""
    again = deployment.pulumi("preview", "--expect-no-changes")
    assert again.code == 0, again.output
    assert (notes(deployment, "json"), notes(deployment, "ended")) == ([], [])


@pytest.mark.parametrize("refresh", [True, False], ids=["after a refresh", "at once"])
def test_a_push_that_pulumi_never_learned_of_is_ours(deployed: Deployment, *, refresh: bool) -> None:
    before = {name: deployed.running(name) for name in ROUTERS}
    deployed.edit((OLD, NEW))
    kill_up_when(deployed, lambda: bool(note_on(deployed, "ended")))
    assert LINE in deployed.running(ROUTER)
    assert LINE not in json.dumps(deployed.state())
    typed = deployed.transcript(ROUTER)

    assert_true(deployed.pulumi("preview"))
    if refresh:
        refreshed = deployed.pulumi("refresh", "--yes")
        assert_true(refreshed)
        assert f"{ROUTER}: +0 -1 lines, to return from the last push" in refreshed.output, refreshed.output
        assert LINE in json.dumps(deployed.state())
    assert_true(deployed.pulumi("up", "--yes", "--skip-preview"))
    assert typed_since(deployed, typed) == []
    assert_ended(deployed)

    deployed.edit((NEW, OLD))
    deployed.up()
    assert {name: deployed.running(name) for name in ROUTERS} == before


def test_a_first_push_that_pulumi_never_learned_of_is_ours(deployment: Deployment) -> None:
    before = {name: deployment.running(name) for name in ROUTERS}
    deployment.bend_router(ROUTER, connections="cut")  # so that nothing but its push is there to be killed
    assert deployment.pulumi("up", "--yes", "--skip-preview").code != 0
    deployment.heal_router(ROUTER)
    kill_up_when(deployment, lambda: bool(note_on(deployment, "ended")))
    pushed, typed = deployment.running(ROUTER), deployment.transcript(ROUTER)
    assert pushed != before[ROUTER]

    assert_true(deployment.pulumi("preview"))
    assert_true(deployment.pulumi("refresh", "--yes", "--clear-pending-creates"))
    assert_true(deployment.pulumi("up", "--yes", "--skip-preview"))
    assert (deployment.running(ROUTER), typed_since(deployment, typed)) == (pushed, [])
    assert_ended(deployment)

    destroyed = deployment.pulumi("destroy", "--yes")
    assert destroyed.code == 0, destroyed.output
    assert {name: deployment.running(name) for name in ROUTERS} == before


def test_a_push_that_was_not_confirmed_is_undone_by_its_router(deployed: Deployment) -> None:
    deployed.stop_lab()
    deployed.start_lab(minute=4.0)
    before = deployed.running(ROUTER)
    deployed.bend_router(ROUTER, rules=[{"at": "line", "matches": "^configure confirm", "delay": 600}])
    deployed.edit((OLD, NEW))
    kill_up_when(deployed, lambda: note_on(deployed, "json").get("step") == "confirming")
    assert LINE in deployed.running(ROUTER)
    deployed.heal_router(ROUTER)
    until = time.monotonic() + 60
    while deployed.running(ROUTER) != before and time.monotonic() < until:
        time.sleep(0.2)
    assert deployed.running(ROUTER) == before

    preview = deployed.pulumi("preview")
    assert "a push was interrupted while confirming" in preview.output, preview.output
    assert f"+ {LINE}" in preview.output, preview.output
    result = deployed.pulumi("up", "--yes", "--skip-preview")
    assert result.code == 0, result.output
    assert LINE in deployed.running(ROUTER)
    assert_ended(deployed)
