"""What a run of the engine keeps to: what was shown, what was approved, one site after another."""

from __future__ import annotations

import pytest

from lab.iosxe.faults import Fault
from lab.iosxe.server import RouterServer
from tests.onprem.provider.described import (
    DESCRIBED,
    NOT_YET,
    Start,
    fails,
)
from tests.onprem.routers import Lab, fault_at, on_line, type_on


@pytest.mark.promise("P2", "F11")
def test_update_keeps_to_what_the_preview_of_the_same_run_showed(
    start: Start, router: RouterServer, lab: Lab
) -> None:
    start().create(NOT_YET, preview=True)
    updating = start()  # the engine starts the provider anew for the update
    lab.run(type_on(router, "ip vrf 30", "rd 65021:99"))
    drifted = router.running
    assert "drifted since the preview" in fails(lambda: updating.create(DESCRIBED))
    assert router.running == drifted


@pytest.mark.promise("P2")
def test_update_of_an_unchanged_router_sends_what_the_preview_showed(
    start: Start, router: RouterServer
) -> None:
    start().create(NOT_YET, preview=True)
    state = start().create(DESCRIBED)
    assert state["running"] == "as pushed"
    assert "rd 65021:30" in router.running


@pytest.mark.promise("P2")
@pytest.mark.parametrize("nothing", ["none", "", " "])
def test_push_waits_for_its_approval(nothing: str, start: Start, router: RouterServer) -> None:
    before = router.running
    asking = start(IOSXE_APPROVED=nothing)
    asking.create(NOT_YET, preview=True)
    said = asking.said()[-1]
    assert said.endswith("is to be approved")
    fingerprint = said.split()[-5].rstrip(",")
    assert "waits for an approval" in fails(lambda: asking.create(DESCRIBED))
    assert router.running == before
    assert start(IOSXE_APPROVED=fingerprint).create(DESCRIBED)["running"] == "as pushed"


@pytest.mark.promise("P19")
def test_twin_of_a_router_that_failed_is_not_pushed_to(start: Start, router: RouterServer, lab: Lab) -> None:
    twin = lab.start("location1-ce2")
    before = twin.running
    process = start()
    router.faults = fault_at(on_line("ip vrf 30"), Fault(reject="% no"))
    fails(lambda: process.create({**DESCRIBED, "site": "location1"}))
    other = {**DESCRIBED, "router": "location1-ce2", "host": "location1-ce2", "site": "location1"}
    assert "location1-ce1 of the same site has failed" in fails(lambda: process.create(other))
    assert twin.running == before


@pytest.mark.promise("P19")
def test_canary_that_fails_is_the_last_to_be_pushed_to(start: Start, router: RouterServer, lab: Lab) -> None:
    far = lab.start("location2-ce1")
    before = far.running
    process = start(IOSXE_CANARY="true")
    router.faults = fault_at(on_line("ip vrf 30"), Fault(reject="% no"))
    fails(lambda: process.create({**DESCRIBED, "site": "location1"}))
    other = {**DESCRIBED, "router": "location2-ce1", "host": "location2-ce1", "site": "location2"}
    assert "location1-ce1, the first of this run, has failed" in fails(lambda: process.create(other))
    assert far.running == before


@pytest.mark.promise("P2")
def test_removal_waits_for_its_approval_too(start: Start, router: RouterServer) -> None:
    state = start().create(DESCRIBED)
    running = router.running
    asking = start(IOSXE_APPROVED="none")
    said = fails(lambda: asking.delete(state))
    assert "waits for an approval" in said
    assert "- ip vrf 30" in said, "no preview shows what a removal sends"
    assert router.running == running
    fingerprint = said.split(" among the approved ones")[0].split()[-1]
    start(IOSXE_APPROVED=fingerprint).delete(state)
    assert "ip vrf 30" not in router.running
