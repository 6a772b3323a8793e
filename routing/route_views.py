"""Which places have a route table, and what each of them sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from routing.elements import (
    ElementKind,
    GatewayKind,
    RoutingError,
    check_elements,
    element_name,
    gateway_element,
    link_element,
)
from routing.forecast import Forecast
from routing.histories import differing
from routing.nodes import MicrosoftEdgeNode, Node
from routing.prediction import TOGETHER
from routing.views import RouteTable, Vantage
from routing.views_azure import (
    circuit_table,
    effective_routes,
    express_route_gateway_routes,
    vpn_gateway_routes,
)
from routing.views_router import bgp_table, routing_table
from topology import LinkName, Network

_ONE_OF_TWO = (
    "Routing settles in two ways here, by which routes were there first (RFC 4264); this is one of them."
)


class UnknownPlaceError(RoutingError):
    """A table was asked for of something that has none."""

    def __init__(self, place: str, known: tuple[str, ...]) -> None:
        close = get_close_matches(place, known, n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        super().__init__(f"{place!r} has no route table.{meant} These have: {', '.join(known) or 'none'}")


def places(network: Network) -> tuple[str, ...]:
    """Return what has a route table: virtual networks, gateways, circuit links and routers, by name."""
    return tuple(_places(network))


def _places(network: Network) -> Iterator[str]:
    for vnet in network.virtual_networks.values():
        yield vnet.name
        if vnet.express_route_gateway:
            yield gateway_element(vnet.name, GatewayKind.EXPRESS_ROUTE)
        if vnet.vpn_gateway:
            yield gateway_element(vnet.name, GatewayKind.VPN)
    for circuit in network.circuits:
        yield from (link_element(circuit, link) for link in LinkName)
    yield from (element_name(ElementKind.ROUTER, router) for router in network.routers)


def route_tables(forecast: Forecast, place: str, *failed: str) -> tuple[RouteTable, ...]:
    """Return what a place sees, with everything up or after elements have failed together.

    Raises:
        UnknownPlaceError: if the place has no route table.
        UnknownElementError: if one of the elements is none.
        RoutingError: if the place itself has failed.
    """
    known = places(forecast.described)
    if place not in known:
        raise UnknownPlaceError(place, known)
    check_elements(forecast.described, failed)
    forecast = forecast.of_all()
    kind, _, name = place.rpartition(":")
    node = _node(forecast, place)
    if node is None:
        raise RoutingError(f"{place} is joined to nothing, so it has no routes")
    if place in failed or node.element in failed:
        raise RoutingError(f"{place} has failed, so it has no routes")
    _, tables = forecast.outage(*failed)
    view = Vantage(
        network=forecast.network, node=node, name=name, tables=tables, graph=forecast.graph, failed=failed
    )
    shown = tuple(build(view) for build in _builders(kind, name))
    if any(node in differing(table.selections, each.selections) for table in tables for each in table.rivals):
        return tuple(replace(table, notes=(*table.notes, _ONE_OF_TWO)) for table in shown)
    return shown


def _builders(kind: str, name: str) -> tuple[Callable[[Vantage], RouteTable], ...]:
    match kind:
        case ElementKind.GATEWAY:
            return (vpn_gateway_routes if name.endswith("/vpn") else express_route_gateway_routes,)
        case ElementKind.LINK:
            return (circuit_table,)
        case ElementKind.ROUTER:
            return (bgp_table, routing_table)
        case _:
            return (effective_routes,)


def _node(forecast: Forecast, place: str) -> Node | None:
    if place in forecast.graph.sites:
        return forecast.graph.sites[place]
    kind, _, name = place.partition(":")
    circuit, _, link = name.partition("/")
    for node in forecast.graph.heard:
        if kind == ElementKind.LINK:
            if isinstance(node, MicrosoftEdgeNode) and node.circuit == circuit and f" {link} " in node.name:
                return node
        elif node.element == place:
            return node
    return None


def tables_document(
    stack: str, place: str, failed: Iterable[str], tables: Iterable[RouteTable]
) -> dict[str, Any]:
    """Return route tables as plain data: each with `command`, `columns`, `rows` (of text) and `notes`."""
    return {
        "stack": stack,
        "place": place,
        "failure": TOGETHER.join(failed) or None,
        "tables": [
            {
                "command": table.command,
                "columns": list(table.columns),
                "rows": [list(row) for row in table.rows],
                "notes": list(table.notes),
            }
            for table in tables
        ],
    }
