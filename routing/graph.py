"""The network as one graph: its nodes and adjacencies, found by who tells, who hears and what must work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routing.instructions import Instructions
from routing.nodes import (
    NO_TERMS,
    Adjacency,
    AdjacencyKind,
    LanNode,
    Node,
    Segment,
    Terms,
    VirtualNetworkNode,
)
from routing.origins import Origin


@dataclass(slots=True, kw_only=True)
class Graph:
    """All nodes and adjacencies of a network. Built once, then only read."""

    sites: dict[str, VirtualNetworkNode | LanNode] = field(default_factory=dict)
    adjacencies: list[Adjacency] = field(default_factory=list)
    default_originators: list[Adjacency] = field(default_factory=list)
    """Adjacencies over which a router offers its LAN a default route, whatever it knows itself."""
    into_lan: dict[Adjacency, Adjacency] = field(default_factory=dict)
    """What packets cross first to a companion that is not on the router's own LAN network: the LAN's router
    stands between, and passes them on by its own table."""
    told: dict[Node, list[Adjacency]] = field(default_factory=dict)
    """By sender, without those that have an obstacle."""
    heard: dict[Node, list[Adjacency]] = field(default_factory=dict)
    """By receiver, with those that have an obstacle."""
    by_element: dict[str, list[Adjacency]] = field(default_factory=dict)
    """By each element that an adjacency needs."""
    origins: tuple[Origin, ...] = ()
    """The prefixes that there are to know, set when everything is joined."""
    instructions: Mapping[Node, Instructions] = field(default_factory=dict)
    """What the route tables of subnets say, by who looks into them."""
    led: int = 0
    """How many ways user-defined routes lead."""

    def join(
        self,
        kind: AdjacencyKind,
        ends: tuple[Node, Node],
        *,
        elements: Iterable[str] = (),
        instances: tuple[str, ...] = (),
        segment: Segment | None = None,
        terms: tuple[Terms, Terms] = (NO_TERMS, NO_TERMS),
        obstacle: str | None = None,
    ) -> tuple[Adjacency, Adjacency]:
        """Join two nodes in both directions: `terms` are those of what the first and the second end tells."""
        first, second = ends
        elements = tuple(elements)
        there, back = (
            Adjacency(
                number=len(self.adjacencies) + offset,
                kind=kind,
                sender=sender,
                receiver=receiver,
                elements=elements,
                instances=instances,
                segment=segment,
                crossed=(*elements, *((sender.element,) if sender.element else ())),
                segments=tuple(one for one in (segment, sender.segment) if one),
                terms=told,
                obstacle=obstacle,
            )
            for offset, (sender, receiver, told) in enumerate(
                ((first, second, terms[0]), (second, first, terms[1]))
            )
        )
        for adjacency in (there, back):
            self._add(adjacency)
        return there, back

    def lead(
        self,
        hop: Node,
        node: Node,
        *,
        elements: tuple[str, ...] = (),
        segment: Segment | None = None,
        terms: Terms = NO_TERMS,
    ) -> Adjacency:
        """Return the way of a user-defined route to its next hop: packets cross it, and no route does."""
        self.led += 1
        adjacency = Adjacency(
            number=-self.led,
            kind=AdjacencyKind.USER_ROUTE,
            sender=hop,
            receiver=node,
            elements=elements,
            segment=segment,
            terms=terms,
            crossed=(*elements, *((hop.element,) if hop.element else ())),
            segments=tuple(one for one in (segment, hop.segment) if one),
        )
        for element in adjacency.required:
            self.by_element.setdefault(element, []).append(adjacency)
        return adjacency

    def _add(self, adjacency: Adjacency) -> None:
        self.adjacencies.append(adjacency)
        self.heard.setdefault(adjacency.receiver, []).append(adjacency)
        if adjacency.obstacle is None:
            self.told.setdefault(adjacency.sender, []).append(adjacency)
            for element in adjacency.required:
                self.by_element.setdefault(element, []).append(adjacency)
