"""Where routing may settle in more than one way, by which routes were there first (RFC 4264, "BGP Wedgies").

- Beside a Route Server an ExpressRoute gateway tells its circuits what a tunnel brought, as long as they tell
  it nothing of the same prefix: what they tell weighs more (PATH-3).
- A location that prepends over ExpressRoute may so be as near to Microsoft's edge by gateway and tunnel as by
  its own link. If the gateway's route is there first, the edge goes on preferring it and tells the gateway of
  no other, so that the gateway goes on. If the link is, the gateway falls silent, and that stays, too.
- Both are found by what comes up last: the links to routers, or the tunnels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from routing.best_path import Selection
from routing.graph import Graph
from routing.nodes import Adjacency, AdjacencyKind, Node
from routing.origins import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Latecomers:
    """Adjacencies that may come up when all others have settled."""

    adjacencies: frozenset[Adjacency]
    prefixes: frozenset[IPv4Network]

    def bears_on(self, origin: Origin) -> bool:
        """Whether it can make a difference to a prefix that they came late."""
        return origin.prefix in self.prefixes


def latecomers(graph: Graph) -> tuple[Latecomers, ...]:
    """Return what may come up last and make a difference by that: nothing, in most networks."""
    working = [each for each in graph.adjacencies if each.obstacle is None]
    if not any(each.kind is AdjacencyKind.EXCHANGE and each.terms.exchanges for each in working):
        return ()
    links = [each for each in working if each.kind is AdjacencyKind.LINK]
    prepended = (each.terms.advertised for each in links if each.terms.prepend)
    prefixes = frozenset[IPv4Network]().union(*prepended)
    tunnels = [each for each in working if each.kind is AdjacencyKind.TUNNEL]
    return tuple(
        Latecomers(adjacencies=frozenset(late), prefixes=prefixes) for late in (links, tunnels) if prefixes
    )


def differing(first: Mapping[Node, Selection], second: Mapping[Node, Selection]) -> set[Node]:
    """Return the nodes that send packets over something else in one state than in another."""
    return {node for node in first.keys() | second.keys() if _over(first, node) != _over(second, node)}


def _over(selections: Mapping[Node, Selection], node: Node) -> tuple[Adjacency | None, ...]:
    selection = selections.get(node)
    return tuple(route.learned_over for route in selection.routes) if selection else ()
