"""What each single failure changes in the test stack, and that it changes nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from routing import UnknownElementError, element_names, predict_paths
from tests.routing.segments import BACKUP, ER2, PEERING, Over, Predict
from topology import Network

Stack = Callable[..., Network]


TO_VPN = {
    ("hub", "location1"): BACKUP,
    ("spoke", "location1"): f"{PEERING} {BACKUP}",
}
WITHOUT_REMOTE = {("hub", "remote"): "none", ("spoke", "remote"): "none", ("remote", "location1"): "none"}
WITHOUT_LOCATION2 = {("hub", "location2"): "none", ("spoke", "location2"): "none"}
WITHOUT_BRANCH = {("hub", "branch"): "none", ("spoke", "branch"): "none", ("branch", "location1"): "none"}
WITHOUT_SPOKE = {
    ("hub", "spoke"): "none",
    ("spoke", "branch"): "none",
    ("spoke", "remote"): "none",
    ("spoke", "location1"): "none",
    ("spoke", "location2"): "none",
}
ONE_LINK_LEFT = {("hub", "location2"): ER2, ("spoke", "location2"): f"{PEERING} {ER2}"}

CHANGES = {
    "circuit:expressroute1": {**TO_VPN, **WITHOUT_REMOTE},
    # hub and remote still meet at the Microsoft edge; remote has no VPN to location1
    "link:expressroute1/primary": {**TO_VPN, ("remote", "location1"): "none"},
    "link:expressroute1/secondary": {},
    "circuit:expressroute2": WITHOUT_LOCATION2,
    "link:expressroute2/primary": ONE_LINK_LEFT,
    "link:expressroute2/secondary": ONE_LINK_LEFT,
    "connection:expressroute1-hub": {
        **TO_VPN,
        ("hub", "remote"): "none",
        ("spoke", "remote"): "none",
    },
    "connection:expressroute1-remote": WITHOUT_REMOTE,
    "connection:expressroute2-hub": WITHOUT_LOCATION2,
    "gateway:hub/expressroute": {
        **TO_VPN,
        **WITHOUT_LOCATION2,
        ("hub", "remote"): "none",
        ("spoke", "remote"): "none",
    },
    "gateway:hub/vpn": WITHOUT_BRANCH,
    "gateway:branch/vpn": WITHOUT_BRANCH,
    "gateway:remote/expressroute": WITHOUT_REMOTE,
    "peering:hub-spoke": WITHOUT_SPOKE,
    "tunnel:hub-branch": WITHOUT_BRANCH,
    # ExpressRoute serves the hub, but not the branch: no transit between the gateways
    "tunnel:hub-location1": {("branch", "location1"): "none"},
    # it ends both the circuit's only link and the VPN
    "router:location1-ce1": {
        ("hub", "location1"): "none",
        ("spoke", "location1"): "none",
        ("branch", "location1"): "none",
        ("remote", "location1"): "none",
    },
    "router:location1-ce2": {},
    "router:location2-ce1": ONE_LINK_LEFT,
    "router:location2-ce2": ONE_LINK_LEFT,
}


def test_the_elements_are_those_of_the_stack(stack: Stack) -> None:
    assert element_names(stack()) == tuple(CHANGES)


@pytest.mark.parametrize("element", CHANGES)
def test_a_failure_changes_these_paths_and_no_others(element: str, paths: Predict, over: Over) -> None:
    steady, failed = paths(), paths(failure=element)
    changed = {pair: over(path.forward) for pair, path in failed.items() if path.differs_from(steady[pair])}
    expected = {
        pair: segments
        for (source, destination), there in CHANGES[element].items()
        for pair, segments in (
            ((source, destination), there),
            ((destination, source), " ".join(reversed(there.split()))),
        )
    }
    assert changed == expected


@pytest.mark.parametrize("element", CHANGES)
def test_no_failure_leaves_a_path_one_sided_or_to_chance(element: str, paths: Predict) -> None:
    for path in paths(failure=element).values():
        assert path.symmetric
        assert path.determined


@pytest.mark.parametrize(
    "element", [element for element, changes in CHANGES.items() if "none" in changes.values()]
)
def test_a_path_that_a_failure_ends_blames_it(element: str, paths: Predict) -> None:
    steady, failed = paths(), paths(failure=element)
    for pair, path in failed.items():
        if path.differs_from(steady[pair]) and not path.reachable:
            assert element in path.reason


def test_a_path_that_never_was_keeps_its_reason(paths: Predict) -> None:
    assert "PATH-8" in paths(failure="connection:expressroute1-remote")["branch", "remote"].reason


def test_one_link_of_two_carries_on_alone(paths: Predict) -> None:
    ways = paths(failure="router:location2-ce1")["location2", "hub"].forward.hops
    assert len(ways) == 1
    assert "router:location2-ce2" in ways[0]


def test_scenarios_come_steady_first_then_each_element(stack: Stack) -> None:
    assert [scenario.failure for scenario in predict_paths(stack())] == [None, *CHANGES]


def test_each_scenario_of_a_small_network_has_every_pair(stack: Stack) -> None:
    sizes = {len(scenario.paths) for scenario in predict_paths(stack())}
    assert sizes == {30}


def test_an_unknown_element_is_refused_with_the_near_one(stack: Stack) -> None:
    with pytest.raises(UnknownElementError, match="Did you mean gateway:hub/expressroute"):
        list(predict_paths(stack(), "gateway:hub/express-route"))
