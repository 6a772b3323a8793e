"""Which sessions a changed policy concerns, and that a push has it applied to them, forth and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from onprem.errors import PushError
from onprem.plan.changes import Ours
from onprem.plan.diff import compare
from onprem.plan.sections import read_lines
from onprem.push.policy_refresh import soft_resets
from onprem.push.pushed import Intent, Pushed
from tests.onprem.positions import SMALL, Router
from tests.onprem.routers import Lab

BEFORE = (
    "ip prefix-list OUT seq 10 permit 10.0.0.0/8",
    "ip prefix-list IN seq 10 permit 10.0.0.0/8",
    "route-map PREFER permit 10",
    " match ip address prefix-list IN",
    " set local-preference 200",
    "route-map UNUSED permit 10",
    "router bgp 65021",
    " neighbor 192.0.2.9 remote-as 65000",
    " neighbor 192.0.2.9 route-map PREFER in",
    " address-family ipv4 vrf 30",
    "  network 10.0.0.0",
    "  neighbor 192.0.2.1 remote-as 12076",
    "  neighbor 192.0.2.1 description x",
    "  neighbor 192.0.2.1 route-map PREFER in",
    "  neighbor 192.0.2.5 remote-as 65515",
    "  neighbor 192.0.2.5 prefix-list OUT out",
)
EDGE, GATEWAY, GLOBAL = (
    "clear ip bgp vrf 30 12076 soft",
    "clear ip bgp vrf 30 65515 soft",
    "clear ip bgp 192.0.2.9 soft",
)


@pytest.mark.parametrize(
    ("old", "new", "commands"),
    [
        pytest.param("preference 200", "preference 300", {EDGE, GLOBAL}, id="a value in a route map"),
        pytest.param("IN seq 10 permit", "IN seq 10 deny", {EDGE, GLOBAL}, id="a list that a route map uses"),
        pytest.param("OUT seq 10 permit", "OUT seq 10 deny", {GATEWAY}, id="a list of a neighbor's"),
        pytest.param("2.5 prefix-list OUT out", "2.5 weight 5", {GATEWAY}, id="a neighbor's own line"),
        pytest.param("description x", "description y", set(), id="no policy"),
        pytest.param("network 10.0.0.0", "network 11.0.0.0", set(), id="a network"),
        pytest.param("UNUSED permit 10", "UNUSED permit 20", set(), id="a route map that nobody uses"),
        pytest.param("2.1 remote-as 12076", "2.1 remote-as 12077", set(), id="a new session"),
    ],
)
def test_only_sessions_whose_policy_changed_are_reset_softly(old: str, new: str, commands: set[str]) -> None:
    after = [line.replace(old, new) for line in BEFORE]
    assert after != list(BEFORE)
    before, target = read_lines(BEFORE), read_lines(after)
    diff = compare(before, target, Ours(lines=before))
    assert set(soft_resets(target, diff)) == commands


def cleared(router: Router, since: int) -> list[str]:
    typed = [entry.text for entry in router.server.transcript[since:]]
    return [text for text in typed if text.startswith(("clear", "configure confirm", "configure revert"))]


PREFERS_300 = Intent(
    lines=tuple(line.replace("preference 200", "preference 300") for line in SMALL.lines),
    secrets=SMALL.secrets,
)
APPLIED = "clear ip bgp vrf 30 12076 soft"


@pytest.mark.promise("P12")
def test_a_push_applies_its_policy_before_it_is_confirmed(lab: Lab, tmp_path: Path) -> None:
    router = Router.start(lab, tmp_path)
    since = len(router.server.transcript)
    first = router.push()
    assert cleared(router, since) == ["configure confirm"]
    since = len(router.server.transcript)
    router.push(PREFERS_300, first.pushed)
    assert cleared(router, since) == [APPLIED, "configure confirm"]


@pytest.mark.promise("P10")
def test_a_policy_that_is_undone_is_applied_again(lab: Lab, tmp_path: Path) -> None:
    router = Router.start(lab, tmp_path)
    first: Pushed = router.push().pushed
    since = len(router.server.transcript)
    with pytest.raises(PushError, match="still no"):
        router.push(PREFERS_300, first, settle=0.1, require_sessions=True)
    assert cleared(router, since) == [APPLIED, "configure revert now", APPLIED]
