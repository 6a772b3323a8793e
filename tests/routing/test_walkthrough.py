"""`--explain`: at each node the routes that compete, and the rule that decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from routing import Forecast, UnknownElementError, UnknownSiteError, element_names, explain_path
from routing.best_path import outcomes
from topology import Network

Stack = Callable[..., Network]


@pytest.fixture(scope="module")
def forecast(stack: Stack) -> Forecast:
    return Forecast(stack())


def test_each_node_on_the_way_is_a_step(forecast: Forecast) -> None:
    walkthrough = explain_path(forecast, "spoke", "location1")
    assert [step.node for step in walkthrough.steps] == [
        "spoke",
        "hub's ExpressRoute gateway",
        "expressroute1's primary Microsoft edge",
        "location1-ce1",
    ]
    assert walkthrough.result.startswith("delivered over expressroute")


def test_the_routers_choice_shows_both_routes_with_their_attributes(forecast: Forecast) -> None:
    step = explain_path(forecast, "location1", "hub").steps[1]
    assert [(route.over, route.attributes, route.used, route.outcome) for route in step.contenders] == [
        ("link:expressroute1/primary", "local preference 200, AS path 12076", True, "used"),
        (
            "tunnel:hub-location1",
            "local preference 100, AS path 65515",
            False,
            "loses by local preference (PATH-4)",
        ),
    ]
    assert step.verdict == "local preference decides (PATH-4)"


def test_azures_choice_is_by_its_own_order(forecast: Forecast) -> None:
    step = explain_path(forecast, "hub", "location1").steps[0]
    assert [(route.next_hop, route.outcome) for route in step.contenders] == [
        ("hub's ExpressRoute gateway", "used"),
        ("hub's VPN gateway", "loses by Azure's order for equal prefixes (PATH-2)"),
    ]


def test_a_choice_that_nothing_decides_is_told_as_such(stack: Stack) -> None:
    bgp = {"expressRouteLocalPreference": None}
    step = explain_path(
        Forecast(stack({"routers": {"location1-ce1": {"bgp": bgp}}})), "location1", "hub"
    ).steps[1]
    assert {route.outcome for route in step.contenders} == {"may be used"}
    assert "nothing in the design decides" in step.verdict
    assert "PATH-4" in step.verdict


def test_a_longer_prefix_names_the_shorter_ones(stack: Stack) -> None:
    changes = {"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": ["10.2.30.0/26"]}}}}
    step = explain_path(Forecast(stack(changes)), "hub", "location1").steps[0]
    assert (str(step.prefix), [str(prefix) for prefix in step.shorter]) == ("10.2.30.0/26", ["10.2.30.0/25"])
    assert "PATH-1" in step.verdict


def test_both_branches_of_equal_cost_are_walked(forecast: Forecast) -> None:
    nodes = [step.node for step in explain_path(forecast, "hub", "location2").steps]
    assert {"location2-ce1", "location2-ce2"} <= set(nodes)
    assert len(nodes) == len(set(nodes))


def test_a_way_that_ends_says_where_and_why(forecast: Forecast) -> None:
    walkthrough = explain_path(forecast, "branch", "location2")
    assert walkthrough.result.startswith("ends at branch: ")
    assert "PATH-8" in walkthrough.result
    vanished = explain_path(forecast, "location1", "location2")
    assert [step.node for step in vanished.steps] == ["location1"]
    assert vanished.result.startswith("ends at location1-ce1: ")


def test_a_failure_is_taken_into_account(forecast: Forecast) -> None:
    walkthrough = explain_path(forecast, "hub", "location1", "circuit:expressroute1")
    assert [step.node for step in walkthrough.steps] == ["hub", "hub's VPN gateway", "location1-ce1"]
    assert walkthrough.failure == "circuit:expressroute1"
    both = explain_path(forecast, "hub", "location1", "circuit:expressroute1", "tunnel:hub-location1")
    assert "ends at hub" in both.result


def test_every_step_of_every_pair_cites_a_rule_or_has_one_route_only(forecast: Forecast) -> None:
    for source, destination in forecast.steady:
        for step in explain_path(forecast, source, destination).steps:
            assert "(" in step.verdict or len(step.contenders) == 1
            assert sum(route.used for route in step.contenders) >= 1


def test_the_walkthrough_keeps_what_the_selection_keeps(forecast: Forecast) -> None:
    for element in element_names(forecast.network):
        _, tables = forecast.outage(element)
        for table in tables:
            for node, selection in table.selections.items():
                kept = [route for route, lost_by in outcomes(node, selection.held).items() if not lost_by]
                assert tuple(kept) == selection.routes


def test_a_site_that_is_none_is_refused_with_the_near_one(forecast: Forecast) -> None:
    with pytest.raises(UnknownSiteError, match="Did you mean location1"):
        explain_path(forecast, "locaton1", "hub")
    with pytest.raises(UnknownElementError, match="Did you mean circuit:expressroute1"):
        explain_path(forecast, "hub", "location1", "circuit:expresroute1")
