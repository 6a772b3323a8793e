"""One sentence for each path: which rule decided it, or which obstacle ends it.

- A path that exists is explained by the first decision on it that had an alternative, else by the rule that
  makes it possible at all.
- A path that does not is explained by the nearest node that knows the destination, and by what keeps it
  from telling.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from routing.exchange import tell
from routing.forwarding import Decision, Destination, Trail
from routing.graph import Adjacency, ExpressRouteGatewayNode, Graph, Node, SegmentKind
from routing.propagation import Tables
from routing.routes import Protocol, Refusal, Route


def explain_delivery(trails: tuple[Trail, ...]) -> str:
    """Return the clause that says why traffic takes these trails."""
    if chance := _first(decision for trail in trails for decision in trail.decisions if _is_open(decision)):
        return _explain_chance(chance)
    for decision in _decisions(trails):
        if explained := _explain_choice(decision):
            return explained
    return _explain_only_way(trails)


def explain_loss(
    graph: Graph, tables: Tables, lost: frozenset[Adjacency], trail: Trail, destination: Destination
) -> str:
    """Return the clause that says why traffic to a destination ends where it does."""
    if trail.looped:
        return f"traffic to {destination.site.name} comes back to {trail.end.name}"
    if obstacle := _obstacle(graph, tables, lost, trail.end, destination):
        return obstacle
    return f"nothing joins {trail.end.name} to {destination.site.name}"


# --- what decided ----------------------------------------------------------------------------------------


def _first(decisions: Iterable[Decision]) -> Decision | None:
    return next(iter(decisions), None)


def _is_open(decision: Decision) -> bool:
    return decision.selection.chance


def _decisions(trails: tuple[Trail, ...]) -> Iterable[Decision]:
    return dict.fromkeys(decision for trail in trails for decision in trail.decisions)


def _explain_chance(decision: Decision) -> str:
    node, selection = decision.node, decision.selection
    ways = " and ".join(dict.fromkeys(_way(route) for route in selection.routes))
    assert selection.ending
    if all(route.protocol is Protocol.STATIC for route in selection.routes):
        return f"{node.name}'s own routes to {ways} are not described"
    if selection.ending.source == "PATH-4":
        return (
            f"{node.name} has equal paths to {decision.prefix} over {ways}, and no local preference decides: "
            "the oldest path or the lowest router ID wins (PATH-4)"
        )
    return f"{node.name} chooses between {ways} for {decision.prefix}, but {selection.ending.source}"


def _explain_choice(decision: Decision) -> str | None:
    """Return why a node prefers one way to another; None if the decision had no alternative in kind."""
    selection = decision.selection
    if selection.step is None:
        return None
    chosen = dict.fromkeys(_way(route) for route in selection.routes)
    rejected = [
        way for way in dict.fromkeys(_way(route) for route in selection.rejected) if way not in chosen
    ]
    if not rejected:
        return None
    return (
        f"{decision.node.name} prefers {' and '.join(chosen)} to {' and '.join(rejected)} "
        f"for {decision.prefix}: {selection.step.name} ({selection.step.source})"
    )


def _explain_only_way(trails: tuple[Trail, ...]) -> str:
    kinds = [segment.kind for segment in trails[0].segments]
    names = list(dict.fromkeys(segment.over for trail in trails for segment in trail.segments))
    if kinds == [SegmentKind.PEERING]:
        return f"{names[0]} joins the two virtual networks"
    if kinds.count(SegmentKind.VPN) > 1:
        return f"{' and '.join(names)} meet in a VPN gateway, which passes routes between tunnels (PATH-11)"
    if _between_virtual_networks(trails[0]):
        return f"both gateways on {names[-1]} allow remote virtual networks' traffic (ER-17)"
    shared = " and ".join(names)
    if len(trails) > 1:
        return f"{shared} is the only way, shared equally over {len(trails)} paths (PATH-6)"
    return f"{shared} is the only way"


def _between_virtual_networks(trail: Trail) -> bool:
    gateways = [hop for hop in trail.hops if hop.startswith("gateway:") and hop.endswith("/expressroute")]
    return len(gateways) > 1


def _way(route: Route) -> str:
    """Return what people call the way that a route leads."""
    adjacency = route.learned_over
    if adjacency is None:
        return "its own network"
    if isinstance(adjacency.sender, ExpressRouteGatewayNode):
        return "ExpressRoute"
    segment = adjacency.segment or adjacency.sender.segment
    if segment and segment.kind is not SegmentKind.PEERING:
        return segment.over
    return adjacency.sender.name


# --- what is in the way ----------------------------------------------------------------------------------


def _obstacle(
    graph: Graph, tables: Tables, lost: frozenset[Adjacency], start: Node, destination: Destination
) -> str | None:
    """Search from where packets end towards the nearest node that knows the destination."""
    seen = {start}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for adjacency in graph.heard.get(node, ()):
            teller = adjacency.sender
            if teller in seen:
                continue
            seen.add(teller)
            if route := _known(tables, teller, destination):
                if reason := _withheld(adjacency, route, lost):
                    return reason
            waiting.append(teller)
    return None


def _known(tables: Tables, node: Node, destination: Destination) -> Route | None:
    for prefix in destination.prefixes:
        if prefix.prefixlen and (selection := tables[prefix].selections.get(node)):
            return selection.routes[0]
    return None


def _withheld(adjacency: Adjacency, route: Route, lost: frozenset[Adjacency]) -> str | None:
    if adjacency.obstacle:
        return adjacency.obstacle
    if adjacency in lost:
        return f"{' and '.join(adjacency.required)} carried the only way"
    told = tell(adjacency, route)
    return told.reason if isinstance(told, Refusal) else None
