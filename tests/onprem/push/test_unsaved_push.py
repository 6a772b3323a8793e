"""Pushes that ended, and whose outcome Pulumi never saved, for it was killed: they are ours all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.iosxe.editor import Position
from lab.iosxe.server import RouterServer
from tests.onprem.plan.test_numbering import GROWN, NEW
from tests.onprem.project import Project
from tests.onprem.provider_process import Provider
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, Lab

Outputs = dict[str, Any]
GREW = f"seq 60 permit {NEW}"


@pytest.fixture
def router(lab: Lab) -> RouterServer:
    return lab.start()


def killed_update(run: Project) -> Outputs:
    """A push of a longer prefix list, of which nobody learns; the state that Pulumi is left with."""
    before = run.provider()
    saved = before.create(run.inputs())
    assert not before.diff(saved, run.inputs()).detailedDiff
    run.describe(*GROWN)
    run.provider().update(saved, run.inputs())
    return saved


def as_the_guide_says(provider: Provider, saved: Outputs, inputs: Outputs) -> Outputs:
    """The run after it: a refresh, and an update."""
    refreshed, _ = provider.read(saved, inputs)
    assert provider.diff(refreshed, inputs).detailedDiff
    return provider.update(refreshed, inputs)


def without_refresh(provider: Provider, saved: Outputs, inputs: Outputs) -> Outputs:
    assert provider.diff(saved, inputs).detailedDiff
    return provider.update(saved, inputs)


def at_once(provider: Provider, saved: Outputs, inputs: Outputs) -> Outputs:
    del provider, inputs
    return saved


@pytest.mark.promise("P7", "P15", "P25", "P30", "F12")
@pytest.mark.parametrize("recover", [as_the_guide_says, without_refresh, at_once])
def test_destroy_removes_what_a_killed_update_has_pushed(
    run: Project, router: RouterServer, recover: Callable[[Provider, Outputs, Outputs], Outputs]
) -> None:
    factory = router.running
    saved = killed_update(run)
    assert GREW in router.running
    (note,) = (run.folder / ".iosxe").glob("*.ended")
    assert CANARY not in note.read_text()
    assert PASSWORD not in note.read_text()
    assert note.stat().st_mode & 0o077 == 0
    provider = run.provider()
    state = recover(provider, saved, run.inputs())
    assert GREW in router.running
    if recover is not at_once:
        assert not provider.diff(state, run.inputs()).detailedDiff
        assert not list((run.folder / ".iosxe").glob("*.ended")), "Pulumi is seen to have it"
    provider.delete(state)
    assert router.running == factory


@pytest.mark.promise("P7", "P15", "P30", "F12")
def test_refresh_that_is_only_previewed_forgets_nothing(run: Project, router: RouterServer) -> None:
    """The engine compares what it has read before it saves it, and saves nothing of a preview."""
    factory = router.running
    saved = killed_update(run)
    for _ in ("preview", "refresh"):
        provider = run.provider()
        refreshed, _ = provider.read(saved, run.inputs())
        assert provider.diff(refreshed, run.inputs()).detailedDiff
        assert GREW in str(refreshed["pushedLines"])
    run.provider().delete(refreshed)
    assert router.running == factory


@pytest.mark.promise("P7", "P15", "P30", "F12")
def test_killed_creation_is_ours_at_the_next_one(run: Project, router: RouterServer) -> None:
    factory = router.running
    run.provider().create(run.inputs())
    again = run.provider()
    state = again.create(run.inputs())
    again.delete(state)
    assert router.running == factory


@pytest.mark.promise("P7", "P30")
def test_description_may_be_taken_back_after_a_killed_update(run: Project, router: RouterServer) -> None:
    saved = killed_update(run)
    run.describe(*reversed(GROWN))
    provider = run.provider()
    assert provider.diff(saved, run.inputs()).detailedDiff
    provider.update(saved, run.inputs())
    assert NEW not in router.running


@pytest.mark.promise("P7")
def test_note_says_nothing_to_a_newer_state(run: Project, router: RouterServer) -> None:
    """Somebody has pushed from another machine since, and others have come by the line that we once had."""
    saved = killed_update(run)
    run.describe(NEW, "10.15.0.0/24")
    notes = run.folder / ".iosxe"
    notes.rename(run.folder / "elsewhere")
    newer = run.provider().update(saved, run.inputs())
    (run.folder / ".iosxe").rename(run.folder / "another machine")
    (run.folder / "elsewhere").rename(notes)
    theirs = f"ip prefix-list Azure_to_Cust30 {GREW}"
    router.device.editor.take(Position(), f"no {theirs}")
    router.device.editor.take(Position(), theirs)
    run.provider().delete(newer)
    assert theirs in router.running


@pytest.mark.promise("P7", "P30")
def test_pulumi_knows_what_the_command_has_pushed(run: Project, router: RouterServer) -> None:
    factory = router.running
    provider = run.provider()
    saved = provider.create(run.inputs())
    run.describe(*GROWN)
    assert run("push", ROUTER, "--yes", *run.export(saved)).returncode == 0
    assert GREW in router.running
    provider.delete(saved)
    assert router.running == factory
