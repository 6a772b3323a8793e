"""A resource from its preview to its end."""

from __future__ import annotations

import pytest
from pulumi.runtime.proto import provider_pb2

from lab.iosxe.server import RouterServer
from tests.onprem.provider.described import (
    DESCRIBED,
    LINES,
    NOT_YET,
    PREFERS_300,
    changed,
)
from tests.onprem.provider_process import UNKNOWN, Provider, secret
from tests.onprem.routers import CANARY, SECRETS, Lab, type_on


@pytest.mark.promise("P1", "P2", "P3", "P30")
def test_from_preview_to_destroy(provider: Provider, router: RouterServer) -> None:
    before = router.running
    assert provider.check(NOT_YET) == []
    foreseen = provider.create(NOT_YET, preview=True)
    assert foreseen["lines"] == LINES
    assert foreseen["running"] == UNKNOWN
    assert "secrets" not in foreseen
    [shown] = provider.said()
    assert shown.startswith("INFO location1-ce1: +84 -0 lines, compared with the router:\n--- ")
    for line in (
        "+   address <output:hub-vpn-gateway-public-ip-1>",
        "pre-shared-key local <secret:hub-location1",
    ):
        assert line in shown
    assert router.running == before

    state = provider.create(DESCRIBED)
    assert state["running"] == "as pushed"
    assert "  address 203.0.113.10" in state["pushedLines"]
    assert "secrets" not in state
    assert CANARY not in str(state)
    assert router.device.startup == router.running != before

    provider.said()
    assert provider.diff(state, DESCRIBED).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert provider.said() == []

    answer = provider.diff(state, PREFERS_300)
    assert changed(answer) == {"lines[9]": "UPDATE", "running": "UPDATE"}
    [shown] = provider.said()
    assert "-  set local-preference 200\n+  set local-preference 300" in shown
    assert provider.update(state, PREFERS_300, preview=True)["running"] == UNKNOWN
    assert "local-preference 200" in router.running

    state = provider.update(state, PREFERS_300)
    assert "local-preference 300" in router.running
    provider.delete(state)
    assert router.running == before


def test_update_removes_a_line(provider: Provider, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    fewer = {**DESCRIBED, "lines": [line for line in LINES if "next-hop-self" not in line]}
    assert changed(provider.diff(state, fewer)) == {"lines": "UPDATE", "running": "UPDATE"}
    provider.update(state, fewer)
    assert "next-hop-self" not in router.running


@pytest.mark.promise("P25", "P26")
def test_secret_that_changes_is_pushed_and_never_shown(provider: Provider, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    sealed = router.running
    rotated = {**DESCRIBED, "secrets": secret(dict.fromkeys(SECRETS, f"{CANARY}-2"))}
    assert changed(provider.diff(state, rotated)) == {"secrets": "UPDATE", "running": "UPDATE"}
    shown, about_key = provider.said()[-2:]
    assert "+   pre-shared-key local <secret:hub-location1-shared-key>" in shown
    assert about_key.startswith("WARNING location1-ce1: psk changed: hub-location1-shared-key; ")
    after = provider.update(state, rotated)
    assert router.running != sealed
    assert provider.diff(after, rotated).changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.promise("P30")
def test_refresh_finds_drift_and_update_mends_it(provider: Provider, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    assert provider.read(state, DESCRIBED) == (state, DESCRIBED)
    provider.create(PREFERS_300)  # somebody else, who knows nothing of our state
    provider.said()
    drifted, inputs = provider.read(state, DESCRIBED)
    assert inputs == DESCRIBED
    assert drifted["running"] == "drifted since the push"
    assert "+  set local-preference 200" in drifted["drift"]
    assert provider.said()[0].startswith("WARNING location1-ce1: +1 -1 lines would bring back the last push")
    assert changed(provider.diff(drifted, DESCRIBED)) == {"running": "UPDATE"}
    mended = provider.update(drifted, DESCRIBED)
    assert (mended["running"], mended["drift"]) == ("as pushed", [])
    assert "local-preference 200" in router.running


@pytest.mark.promise("P7", "P30")
def test_an_entry_of_others_in_our_list_is_told(provider: Provider, router: RouterServer, lab: Lab) -> None:
    state = provider.create(DESCRIBED)
    entry = "ip prefix-list Cust30_to_Private seq 15 permit 10.99.0.0/24"
    lab.run(type_on(router, entry))
    provider.said()
    told = f"WARNING location1-ce1: '{entry}' is not ours and stays"
    assert provider.read(state, DESCRIBED) == (state, DESCRIBED)
    assert [said.partition(",")[0] for said in provider.said()] == [told]
    assert provider.diff(state, DESCRIBED).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert [said.partition(",")[0] for said in provider.said()] == [told]
    provider.delete(state)
    assert entry in router.running


def test_other_router_is_a_replacement(provider: Provider, lab: Lab, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    lab.start("location1-ce2")
    answer = provider.diff(state, {**DESCRIBED, "router": "location1-ce2", "host": "location1-ce2"})
    assert list(answer.replaces) == ["router"]
    assert changed(answer)["router"] == "UPDATE_REPLACE"
    del router
