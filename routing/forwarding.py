"""Where packets go: from table to table, longest prefix first, along every equal-cost alternative.

- A trail is one way that a packet may take; it ends where it is delivered or where a table has no way on.
- Each node decides by its own table. A VPN gateway that a packet reaches through a tunnel goes by what its
  tunnels told it, not by what the VNet prefers (PATH-3).
- In a subnet the longest prefix wins, and for equal ones a user route, then BGP, then the system; but the
  system's routes to virtual networks stand before even longer ones from BGP (PATH-5).
- The way from a node on is the same wherever a packet comes from. It is worked out once for each destination.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from routing.best_path import Selection
from routing.graph import (
    Adjacency,
    ExpressRouteGatewayNode,
    Node,
    RouterNode,
    Segment,
    VirtualNetworkNode,
)
from routing.origins import Origin
from routing.propagation import Tables
from routing.routes import Protocol

_SYSTEM = (Protocol.CONNECTED, Protocol.SYSTEM)


@dataclass(slots=True, kw_only=True, eq=False)
class Decision:
    """What a node on the way went by."""

    node: Node
    prefix: IPv4Network
    selection: Selection
    origin: Origin
    """Whose the prefix is."""
    shorter: tuple[tuple[IPv4Network, Selection], ...] = ()
    """What it would go by for the rest of a shorter prefix, the longest first."""


@dataclass(slots=True, kw_only=True, eq=False)
class Trail:
    """One way that a packet may take from a node on. It shares its rest with others, and is never changed."""

    node: Node
    end: Node
    """The destination, or the node that has no way on."""
    delivered: bool = False
    looped: bool = False
    decision: Decision | None = None
    """None at the end, where nothing is decided."""
    rest: Trail | None = None
    """The way from the next node on; None at the end."""
    hops: tuple[str, ...] = ()
    """Element names, without the two ends."""
    segments: tuple[Segment, ...] = ()
    """What people call the parts of the way."""
    described: bool = True
    """Whether the stack file describes every router on the way."""
    by_chance: bool = False
    """Whether a node on the way may just as well have chosen otherwise."""

    def __iter__(self) -> Iterator[Trail]:
        """Yield the way's stages, from here to the end."""
        stage: Trail | None = self
        while stage is not None:
            yield stage
            stage = stage.rest

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What each node on the way went by."""
        return tuple(stage.decision for stage in self if stage.decision)


def _end(node: Node, decision: Decision | None = None, *, delivered: bool = False) -> Trail:
    return Trail(node=node, end=node, delivered=delivered, decision=decision, described=_is_described(node))


def _ahead(decision: Decision, over: Adjacency, rest: Trail) -> Trail:
    """Return the way from a node whose packets cross an adjacency, and go on as from its other end."""
    hops, segments, node = over.crossed, over.segments, decision.node
    if rest.hops:
        hops = hops + rest.hops[1:] if hops and hops[-1] == rest.hops[0] else hops + rest.hops
    if rest.segments:
        again = segments and segments[-1] == rest.segments[0]
        segments = segments + rest.segments[1:] if again else segments + rest.segments
    return Trail(
        node=node,
        end=rest.end,
        delivered=rest.delivered,
        looped=rest.looped,
        decision=decision,
        rest=rest,
        hops=hops,
        segments=segments,
        described=rest.described and _is_described(node),
        by_chance=rest.by_chance or decision.selection.chance,
    )


def _is_described(node: Node) -> bool:
    return not isinstance(node, RouterNode) or node.described


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An address, and every prefix of the network that holds it, the longest first."""

    site: Node
    address: IPv4Address
    matches: tuple[tuple[IPv4Network, int], ...]
    """Each prefix with the number of its table."""


@dataclass(slots=True, kw_only=True)
class Onward:
    """The ways to one destination, from any node on."""

    tables: Tables
    destination: Destination
    _known: dict[tuple[Node, IPv4Network | None], tuple[Trail, ...]] = field(default_factory=dict)
    _passing: list[tuple[Node, IPv4Network | None]] = field(default_factory=list)
    """The nodes that a packet has passed while its way is being worked out."""

    def trails(self, node: Node, pinned: IPv4Network | None = None) -> tuple[Trail, ...]:
        """Return every trail from a node, those of the first adjacency first.

        A packet that a virtual network hands to its ExpressRoute gateway goes by the prefix that the virtual
        network chose (`pinned`): on the way out it passes the gateway by, straight to Microsoft's edge.
        """
        key = (node, pinned)
        if (known := self._known.get(key)) is not None:
            return known
        if node is self.destination.site:
            trails: tuple[Trail, ...] = (_end(node, delivered=True),)
        else:
            self._passing.append(key)
            trails = tuple(self._leave(node, pinned))
            self._passing.pop()
        if not any(trail.looped and self._is_passed(trail.end) for trail in trails):
            self._known[key] = trails  # else it depends on where the packet came from
        return trails

    def _is_passed(self, node: Node) -> bool:
        return any(passed is node for passed, _ in self._passing)

    def _leave(self, node: Node, pinned: IPv4Network | None) -> Iterator[Trail]:
        decision = self._decide(node, pinned)
        if decision is None:
            yield _end(node)
            return
        for route in decision.selection.routes:
            over = route.learned_over
            if over is None:  # the prefix ends here, but this is not the site that the packet is for
                yield _end(node, decision)
                continue
            entered = (over.sender, self._pinned(node, over.sender, decision))
            if entered in self._passing:
                back = Trail(node=over.sender, end=over.sender, looped=True)
                yield _ahead(decision, over, back)
            else:
                for rest in self.trails(*entered):
                    yield _ahead(decision, over, rest)

    def _pinned(self, node: Node, entered: Node, decision: Decision) -> IPv4Network | None:
        outward = isinstance(entered, ExpressRouteGatewayNode) and isinstance(node, VirtualNetworkNode)
        return decision.prefix if outward and len(self.destination.matches) > 1 else None

    def _decide(self, node: Node, pinned: IPv4Network | None) -> Decision | None:
        matching = []
        for prefix, number in self.destination.matches:
            selection = self.tables[number].selections.get(node)
            if selection is not None and (pinned is None or pinned == prefix):
                matching.append((prefix, number, selection))
        if not matching:
            return None
        if len(matching) > 1 and isinstance(node, VirtualNetworkNode):
            matching.sort(key=lambda match: match[2].routes[0].protocol not in _SYSTEM)
        prefix, number, selection = matching[0]
        shorter = tuple((prefix, selection) for prefix, _, selection in matching[1:])
        origin = self.tables[number].origin
        return Decision(node=node, prefix=prefix, selection=selection, origin=origin, shorter=shorter)
