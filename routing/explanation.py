"""One sentence for each path: which rule decided it, or which obstacle ends it.

- A path that exists is explained by the decisions on it that had an alternative, else by the rule that makes
  it possible at all.
- A path that does not is explained by the nearest node that knows the destination, and by what keeps it
  from telling.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Network
from itertools import pairwise

from routing.best_path import EXTERNAL_FIRST
from routing.exchange import tell
from routing.forwarding import Decision, Destination, Trail, explain_failure
from routing.graph import Graph
from routing.nodes import (
    Adjacency,
    AdjacencyKind,
    ExpressRouteGatewayNode,
    LanNode,
    Node,
    RouterNode,
    Segment,
    SegmentKind,
    VpnGatewayNode,
)
from routing.origins import Origin
from routing.propagation import Outage, Tables
from routing.routes import Protocol, Refusal, Route


def explain_delivery(trails: tuple[Trail, ...]) -> str:
    """Return the clause that says why traffic takes these trails."""
    decisions = distinct_decisions(trails)
    several = len({trail.segments for trail in trails}) > 1
    for decision in decisions:
        if (decision.is_open and several) or (decision.selection.chance and _is_undescribed(decision)):
            return _explain_chance(decision)
    if several:
        return _explain_sharing(trails, decisions)
    rules = (_explain_instruction, _explain_match, _explain_choice)
    clauses = [explain(decision) for decision in decisions for explain in rules]
    choices = dict.fromkeys(clause for clause in clauses if clause)
    return ", and ".join(choices) if choices else _explain_only_way(trails)


def distinct_decisions(trails: Iterable[Trail]) -> tuple[Decision, ...]:
    """Return what the nodes on some trails went by, each node once, in the order of the trails."""
    return tuple(dict.fromkeys(decision for trail in trails for decision in trail.decisions))


def explain_loss(graph: Graph, tables: Tables, outage: Outage, trail: Trail, destination: Destination) -> str:
    """Return the clause that says why traffic to a destination ends where it does."""
    if trail.looped:
        return f"traffic to {destination.site.name} comes back to {trail.end.name}"
    if trail.loss:
        return trail.loss.reason
    if taken := _own_prefix(trail):
        return f"it ends at {trail.end.name}, whose own {taken} holds the address, too"
    if obstacle := nearest_obstacle(graph, tables, outage, trail.end, destination):
        return obstacle.reason
    return f"nothing joins {trail.end.name} to {destination.site.name}"


def _own_prefix(trail: Trail) -> IPv4Network | None:
    """Return the prefix of its own by which another site takes what is not for it."""
    last = trail.at_end.decision
    return last.prefix if last else None


# --- what decided ----------------------------------------------------------------------------------------


def _is_undescribed(decision: Decision) -> bool:
    return all(route.protocol is Protocol.STATIC for route in decision.selection.routes)


def _explain_chance(decision: Decision) -> str:
    node, selection = decision.node, decision.selection
    ways = " and ".join(dict.fromkeys(_way(route) for route in selection.routes))
    assert selection.ending
    if _is_undescribed(decision):
        return f"{node.name} may use {ways}: its own routes are not described"
    if isinstance(node, RouterNode) and selection.ending.source == "PATH-4":
        return (
            f"{node.name} has equal paths to {decision.prefix} over {ways}, and no local preference decides: "
            "the oldest path or the lowest router ID wins (PATH-4)"
        )
    return f"{node.name} chooses between {ways} for {decision.prefix}, but {selection.ending.source}"


def _explain_sharing(trails: tuple[Trail, ...], decisions: tuple[Decision, ...]) -> str:
    crossed_by_all = set.intersection(*(set(_segment_names((trail,))) for trail in trails))
    shared = [name for name in dict.fromkeys(_segment_names(trails)) if name not in crossed_by_all]
    for decision in decisions:
        if (ending := decision.selection.ending) is not None and ending.shares:
            source = ending.source
            return f"{decision.node.name} shares traffic equally between {' and '.join(shared)} ({source})"
    return f"traffic is shared between {' and '.join(shared)}"


def _explain_instruction(decision: Decision) -> str | None:
    """Return what a user-defined route says, if that is what a node went by."""
    if (told := decision.instruction) is None:
        return None
    return f"{decision.node.name}'s route table {told.table} sends {told.prefix} {told.leads} (PATH-5)"


def _explain_match(decision: Decision) -> str | None:
    """Return that a longer prefix decides; None if the shorter ones lead the same way or are a default."""
    ways = tuple(dict.fromkeys(_way(route) for route in decision.selection.routes))
    for prefix, selection in decision.shorter:
        others = tuple(dict.fromkeys(_way(route) for route in selection.routes))
        if others != ways and prefix.prefixlen:
            longer = f"the longer prefix {decision.prefix} over {' and '.join(ways)}"
            return f"{decision.node.name} has {longer}, and {prefix} over {' and '.join(others)} (PATH-1)"
    return None


def _explain_choice(decision: Decision) -> str | None:
    """Return why a node prefers one way to another; None if it had no alternative worth a word."""
    selection = decision.selection
    if selection.step is None or selection.step is EXTERNAL_FIRST:
        return None
    chosen = dict.fromkeys(_way(route) for route in selection.routes)
    rejected = [
        way for way in dict.fromkeys(_way(route) for route in selection.rejected) if way not in chosen
    ]
    if not rejected:
        return None
    return (
        f"{decision.node.name} prefers {' and '.join(chosen)} to {' and '.join(rejected)} "
        f"for {decision.prefix} by {selection.step.name} ({selection.step.source})"
    )


def _explain_only_way(trails: tuple[Trail, ...]) -> str:
    trail = trails[0]
    kinds = [segment.kind for segment in trail.segments]
    names = " and ".join(_segment_names(trails))
    if kinds == [SegmentKind.PEERING]:
        return f"{names} joins the two virtual networks"
    if how := _explain_transit(trail, kinds):
        return how.format(names)
    if _passes_between_virtual_networks(trail):
        return f"the gateways on {names} allow remote virtual networks' traffic (ER-17)"
    return f"{trail.decisions[0].node.name} is told of no other way than {names}{_shared(trails)}"


def _explain_transit(trail: Trail, kinds: list[SegmentKind]) -> str | None:
    """Return what passes traffic on from one circuit or tunnel to another, if anything does."""
    circuits = {segment.over for segment in trail.segments if segment.kind is SegmentKind.EXPRESS_ROUTE}
    if router := _router_on_the_way(trail):
        return f"{router.name} attracts it and passes it on, here {{}}"
    if circuits and SegmentKind.VPN in kinds:
        return "Route Server passes routes between VPN and ExpressRoute, here {} (PATH-8)"
    if len(circuits) > 1:
        return "Global Reach joins {} (ER-16)"
    if kinds.count(SegmentKind.VPN) > 1:
        return "a VPN gateway passes routes from tunnel to tunnel, here {} (PATH-11)"
    return None


def _router_on_the_way(trail: Trail) -> RouterNode | None:
    """Return a router of a location where the way neither begins nor ends."""
    nodes = [stage.node for stage in trail]
    for before, node in pairwise(nodes):
        if isinstance(node, RouterNode) and not isinstance(before, LanNode | RouterNode):
            after = nodes[nodes.index(node) + 1]
            if after is not trail.end and not isinstance(after, LanNode | RouterNode):
                return node
    return None


def _shared(trails: tuple[Trail, ...]) -> str:
    endings = [decision.selection.ending for trail in trails for decision in trail.decisions]
    ending = next((ending for ending in endings if ending), None)
    if ending is None or len(trails) == 1:
        return ""
    if any(decision.selection.chance for trail in trails for decision in trail.decisions):
        return f", by whichever of {len(trails)} paths chance decides ({ending.source})"
    return f", shared equally by {len(trails)} paths ({ending.source})"


def _passes_between_virtual_networks(trail: Trail) -> bool:
    gateways = (decision.node for decision in trail.decisions)
    return sum(isinstance(node, ExpressRouteGatewayNode) for node in gateways) > 1


def _segment_names(trails: tuple[Trail, ...]) -> Iterator[str]:
    """Yield the circuits and tunnels on some trails, each once; the peerings if there is nothing else."""
    segments = list(dict.fromkeys(segment for trail in trails for segment in trail.segments))
    beyond_peering = [segment for segment in segments if not _is_peering(segment)]
    return (segment.over for segment in beyond_peering or segments)


def _is_peering(segment: Segment) -> bool:
    return segment.kind is SegmentKind.PEERING


def _way(route: Route) -> str:
    """Return what people call the way that a route leads."""
    adjacency = route.learned_over
    if adjacency is None:
        return "its own network"
    if adjacency.kind is AdjacencyKind.USER_ROUTE:
        return adjacency.sender.name
    if isinstance(adjacency.sender, ExpressRouteGatewayNode):
        return "ExpressRoute"
    segment = adjacency.segment or adjacency.sender.segment
    if segment and not _is_peering(segment):
        return segment.over
    return "VPN" if isinstance(adjacency.sender, VpnGatewayNode) else adjacency.sender.name


# --- what is in the way ----------------------------------------------------------------------------------


class ObstacleRank(IntEnum):
    """Which of several obstacles is worth naming, the best first."""

    FAILURE = 1
    RULE = 2
    DISABLED = 3
    ROUTER_TRANSIT = 4
    """No router passes on what is not its own, so that is seldom what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What keeps a node that knows a destination from telling it."""

    rank: ObstacleRank
    reason: str
    adjacency: Adjacency
    prefix: IPv4Network
    """What its sender knows a way to."""


def nearest_obstacle(
    graph: Graph, tables: Tables, outage: Outage, start: Node, destination: Destination
) -> Obstacle | None:
    """Search from where packets end towards nodes that know the destination."""
    knowing = [tables[number] for prefix, number in destination.matches if prefix.prefixlen]
    best = ObstacleRank.FAILURE if outage.lost else ObstacleRank.RULE
    found: dict[ObstacleRank, Obstacle] = {}
    seen = {start.fabric}
    waiting = deque(seen)
    while waiting and best not in found:
        for adjacency in graph.heard.get(waiting.popleft(), ()):
            teller = adjacency.sender
            if teller in seen:
                continue
            for table in knowing:
                if (selection := table.selections.get(teller)) is not None:
                    obstacle = _withheld(adjacency, selection.routes[0], table.origin, outage)
                    if obstacle is not None:
                        found.setdefault(obstacle.rank, obstacle)
                    break
            else:
                seen.add(teller)
                waiting.append(teller)
    return found[min(found)] if found else None


def _withheld(adjacency: Adjacency, route: Route, origin: Origin, outage: Outage) -> Obstacle | None:
    if adjacency in outage.lost:
        rank, reason = ObstacleRank.FAILURE, explain_failure(outage.cause_of(adjacency))
    elif isinstance(told := tell(adjacency, route, origin), Refusal):
        own = route.protocol is Protocol.ATTACHED
        to_azure = adjacency.kind in {AdjacencyKind.LINK, AdjacencyKind.TUNNEL}
        transit = isinstance(adjacency.sender, RouterNode) and to_azure and not own
        rank, reason = (ObstacleRank.ROUTER_TRANSIT if transit else ObstacleRank.RULE), told.reason
    elif adjacency.obstacle:
        rank, reason = ObstacleRank.DISABLED, adjacency.obstacle
    else:
        return None
    return Obstacle(rank=rank, reason=reason, adjacency=adjacency, prefix=origin.prefix)
