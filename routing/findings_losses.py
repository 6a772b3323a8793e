"""Findings of traffic that is lost: black holes, one-sided paths, loops, and defaults that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from routing.alike import Pair
from routing.contest import Blame, Reach, blames
from routing.course import Course
from routing.elements import described_at
from routing.explanation import Obstacle, ObstacleRank, explain_loss, nearest_obstacle
from routing.findings import Finding, FindingKind, KeyPath, Severity
from routing.findings_design import prefix_path
from routing.findings_state import State
from routing.forwarding import Decision, Trail
from routing.nodes import AdjacencyKind, ApplianceNode, ExpressRouteGatewayNode, LanNode, RouterNode
from topology import DefaultInformation, Network


def loss_findings(state: State, pair: Pair, there: Course, back: Course) -> Iterator[Finding]:
    """Yield where a pair's traffic is lost, or what comes back of it."""
    if there.delivered and not back.delivered:
        yield _one_sided(state, pair)
    if there.lost_in_part:
        yield from _lost(state, pair)
    elif there.attracted:
        yield from _vanishing(state, pair, back)


def _one_sided(state: State, pair: Pair) -> Finding:
    source, destination = pair
    lost = next(trail for trail in state.trails((destination, source)) if not trail.delivered)
    target = state.forecast.destinations[source][0]
    reason = explain_loss(state.forecast.graph, state.tables, state.outage, lost, target)
    causes: tuple[KeyPath, ...]
    if lost.loss:
        causes, mend = (lost.loss.cause,), lost.loss.mend
    elif taken := taken_by(state.forecast.network, lost):
        causes, mend = taken.causes, taken.mend
    else:
        obstacle = nearest_obstacle(state.forecast.graph, state.tables, state.outage, lost.end, target)
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
        network = state.forecast.network
        blame = taken_by(network, trail) or next(iter(blames(network, [trail])), None)
        causes = blame.causes if blame else (state.site_path(pair[0]),)
        mend = blame.mend if blame else f"Give {trail.end.name} a way to {pair[1]}."
        if trail.looped and isinstance(trail.end, LanNode):
            mend += (
                " Or put the location's routers on one LAN network: the LAN's own router then stands aside."
            )
        what = "some of the traffic" if state.course(pair).delivered else "traffic"
        lost = f"comes back to {trail.end.name}" if trail.looped else f"is lost at {trail.end.name}"
        yield Finding(
            kind=FindingKind.LOOP if trail.looped else FindingKind.BLACK_HOLE,
            severity=Severity.ERROR,
            message=f"{state.when}{what} {lost}",
            causes=causes,
            mend=mend,
            pairs=(pair,),
            failures=state.failures,
        )
        return


def taken_by(network: Network, trail: Trail) -> Blame | None:
    """Return what makes another site take some traffic by a prefix of its own, if that is where it ends."""
    if (decision := trail.at_end.decision) is None or trail.delivered or trail.loss:
        return None
    return Blame(
        reach=Reach.PREFIX,
        causes=(prefix_path(network, trail.end.name, decision.prefix),),
        mend="Give each prefix to one site only, or the others longer parts of it.",
    )


def _vanishing(state: State, pair: Pair, back: Course) -> Iterator[Finding]:
    """Yield who attracts what they have no way for."""
    for trail in state.trails(pair):
        if trail.looped:
            yield from _lost(state, pair)
            return
        if isinstance(trail.end, RouterNode):
            yield from _default_to_nowhere(state, pair, trail)
        elif isinstance(trail.end, ApplianceNode):
            if not back.delivered and (trail.loss or state.element is None):
                yield _at_appliance(state, pair, trail)
        elif (decision := trail.at_end.decision) and _is_summary(trail) and state.element is None:
            yield _at_other_site(state, pair, decision)


def _is_summary(trail: Trail) -> bool:
    """Whether a prefix that is no default drew traffic out of its site."""
    decision = trail.at_end.decision
    return decision is not None and decision.prefix.prefixlen > 0 and trail.end is not trail.node


def _default_to_nowhere(state: State, pair: Pair, trail: Trail) -> Iterator[Finding]:
    """Yield a router that offers its LAN a default route, whatever it can reach itself."""
    router = trail.end
    if not (isinstance(router, RouterNode) and router.described and trail.decisions):
        return
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


def _at_appliance(state: State, pair: Pair, trail: Trail) -> Finding:
    """Return that an appliance gets what it cannot pass on."""
    led = next(each.instruction for each in reversed(trail.decisions) if each.instruction)
    cause = trail.loss.cause if trail.loss else ("routeTables", led.table, "routes", led.name)
    way = f"Give {trail.end.name} a way to {pair[1]}, or take that out of the route's prefix."
    return Finding(
        kind=FindingKind.BLACK_HOLE,
        severity=Severity.WARNING,
        message=f"{state.when}route table {led.table} sends traffic {led.leads}, where it ends: "
        f"{trail.loss.reason if trail.loss else 'it knows no way on'}",
        causes=(cause,),
        mend=trail.loss.mend if trail.loss else way,
        pairs=(pair,),
        failures=state.failures,
    )


def _at_other_site(state: State, pair: Pair, decision: Decision) -> Finding:
    """Return that one site's summary takes another's traffic."""
    site = decision.node.fabric.name
    return Finding(
        kind=FindingKind.OVERLAPPING_SUMMARY,
        severity=Severity.WARNING,
        message=f"{state.when}{decision.prefix} of {site} attracts traffic for others, which ends there "
        "(PATH-1)",
        causes=(prefix_path(state.forecast.network, site, decision.prefix),),
        mend="Advertise longer prefixes in its place, or give the others' routes a backup.",
        pairs=(pair,),
        failures=state.failures,
    )
