"""Networks with more sites than a table of all pairs under all failures is good for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from routing import MANY_SITES, predict_paths
from topology import Network

Stack = Callable[..., Network]


@pytest.fixture(scope="module")
def many(stack: Stack) -> Network:
    """Return the test stack with so many more spokes that it has one site more than the limit."""
    names = [f"spoke-{number}" for number in range(MANY_SITES + 1 - 6)]
    return stack(
        {
            "virtualNetworks": {name: {"addressSpace": [f"10.20.{n}.0/24"]} for n, name in enumerate(names)},
            "peerings": {f"hub-{name}": {"hub": "hub", "spoke": name} for name in names},
        }
    )


def test_a_run_over_all_failures_lists_only_the_pairs_that_change(many: Network) -> None:
    steady, *failed = predict_paths(many)
    assert len(steady.paths) == 21 * 20
    known = {(path.source, path.destination): path for path in steady.paths}
    by_element = {scenario.failure: scenario.paths for scenario in failed}
    assert all(
        path.differs_from(known[path.source, path.destination])
        for paths in by_element.values()
        for path in paths
    )
    assert by_element["link:expressroute1/secondary"] == ()
    assert {(path.source, path.destination) for path in by_element["tunnel:hub-location1"]} == {
        ("branch", "location1"),
        ("location1", "branch"),
    }
    # a spoke is reached from its hub, the branch, remote and both locations, but from no other spoke
    assert len(by_element["peering:hub-spoke-3"]) == 2 * 5


def test_a_change_of_links_counts_as_a_change(many: Network) -> None:
    changed = next(each for each in predict_paths(many) if each.failure == "link:expressroute2/primary").paths
    pairs = {(path.source, path.destination) for path in changed}
    assert ("hub", "location2") in pairs
    assert ("location2", "spoke-0") in pairs


def test_one_failure_lists_every_pair_all_the_same(many: Network) -> None:
    assert [len(scenario.paths) for scenario in predict_paths(many, "tunnel:hub-location1")] == [420, 420]


def test_both_runs_agree(many: Network) -> None:
    element = "gateway:hub/expressroute"
    short = next(each for each in predict_paths(many) if each.failure == element)
    steady, full = predict_paths(many, element)
    known = {(path.source, path.destination): path for path in steady.paths}
    assert short.paths == tuple(
        path for path in full.paths if path.differs_from(known[path.source, path.destination])
    )
