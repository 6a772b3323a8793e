"""Networks that settle in two ways, by which routes were there first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from routing import FindingKind, Forecast, collect_findings, route_tables
from tests.routing.changes import ROUTE_SERVER, Changes, joined
from tests.routing.segments import BACKUP, ER1, Over, Predict
from topology import Network


def prepended(link: int, tunnel: int = 0) -> Changes:
    """Return a Route Server's design in which location1 prepends over circuit 1 and over its tunnel."""
    return joined(
        ROUTE_SERVER,
        {
            "circuits": {"expressroute1": {"privatePeering": {"primary": {"asPathPrepend": link}}}},
            "tunnels": {"hub-location1": {"router": {"asPathPrepend": tunnel}}},
        },
    )


@pytest.mark.parametrize(("link", "tunnel"), [(1, 0), (2, 0), (2, 1), (3, 1)])
def test_who_prepends_more_over_expressroute_may_find_either_way(
    link: int, tunnel: int, paths: Predict
) -> None:
    """If the tunnel is there first, the edge has 65515-65021 of it, no longer than the link's path."""
    path = paths(prepended(link, tunnel))["hub", "location1"]
    assert not path.determined
    assert {segment.kind for segment in path.forward.segments} == {"expressroute", "vpn"}
    assert "settles in two ways" in path.reason


@pytest.mark.parametrize(("link", "tunnel"), [(0, 0), (0, 2), (1, 1), (2, 2)])
def test_who_prepends_no_more_over_expressroute_finds_it_first(
    link: int, tunnel: int, paths: Predict, over: Over
) -> None:
    path = paths(prepended(link, tunnel))["hub", "location1"]
    assert over(path.forward) == ER1
    assert path.determined


def test_gateways_that_are_kept_apart_tell_the_edge_nothing_of_a_tunnel(paths: Predict) -> None:
    apart = {"virtualNetworks": {"hub": {"routeServer": {"branchToBranch": False}}}}
    changes = joined(prepended(3), apart)
    assert paths(changes)["hub", "location1"].determined


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ("tunnel:hub-location1", ER1),
        ("link:expressroute1/primary", BACKUP),
        ("connection:expressroute1-hub", BACKUP),
        ("route-server:hub", ER1),
    ],
)
def test_a_failure_of_either_way_leaves_the_other(
    failure: str, expected: str, paths: Predict, over: Over
) -> None:
    path = paths(prepended(2), failure)["hub", "location1"]
    assert over(path.forward) == expected
    assert path.determined


def test_a_failure_elsewhere_leaves_it_open(paths: Predict) -> None:
    assert not paths(prepended(2), "circuit:expressroute2")["hub", "location1"].determined


def test_a_network_that_hears_of_it_from_the_edge_is_led_round(paths: Predict) -> None:
    """The edge tells remote what it prefers: in one state that leads by the hub's gateways and its tunnel."""
    path = paths(prepended(2))["remote", "location1"]
    assert not path.determined
    assert {hop[-2] for hop in path.forward.hops} == {"link:expressroute1/primary", "tunnel:hub-location1"}


def test_the_finding_names_the_prepending_and_ends_with_the_mend(stack: Callable[..., Network]) -> None:
    place = ("circuits", "expressroute1", "privatePeering", "primary", "asPathPrepend")

    def found(link: int, tunnel: int) -> set[tuple[str, str]]:
        findings = collect_findings(Forecast(stack(prepended(link, tunnel))))
        assert ("locations", "location2") not in {cause for finding in findings for cause in finding.causes}
        return {
            pair
            for finding in findings
            if finding.kind is FindingKind.NOT_DETERMINED and place in finding.causes
            for pair in finding.pairs
        }

    assert found(2, 0) == {(site, "location1") for site in ("hub", "spoke", "remote", "location2")}
    assert found(2, 2) == set()


@pytest.mark.parametrize(
    ("place", "told"), [("gateway:hub/expressroute", True), ("gateway:branch/vpn", False)]
)
def test_a_table_says_that_it_may_be_another(place: str, told: bool, stack: Callable[..., Network]) -> None:
    (table,) = route_tables(Forecast(stack(prepended(2))), place)
    assert any("RFC 4264" in note for note in table.notes) is told
