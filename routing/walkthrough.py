"""Step by step from one site to another: at each node the routes that compete, and the rule that decides.

Every node that traffic may pass is explained once, in the order in which packets meet it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from routing.best_path import outcomes
from routing.course import Course
from routing.elements import check_elements, check_sites
from routing.explanation import explain_loss
from routing.forecast import Forecast
from routing.forwarding import Decision, Trail
from routing.nodes import (
    Adjacency,
    AdjacencyKind,
    ApplianceNode,
    ExpressRouteGatewayNode,
    LanNode,
    MicrosoftEdgeNode,
    Node,
    RouterNode,
    VirtualNetworkNode,
    VpnGatewayNode,
)
from routing.origins import Origin
from routing.prediction import TOGETHER
from routing.routes import Protocol, Route
from topology import MICROSOFT_EDGE_ASN


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One route that a node holds, and what became of it."""

    next_hop: str
    over: str
    """The link, connection, tunnel or peering that told it; empty where there is none."""
    protocol: Protocol
    attributes: str
    """Those that the node compares, such as `local preference 200, AS path 12076`."""
    told_by: str
    """Why it was told at all, with the rule's id."""
    used: bool
    outcome: str
    """`used`, or what it lost by, with the rule's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node on the way."""

    node: str
    prefix: IPv4Network
    """The longest that the node knows for the destination."""
    shorter: tuple[IPv4Network, ...]
    """What it would go by without that one."""
    contenders: tuple[Contender, ...]
    """Those used first."""
    verdict: str
    """What decided, with the rule's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walkthrough:
    """The way from one site to another."""

    source: str
    destination: str
    address: IPv4Address
    """What stands for the destination."""
    failure: str | None
    steps: tuple[Step, ...]
    result: str
    """Where it ends, and why."""


def explain_path(forecast: Forecast, source: str, destination: str, *failed: str) -> Walkthrough:
    """Return the way from one site to another, with everything up or after elements have failed together.

    Raises:
        UnknownSiteError: if one of the sites is none.
        UnknownElementError: if one of the elements is none.
    """
    check_sites(forecast.described, source, destination)
    check_elements(forecast.described, failed)
    forecast = forecast.of_these(source, destination, *failed)
    outage, tables = forecast.outage(*failed)
    trails = forecast.trails(tables, outage, (source, destination))[0]
    target = forecast.destinations[destination][0]
    course = (
        forecast.courses_after(*failed).get((source, destination)) or forecast.steady[source, destination]
    )
    lost = [trail for trail in trails if not trail.delivered]
    loss = explain_loss(forecast.graph, tables, outage, lost[0], target) if lost else None
    return Walkthrough(
        source=source,
        destination=destination,
        address=target.address,
        failure=TOGETHER.join(failed) or None,
        steps=tuple(_steps(trails)),
        result=_result(course, lost, loss),
    )


def _steps(trails: tuple[Trail, ...]) -> Iterator[Step]:
    decisions = [trail.decisions for trail in trails]
    longest = max(map(len, decisions), default=0)
    seen: set[Node] = set()
    for number in range(longest):
        for decided in decisions:
            if number < len(decided) and decided[number].node not in seen:
                seen.add(decided[number].node)
                yield _step(decided[number])


def _step(decision: Decision) -> Step:
    node, selection = decision.node, decision.selection
    origin = decision.origin
    candidates = outcomes(node.fabric, selection.held)
    contenders = []
    for route, lost_by in candidates.items():
        if lost_by is None:
            outcome = "may be used" if selection.chance else "used"
        else:
            outcome = f"loses by {lost_by.name} ({lost_by.source})"
        contenders.append(_contender(decision, origin, route, used=lost_by is None, outcome=outcome))
    return Step(
        node=node.name,
        prefix=decision.prefix,
        shorter=tuple(prefix for prefix, _ in decision.shorter),
        contenders=tuple(contenders),
        verdict=_verdict(decision),
    )


def _verdict(decision: Decision) -> str:
    selection = decision.selection
    clauses = []
    if told := decision.instruction:
        return f"route table {told.table} comes first: its route {told.name} leads {told.leads} (PATH-5)"
    if decision.shorter:
        clauses.append("the longest prefix first (PATH-1)")
    if selection.step:
        clauses.append(f"{selection.step.name} decides ({selection.step.source})")
    if selection.ending and selection.chance:
        clauses.append(f"nothing in the design decides between what is left ({selection.ending.source})")
    elif selection.ending:
        clauses.append(f"what is left is shared equally ({selection.ending.source})")
    elif not selection.step:
        clauses.append("there is one route only")
    return ", then ".join(clauses)


def _result(course: Course, lost: list[Trail], loss: str | None) -> str:
    if course.delivered and loss is None:
        return f"delivered over {course.direction.via}: {course.reason}"
    where = "after looping" if lost[0].looped else f"at {lost[0].end.name}"
    if course.delivered:
        return f"delivered in part over {course.direction.via}, the rest ends {where}: {loss}"
    return f"ends {where}: {course.reason}"


def _contender(decision: Decision, origin: Origin, route: Route, *, used: bool, outcome: str) -> Contender:
    node, adjacency = decision.node, route.learned_over
    return Contender(
        next_hop=adjacency.sender.name if adjacency else node.name,
        over=", ".join(adjacency.elements) if adjacency else "",
        protocol=route.protocol,
        attributes=", ".join(_attributes(node, origin, route)),
        told_by=_told_by(adjacency, route, decision.prefix) if adjacency else _untold(decision),
        used=used,
        outcome=outcome,
    )


def _attributes(node: Node, origin: Origin, route: Route) -> Iterator[str]:
    if isinstance(node, ExpressRouteGatewayNode) and route.protocol is Protocol.EBGP:
        yield f"weight {route.weight}"
    if isinstance(node, RouterNode) and route.protocol in {Protocol.EBGP, Protocol.IBGP}:
        yield f"local preference {route.local_preference}"
    if isinstance(node, LanNode) and route.protocol is Protocol.OSPF:
        yield f"metric {route.metric}"
    if not isinstance(node, LanNode) and route.as_path:
        yield f"AS path {'-'.join(map(str, origin.as_path(route)))}"


_ADVERTISES = "a gateway advertises its virtual network and the spokes that use it (PEER-13)"
_PREFIX_LIST = "the router's prefix list permits it"
_OF_ITS_SUBNET = "a user-defined route of its subnet (PATH-5)"

_TOLD_BY: dict[tuple[AdjacencyKind, type[Node]], str] = {
    (
        AdjacencyKind.ATTACHMENT,
        VirtualNetworkNode,
    ): "a gateway knows the virtual networks that use it (PEER-13)",
    (AdjacencyKind.ATTACHMENT, ExpressRouteGatewayNode): "a gateway programs what it learned (PEER-1)",
    (AdjacencyKind.ATTACHMENT, VpnGatewayNode): "a gateway programs what it learned (PEER-1)",
    (AdjacencyKind.PEERING, VirtualNetworkNode): "a peering is a system route (PATH-5)",
    (AdjacencyKind.EXCHANGE, ExpressRouteGatewayNode): "Route Server passes it on (PATH-8, ASN-12)",
    (AdjacencyKind.EXCHANGE, VpnGatewayNode): "Route Server passes it on (PATH-8, ASN-12)",
    (AdjacencyKind.CONNECTION, ExpressRouteGatewayNode): _ADVERTISES,
    (AdjacencyKind.LINK, RouterNode): _PREFIX_LIST,
    (AdjacencyKind.LINK, MicrosoftEdgeNode): "the Microsoft edge hides the gateway's private AS (PATH-4)",
    (AdjacencyKind.GLOBAL_REACH, MicrosoftEdgeNode): "Global Reach joins two circuits' locations (ER-16)",
    (AdjacencyKind.TUNNEL, RouterNode): _PREFIX_LIST,
    (AdjacencyKind.COMPANION, RouterNode): "iBGP between the location's routers (RFC 4271, 9.2)",
    (AdjacencyKind.LAN, LanNode): "the router's way to its own LAN",
    (AdjacencyKind.USER_ROUTE, ApplianceNode): _OF_ITS_SUBNET,
    (AdjacencyKind.USER_ROUTE, VpnGatewayNode): _OF_ITS_SUBNET,
    (AdjacencyKind.USER_ROUTE, VirtualNetworkNode): _OF_ITS_SUBNET,
}


def _told_by(adjacency: Adjacency, route: Route, prefix: IPv4Network) -> str:
    """Return why a route may pass an adjacency, with the rule's id."""
    if told := _TOLD_BY.get((adjacency.kind, type(adjacency.sender))):
        return told
    if adjacency.kind is AdjacencyKind.CONNECTION:
        if set(route.as_path) == {MICROSOFT_EDGE_ASN}:
            return "both gateways allow remote virtual networks' traffic (ER-17, ASN-16)"
        return "the Microsoft edge passes on what a router told it (ASN-10)"
    if adjacency.kind is AdjacencyKind.TUNNEL:
        passed_on = len(route.as_path) > 1
        return "a VPN gateway passes on what it learned (VPN-10, PATH-11)" if passed_on else _ADVERTISES
    if route.protocol is Protocol.STATIC:
        return "assumed: a LAN without OSPF has a default route to each router"
    redistributed = prefix.prefixlen
    return "the router redistributes it from BGP into OSPF" if redistributed else "default-information"


def _untold(decision: Decision) -> str:
    return _OF_ITS_SUBNET if decision.instruction else "its own prefix"


def walkthrough_document(stack: str, walkthrough: Walkthrough) -> dict[str, Any]:
    """Return a walkthrough as plain data, with the names of its fields."""
    return {
        "stack": stack,
        "failure": walkthrough.failure,
        "source": walkthrough.source,
        "destination": walkthrough.destination,
        "address": str(walkthrough.address),
        "steps": [
            {
                "node": step.node,
                "prefix": str(step.prefix),
                "shorter": [str(prefix) for prefix in step.shorter],
                "routes": [
                    {
                        "nextHop": route.next_hop,
                        "over": route.over,
                        "protocol": route.protocol.value,
                        "attributes": route.attributes,
                        "toldBy": route.told_by,
                        "used": route.used,
                        "outcome": route.outcome,
                    }
                    for route in step.contenders
                ],
                "verdict": step.verdict,
            }
            for step in walkthrough.steps
        ],
        "result": walkthrough.result,
    }
