"""Findings of traffic that is lost: black holes, one-sided paths, loops, and defaults that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from routing.alike import Pair
from routing.contest import blames
from routing.course import Course
from routing.elements import described_at
from routing.explanation import Obstacle, ObstacleRank, nearest_obstacle
from routing.findings import Finding, FindingKind, KeyPath, Severity
from routing.findings_state import State
from routing.graph import AdjacencyKind, ExpressRouteGatewayNode, RouterNode
from topology import DefaultInformation


def loss_findings(state: State, pair: Pair, there: Course, back: Course) -> Iterator[Finding]:
    """Yield where a pair's traffic is lost, or what comes back of it."""
    if there.delivered and not back.delivered:
        yield _one_sided(state, pair)
    if there.lost_in_part:
        yield from _lost(state, pair)
    elif there.attracted:
        yield from _vanishing(state, pair)


def _one_sided(state: State, pair: Pair) -> Finding:
    source, destination = pair
    lost = next(trail for trail in state.trails((destination, source)) if not trail.delivered)
    target = state.forecast.destinations[source][0]
    obstacle = nearest_obstacle(state.forecast.graph, state.tables, state.outage, lost.end, target)
    reason = obstacle.reason if obstacle else f"nothing joins {lost.end.name} to {source}"
    causes, mend = _obstacle_cause(state, obstacle, source)
    return Finding(
        kind=FindingKind.BLACK_HOLE,
        severity=Severity.ERROR,
        message=f"{state.when}traffic arrives, and nothing comes back: {reason}",
        causes=causes,
        mend=mend,
        pairs=(pair,),
        failures=state.failures,
    )


def _obstacle_cause(state: State, obstacle: Obstacle | None, site: str) -> tuple[tuple[KeyPath, ...], str]:
    """Return where the stack file sets up an obstacle, and what to change there."""
    if obstacle is None:
        return (state.site_path(site),), f"Join {site} to what should reach it."
    if obstacle.rank is ObstacleRank.FAILURE:
        failed = state.outage.cause_of(obstacle.adjacency)
        return (described_at(failed),), f"Give both directions a way without {failed}."
    if obstacle.adjacency.obstacle:
        return ((*described_at(obstacle.adjacency.elements[0]), "enabled"),), "Enable the link."
    return _refusal_cause(obstacle)


def _refusal_cause(obstacle: Obstacle) -> tuple[tuple[KeyPath, ...], str]:
    """Return where the stack file makes a node refuse to tell a route."""
    adjacency = obstacle.adjacency
    if adjacency.kind in {AdjacencyKind.LINK, AdjacencyKind.TUNNEL} and isinstance(
        adjacency.sender, RouterNode
    ):
        path = described_at(adjacency.elements[0])
        where = path if adjacency.kind is AdjacencyKind.LINK else (*path, "router")
        return ((*where, "advertisedPrefixes"),), f"Advertise {obstacle.prefix} there, too."
    if adjacency.kind is AdjacencyKind.CONNECTION and isinstance(adjacency.receiver, ExpressRouteGatewayNode):
        path = described_at(adjacency.receiver.element or "")
        return ((*path, "allowRemoteVnetTraffic"),), "Set allowRemoteVnetTraffic on both gateways (ER-17)."
    if adjacency.kind is AdjacencyKind.LAN:
        return (("routers", adjacency.sender.name),), "Let whole sites be told, so that the LAN learns them."
    ends = (adjacency.sender.element, adjacency.receiver.element)
    elements = adjacency.elements or tuple(element for element in ends if element)
    return tuple(described_at(element) for element in elements), "Give the pair a way in both directions."


def _lost(state: State, pair: Pair) -> Iterator[Finding]:
    for trail in state.trails(pair):
        if trail.delivered:
            continue
        blamed = blames(state.forecast.network, [trail])
        causes = blamed[0].causes if blamed else (state.site_path(pair[0]),)
        mend = blamed[0].mend if blamed else f"Give {trail.end.name} a way to {pair[1]}."
        yield Finding(
            kind=FindingKind.LOOP if trail.looped else FindingKind.BLACK_HOLE,
            severity=Severity.ERROR,
            message=f"{state.when}some of the traffic is lost at {trail.end.name}",
            causes=causes,
            mend=mend,
            pairs=(pair,),
            failures=state.failures,
        )
        return


def _vanishing(state: State, pair: Pair) -> Iterator[Finding]:
    """Yield routers that attract by a default route what they have no way for."""
    for trail in state.trails(pair):
        if trail.looped:
            yield from _lost(state, pair)
            return
        router = trail.end
        if not (isinstance(router, RouterNode) and router.described and trail.decisions):
            continue
        ospf = state.forecast.network.routers[router.name].ospf
        by_default = trail.decisions[-1].prefix.prefixlen == 0
        if by_default and ospf and ospf.default_information is DefaultInformation.ALWAYS:
            yield Finding(
                kind=FindingKind.BLACK_HOLE,
                severity=Severity.WARNING,
                message=f"{router.name} always offers its LAN a default route, so that traffic for what it "
                f"cannot reach {'after a failure ' if state.element else ''}ends there, unanswered",
                causes=(("routers", router.name, "ospf", "defaultInformation"),),
                mend="Leave defaultInformation at never: the LAN then knows what cannot be reached.",
                pairs=(pair,),
                failures=state.failures,
            )
