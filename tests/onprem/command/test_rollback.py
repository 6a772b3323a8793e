"""`python -m onprem rollback`: what was there before the last push, or a refusal; never an emptied router."""

from __future__ import annotations

import pytest

from lab.iosxe.server import RouterServer
from tests.onprem.project import Project
from tests.onprem.routers import ROUTER, Lab, type_on

PREFERRED = ("routerId: 10.2.30.253\n", "routerId: 10.2.30.253\n          defaultMetric: 77\n")
AGAIN = ("defaultMetric: 77", "defaultMetric: 78")


@pytest.fixture
def router(lab: Lab) -> RouterServer:
    return lab.start()


def lines(router: RouterServer) -> list[str]:
    """What a router runs, without keys: they are masked anew each time that they are entered."""
    return sorted(line for line in router.running.splitlines() if "pre-shared-key" not in line)


@pytest.mark.promise("P1", "P30")
def test_pushes_after_pulumis_are_undone_one_by_one(run: Project, router: RouterServer) -> None:
    state = run.export(run.provider().create(run.inputs()))
    as_pulumi_left_it = lines(router)
    assert run("diff", ROUTER, *state).returncode == 0
    run.describe(*PREFERRED)
    assert run("diff", ROUTER, *state).returncode == 1
    assert run("push", ROUTER, "--yes", *state).returncode == 0
    assert "default-metric 77" in router.running
    for _ in range(2):
        assert run("push", ROUTER, "--yes", *state).stdout == f"= {ROUTER}: unchanged\n"
    run.describe(*AGAIN)
    assert run("push", ROUTER, "--yes", *state).returncode == 0
    assert "default-metric 78" in router.running

    back = run("rollback", ROUTER, "--yes", *state)
    assert back.returncode == 0, back.stdout
    assert "default-metric 77" in router.running
    back = run("rollback", ROUTER, "--yes")
    assert back.returncode == 0, back.stdout
    assert lines(router) == as_pulumi_left_it
    for options in ((), state):
        no_more = run("rollback", ROUTER, "--yes", *options)
        assert no_more.returncode == 1
        assert "there is no push to roll back" in no_more.stdout
    assert lines(router) == as_pulumi_left_it


@pytest.mark.promise("P30")
def test_unchanged_push_cannot_be_rolled_back(run: Project, router: RouterServer) -> None:
    state = run.export(run.provider().create(run.inputs()))
    before = router.running
    for _ in range(2):
        assert run("push", ROUTER, "--yes", *state).stdout == f"= {ROUTER}: unchanged\n"
    for options in ((), state):
        refused = run("rollback", ROUTER, "--yes", *options)
        assert refused.returncode == 1
        assert "there is no push to roll back: this command has changed nothing on it" in refused.stdout
    assert router.running == before


@pytest.mark.promise("P30")
def test_push_that_mended_drift_says_that_it_cannot_be_rolled_back(
    run: Project, router: RouterServer, lab: Lab
) -> None:
    provider = run.provider()
    created = provider.create(run.inputs())
    state, before = run.export(created), lines(router)
    lab.run(type_on(router, "router ospf 30 vrf 30", "default-metric 5"))
    assert lines(router) != before
    assert run("diff", ROUTER, *state).returncode == 1
    assert run("push", ROUTER, "--yes", *state).returncode == 0
    assert lines(router) == before
    provider.diff(created, run.inputs())  # a preview, which takes over what was pushed
    for options in ((), state):
        refused = run("rollback", ROUTER, "--yes", *options)
        assert refused.returncode == 1
        assert "only put back lines that had changed on the router" in refused.stdout
    assert lines(router) == before


def test_what_pulumi_has_pushed_since_is_left_alone(run: Project, router: RouterServer) -> None:
    provider = run.provider()
    first = provider.create(run.inputs())
    run.describe(*PREFERRED)
    assert run("push", ROUTER, "--yes", *run.export(first)).returncode == 0
    run.describe(*AGAIN)
    second = provider.update(first, run.inputs())
    state, before = run.export(second), lines(router)
    for options in (state, ()):
        refused = run("rollback", ROUTER, "--yes", *options)
        assert refused.returncode == 1
        assert "Pulumi has pushed to it, or taken over what was pushed" in refused.stdout
    provider.diff(second, run.inputs())
    refused = run("rollback", ROUTER, "--yes")
    assert refused.returncode == 1
    assert "Pulumi has pushed to it, or taken over what was pushed" in refused.stdout
    assert run("diff", ROUTER, *state).returncode == 0
    assert lines(router) == before


@pytest.mark.promise("P25", "P26")
def test_rollback_needs_the_key_of_then(run: Project, router: RouterServer) -> None:
    assert run("push", ROUTER, "--yes").returncode == 0
    first = router.running
    run.give("another-key-that-a-router-takes")
    assert run("push", ROUTER, "--yes").returncode == 0
    second = router.running
    assert first != second
    missing = run("rollback", ROUTER, "--yes", given=False)
    assert missing.returncode == 1
    assert "nothing was rolled back: secrets has no hub-location1-shared-key" in missing.stdout
    refused = run("rollback", ROUTER, "--yes")
    assert refused.returncode == 1
    assert "it had another hub-location1-shared-key than --keys gives" in refused.stdout
    assert router.running == second
