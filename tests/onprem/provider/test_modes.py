"""How far the provider goes with a router: a file, a comparison, a push."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.runtime.proto import provider_pb2

from lab.iosxe.server import RouterServer
from tests.onprem.provider.described import (
    DESCRIBED,
    PREFERS_300,
    Start,
    changed,
)
from tests.onprem.provider_process import Provider
from tests.onprem.routers import CANARY, ROUTER


def test_render_writes_a_file_and_talks_to_no_router(
    provider: Provider, router: RouterServer, project: Path
) -> None:
    rendered = {**DESCRIBED, "mode": "render"}
    file = project / "rendered/test" / f"{ROUTER}.cfg"
    provider.create(rendered, preview=True)
    assert not file.exists()
    state = provider.create(rendered)
    text = file.read_text()
    assert "  address 203.0.113.10\n  pre-shared-key local <secret:hub-location1-shared-key>\n" in text
    assert CANARY not in text
    assert provider.diff(state, rendered).changes == provider_pb2.DiffResponse.DIFF_NONE
    provider.said()
    other = {**PREFERS_300, "mode": "render"}
    assert changed(provider.diff(state, other)) == {"lines[9]": "UPDATE", "running": "UPDATE"}
    assert "compared with what was rendered last:" in provider.said()[0]
    file.unlink()
    assert changed(provider.diff(state, rendered)) == {"running": "UPDATE"}
    provider.update(state, rendered)
    provider.delete(provider.update(state, rendered))
    assert not file.parent.exists()
    assert router.transcript == []


@pytest.mark.promise("P3")
def test_preview_reads_and_never_writes(provider: Provider, router: RouterServer) -> None:
    before = router.running
    described = {**DESCRIBED, "mode": "preview"}
    state = provider.create(described)
    assert state["running"] == "different from the description"
    assert state["pushedLines"] == []
    assert changed(provider.diff(state, described)) == {"running": "UPDATE"}
    assert {entry.mode for entry in router.transcript} == {"exec"}
    provider.delete(state)
    assert router.running == before


def test_preview_of_a_router_that_is_as_described(provider: Provider, router: RouterServer) -> None:
    pushed = provider.create(DESCRIBED)
    described = {**DESCRIBED, "mode": "preview"}
    state = provider.update(pushed, described)
    assert state["running"] == "as described"
    assert provider.diff(state, described).changes == provider_pb2.DiffResponse.DIFF_NONE
    before = router.running
    provider.said()
    provider.delete(state)
    [said] = provider.said()
    assert (
        "WARNING location1-ce1: its mode is 'preview', so the 86 lines that were pushed once stay on" in said
    )
    assert router.running == before


def test_comparing_with_the_state_needs_no_login(
    provider: Provider, start: Start, router: RouterServer
) -> None:
    state = provider.create(DESCRIBED)
    seen = len(router.transcript)
    provider = start(IOSXE_COMPARE="state")
    assert provider.diff(state, DESCRIBED).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert changed(provider.diff(state, PREFERS_300)) == {"lines[9]": "UPDATE"}
    [shown] = provider.said()
    assert "+  set local-preference 300" in shown
    assert "compared with the last push:" in shown
    drifted = {**state, "running": "drifted since the push"}
    assert changed(provider.diff(drifted, DESCRIBED)) == {"running": "UPDATE"}
    assert len(router.transcript) == seen
