"""Routes as every node sees them, and that a failure ends where a fresh start without the element would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any

import pytest

from routing.construction import build_graph
from routing.elements import element_names
from routing.exchange import may_pass, tell_any
from routing.graph import Graph
from routing.nodes import AdjacencyKind
from routing.propagation import Propagation, Table, Tables, outage_of, propagate
from routing.routes import Protocol, Route
from topology import Network

Stack = Callable[..., Network]

HUB = IPv4Network("10.10.30.0/24")
BRANCH = IPv4Network("10.11.30.64/26")
REMOTE = IPv4Network("10.17.30.0/26")
LOCATION1 = IPv4Network("10.2.30.0/25")

DESIGNS: dict[str, Mapping[str, Any]] = {
    "test stack": {},
    "secondary link": {"circuits": {"expressroute1": {"privatePeering": {"secondary": {"enabled": True}}}}},
    "no preference": {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": None}}}},
    "global reach": {
        "globalReach": {
            "one-two": {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"}
        }
    },
}


def held(tables: Tables, prefix: IPv4Network, node: str) -> tuple[Route, ...]:
    """Return the routes that a node goes by."""
    for holder, selection in table_of(tables, prefix).selections.items():
        if holder.name == node:
            return selection.routes
    return ()


def table_of(tables: Tables, prefix: IPv4Network) -> Table:
    return next(table for table in tables if prefix in table.origin.prefixes)


@pytest.fixture(scope="module")
def tables(stack: Stack) -> Tables:
    return propagate(build_graph(stack()))


@pytest.mark.parametrize(
    ("prefix", "node", "as_path"),
    [
        (HUB, "expressroute1's primary Microsoft edge", (65515,)),  # as a circuit's route table shows it
        (HUB, "location1-ce1", (12076,)),  # the edge hides the gateway's private AS
        (HUB, "remote's ExpressRoute gateway", (12076, 12076)),  # as another VNet's gateway shows it
        (HUB, "branch's VPN gateway", (65515,)),
        (LOCATION1, "expressroute1's primary Microsoft edge", (65021,)),
        (LOCATION1, "hub's ExpressRoute gateway", (12076, 65021)),
        (LOCATION1, "hub's VPN gateway", (65021,)),
        (LOCATION1, "branch's VPN gateway", (65515, 65021)),
        (BRANCH, "location1-ce1", (65515, 65516)),
    ],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_as_paths_are_what_each_node_shows(
    prefix: IPv4Network, node: str, as_path: tuple[int, ...], tables: Tables
) -> None:
    origin = table_of(tables, prefix).origin
    assert {origin.as_path(route) for route in held(tables, prefix, node)} == {as_path}


def test_a_router_prefers_expressroute_by_its_local_preference(tables: Tables) -> None:
    (route,) = held(tables, HUB, "location1-ce1")
    assert (route.local_preference, route.protocol) == (200, Protocol.EBGP)
    assert held(tables, BRANCH, "location1-ce1")[0].local_preference == 100


@pytest.mark.parametrize(
    ("prefix", "node"),
    [
        (BRANCH, "expressroute1's primary Microsoft edge"),
        (BRANCH, "hub's ExpressRoute gateway"),
        (BRANCH, "remote"),
        (REMOTE, "hub's VPN gateway"),
        (REMOTE, "expressroute2's primary Microsoft edge"),
        (LOCATION1, "location2-ce1"),
        (LOCATION1, "expressroute1's secondary Microsoft edge"),
    ],
    ids=str,
)
def test_no_route_gets_where_the_rules_do_not_let_it(prefix: IPv4Network, node: str, tables: Tables) -> None:
    assert held(tables, prefix, node) == ()


@pytest.mark.parametrize("design", DESIGNS)
def test_a_failure_ends_where_a_fresh_start_without_the_element_would(design: str, stack: Stack) -> None:
    network = stack(DESIGNS[design])
    graph = build_graph(network)
    propagation = Propagation(graph)
    steady = propagation.steady()
    for element in element_names(network):
        settled = propagation.without(steady, outage_of(graph, element))
        for table, fresh in zip(settled, propagate(without(graph, element)), strict=True):
            assert table.selections == fresh.selections, (element, table.origin.prefix)


def without(graph: Graph, element: str) -> Graph:
    lost = outage_of(graph, element).lost
    return Graph(
        sites=graph.sites,
        adjacencies=[each for each in graph.adjacencies if each not in lost],
        origins=graph.origins,
        default_originators=[each for each in graph.default_originators if each not in lost],
        told={node: [each for each in told if each not in lost] for node, told in graph.told.items()},
    )


def test_what_is_not_asked_would_not_be_told(stack: Stack) -> None:
    """Every route that a node goes by, offered to every adjacency of a network that has all kinds of them."""
    both = {"routeServer": {}, "vpnGateway": {"activeActive": True}}
    subnets = {
        "GatewaySubnet": {"prefix": "10.10.30.128/26"},
        "RouteServerSubnet": {"prefix": "10.10.30.192/26"},
    }
    graph = build_graph(
        stack(
            {
                **DESIGNS["global reach"],
                **DESIGNS["secondary link"],
                "virtualNetworks": {"hub": {**both, "subnets": subnets}},
                "tunnels": {"hub-location1": {"router": {"tunnelNumbers": [30, 31]}}},
            }
        )
    )
    assert {adjacency.kind for adjacency in graph.adjacencies} == set(AdjacencyKind) - {
        AdjacencyKind.USER_ROUTE
    }
    offered = [
        (adjacency, route)
        for table in propagate(graph)
        for node, selection in table.selections.items()
        for route in selection.held
        for adjacency in graph.told.get(node, ())
    ]
    assert {route.protocol for _, route in offered} == set(Protocol) - {Protocol.STATIC, Protocol.USER}
    for adjacency, route in offered:
        told = tell_any(adjacency, route)
        assert may_pass(adjacency, route.protocol) or not isinstance(told, Route), (adjacency, route)


def test_a_failure_leaves_what_it_does_not_touch_as_it_is(stack: Stack) -> None:
    graph = build_graph(stack())
    propagation = Propagation(graph)
    steady = propagation.steady()
    settled = propagation.without(steady, outage_of(graph, "tunnel:hub-branch"))
    assert table_of(settled, REMOTE) is table_of(steady, REMOTE)
    assert table_of(settled, BRANCH) is not table_of(steady, BRANCH)
