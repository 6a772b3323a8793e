"""Where packets go: from table to table, longest prefix first, along every equal-cost alternative.

- A trail is one way that a packet may take; it ends where it is delivered or where a table has no way on.
- Each node decides by its own table. A VPN gateway that a packet reaches through a tunnel goes by what its
  tunnels told it, not by what the VNet prefers (PATH-3).
- In a subnet the longest prefix wins, and for equal ones a user route, then BGP, then the system; but the
  system's routes to virtual networks stand before even longer ones from BGP (PATH-5).
- A user-defined route leads where it says, whether its next hop works or not.
- A router reaches its companion over the LAN: where they share no network there, the LAN's own router decides
  again, by its own table.
- The way from a node on is the same wherever a packet comes from. It is worked out once for each destination.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network

from routing.best_path import Selection
from routing.graph import Graph
from routing.instructions import Instruction, Instructions
from routing.nodes import (
    Adjacency,
    ApplianceNode,
    ExpressRouteGatewayNode,
    Node,
    RouterNode,
    Segment,
    SegmentKind,
    VirtualNetworkNode,
)
from routing.origins import Origin
from routing.propagation import Outage, Tables
from routing.routes import Protocol, Route
from topology import NextHopType

_SYSTEM = (Protocol.CONNECTED, Protocol.SYSTEM)

Context = IPv4Network | Node | None
"""What a node's decision depends on besides its tables. At an ExpressRoute gateway it is the prefix that a
virtual network chose; at an appliance the virtual network that the packet comes from without a gateway."""

Match = tuple[IPv4Network, int, Selection]


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
    instruction: Instruction | None = None
    """The user-defined route that it went by, if it did."""
    is_open: bool = False
    """Whether it was left to chance and what chance chooses makes a difference to what packets cross."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Why packets go no further, where it is no route that is missing."""

    reason: str
    """A clause."""
    cause: tuple[str, ...]
    """Where the stack file says so."""
    mend: str


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
    """Whether a node on the way may just as well have sent packets over something else."""
    otherwise: bool = False
    """Whether it is taken only if other routes were there first."""
    loss: Loss | None = None
    """Why it ends where it does, if it is not for want of a route."""

    def __iter__(self) -> Iterator[Trail]:
        """Yield the way's stages, from here to the end."""
        stage: Trail | None = self
        while stage is not None:
            yield stage
            stage = stage.rest

    @property
    def way(self) -> tuple[object, ...]:
        """What tells it from others."""
        return self.end, self.delivered, self.hops, self.segments

    @property
    def at_end(self) -> Trail:
        """Its last stage."""
        *_, last = self
        return last

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What each node on the way went by."""
        return tuple(stage.decision for stage in self if stage.decision)


def _end(
    node: Node, decision: Decision | None = None, *, delivered: bool = False, loss: Loss | None = None
) -> Trail:
    return Trail(
        node=node,
        end=node,
        delivered=delivered,
        decision=decision,
        described=_is_described(node),
        loss=loss,
    )


def _ahead(decision: Decision, over: Adjacency, rest: Trail) -> Trail:
    """Return the way from a node whose packets cross an adjacency, and go on as from its other end."""
    hops, segments, node = over.crossed, over.segments, decision.node
    if rest.hops:
        hops = hops + rest.hops[1:] if hops and hops[-1] == rest.hops[0] else hops + rest.hops
    if rest.segments:
        again = segments and segments[-1] == rest.segments[0] and not isinstance(over.sender, ApplianceNode)
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
        by_chance=rest.by_chance,
        loss=rest.loss,
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
    cut: IPv4Network | None = None
    """The part of the site's prefix that it stands for, where user-defined routes tell it from the rest."""


def explain_failure(element: str) -> str:
    """Return the clause that says that an element's failure ends a path."""
    return f"{element} carried the only way"


@dataclass(slots=True, kw_only=True)
class Onward:
    """The ways to one destination, from any node on."""

    graph: Graph
    tables: Tables
    outage: Outage
    destination: Destination
    rivals: tuple[Onward, ...] = ()
    """The ways in the other states in which routing may settle."""
    _known: dict[tuple[Node, Context], tuple[Trail, ...]] = field(default_factory=dict)
    _passing: list[tuple[Node, Context]] = field(default_factory=list)
    """The nodes that a packet has passed while its way is being worked out."""

    def trails(self, source: Node) -> tuple[Trail, ...]:
        """Return every trail from a site, those of the first adjacency first, those of other states last."""
        own = self._from(source)
        rivals = [trail for rival in self.rivals for trail in rival.trails(source)]
        if not rivals:
            return own
        known = {trail.way for trail in own}
        extra = [replace(trail, by_chance=True, otherwise=True) for trail in rivals if trail.way not in known]
        if not extra and known == {trail.way for trail in rivals}:
            return own
        return (*(replace(trail, by_chance=True) for trail in own), *extra)

    def _from(self, node: Node, context: Context = None) -> tuple[Trail, ...]:
        """Return every trail from a node, as one state has it.

        A packet that a virtual network hands to its ExpressRoute gateway goes by the prefix that the virtual
        network chose: on the way out it passes the gateway by, straight to Microsoft's edge.
        """
        key = (node, context)
        if (known := self._known.get(key)) is not None:
            return known
        if node is self.destination.site:
            trails: tuple[Trail, ...] = (_end(node, delivered=True),)
        else:
            self._passing.append(key)
            trails = self._leave(node, context)
            self._passing.pop()
        if not any(trail.looped and self._is_passed(trail.end) for trail in trails):
            self._known[key] = trails  # else it depends on where the packet came from
        return trails

    def _is_passed(self, node: Node) -> bool:
        return any(passed is node for passed, _ in self._passing)

    def _leave(self, node: Node, context: Context) -> tuple[Trail, ...]:
        decision = self._decide(node, context)
        if decision is None or isinstance(decision, Loss):
            return (_end(node, loss=decision),)
        routes = decision.selection.routes
        if len(routes) == 1:
            return tuple(self._along(routes[0], node, context, decision))
        ways = [tuple(self._along(route, node, context, decision)) for route in routes]
        trails = tuple(trail for way in ways for trail in way)
        if decision.selection.chance:
            crossed = {frozenset((trail.delivered, trail.segments) for trail in way) for way in ways}
            decision.is_open = len(crossed) > 1
            for trail in trails if decision.is_open else ():
                trail.by_chance = True  # nobody else has it yet
        return trails

    def _along(self, route: Route, node: Node, context: Context, decision: Decision) -> Iterator[Trail]:
        over = route.learned_over
        if over in self.graph.into_lan:
            over = self.graph.into_lan[over]
        if loss := self._loss(node, context, decision, over):
            yield _end(node, decision, loss=loss)
        elif over is None:  # the prefix ends here: an appliance's own network, or not the packet's site
            yield _end(node, decision, delivered=node.fabric is self.destination.site)
        elif (entered := (over.sender, self._context(node, over.sender, context, decision))) in self._passing:
            yield _ahead(decision, over, Trail(node=over.sender, end=over.sender, looped=True))
        else:
            for rest in self._from(*entered):
                yield _ahead(decision, over, rest)

    def _context(self, node: Node, entered: Node, context: Context, decision: Decision) -> Context:
        if isinstance(entered, ApplianceNode):
            if isinstance(node, ApplianceNode):
                return context
            return node if isinstance(node, VirtualNetworkNode) else None
        outward = isinstance(entered, ExpressRouteGatewayNode) and isinstance(
            node, VirtualNetworkNode | ApplianceNode
        )
        return decision.prefix if outward and len(self.destination.matches) > 1 else None

    # --- what decides ----------------------------------------------------------------------------------

    def _decide(self, node: Node, context: Context) -> Decision | Loss | None:
        fabric = node.fabric
        pinned = context if isinstance(context, IPv4Network) else None
        matching: list[Match] = []
        for prefix, number in self.destination.matches:
            selection = self.tables[number].selections.get(fabric)
            if selection is not None and (pinned is None or pinned == prefix):
                matching.append((prefix, number, selection))
        if len(matching) > 1 and isinstance(fabric, VirtualNetworkNode):
            matching.sort(key=lambda match: match[2].routes[0].protocol not in _SYSTEM)
        if self.graph.instructions and (told := self.graph.instructions.get(node)) is not None:
            return self._instructed(node, told, matching)
        return self._by_routes(node, matching)

    def _by_routes(self, node: Node, matching: list[Match]) -> Decision | None:
        if not matching:
            return None
        prefix, number, selection = matching[0]
        shorter = tuple((prefix, selection) for prefix, _, selection in matching[1:])
        origin = self.tables[number].origin
        return Decision(node=node, prefix=prefix, selection=selection, origin=origin, shorter=shorter)

    def _instructed(self, node: Node, told: Instructions, matching: list[Match]) -> Decision | Loss | None:
        """Decide by a route table and learned routes: of equal prefixes the user's stands first (PATH-5).

        A gateway asks its subnet's table only about what it hands to virtual networks.
        """
        learned = matching
        if not isinstance(node.fabric, VirtualNetworkNode):
            if not matching or matching[0][2].routes[0].protocol is not Protocol.ATTACHED:
                return self._by_routes(node, matching)
        elif not told.learns:
            learned = [match for match in matching if match[2].routes[0].protocol in _SYSTEM]
        address = self.destination.address
        instruction = next((each for each in told.routes if address in each.prefix), None)
        if instruction and (not learned or instruction.prefix.prefixlen >= learned[0][0].prefixlen):
            route = Route(protocol=Protocol.USER, learned_over=instruction.over)
            return Decision(
                node=node,
                prefix=instruction.prefix,
                selection=Selection(routes=(route,), held=(route,)),
                origin=self.tables[self.destination.matches[0][1]].origin,
                instruction=instruction,
            )
        if matching and not learned:
            return Loss(
                reason=f"route table {told.table} keeps from {node.name} what gateways have learned",
                cause=("routeTables", told.table, "propagateGatewayRoutes"),
                mend="Set propagateGatewayRoutes, or add a route to an appliance that knows the way "
                "(PATH-5).",
            )
        return self._by_routes(node, learned)

    # --- what ends it ----------------------------------------------------------------------------------

    def _loss(self, node: Node, context: Context, decision: Decision, over: Adjacency | None) -> Loss | None:
        if (instruction := decision.instruction) is not None and (
            over is None
            or over in self.outage.lost
            or (instruction.next_hop is NextHopType.VNET_LOCAL and over.sender is not self.destination.site)
        ):
            says = f"{node.name}'s route table {instruction.table} sends {instruction.prefix}"
            return Loss(
                reason=explain_failure(self.outage.cause_of(over))
                if over in self.outage.lost
                else f"{says} {instruction.leads} (PATH-5)",
                cause=("routeTables", instruction.table, "routes", instruction.name),
                mend="Let the route lead to what knows the way, or take it out.",
            )
        if (
            isinstance(node, ApplianceNode)
            and over is not None
            and over.segment is not None
            and over.segment.kind is SegmentKind.PEERING
            and not over.terms.forwards
            and context is not node.fabric
        ):
            peering = over.segment.over
            return Loss(
                reason=f"{peering} lets pass nothing that an appliance forwards (PEER-11)",
                cause=("peerings", peering, "allowForwardedTraffic"),
                mend=f"Set allowForwardedTraffic on {peering}.",
            )
        return None
