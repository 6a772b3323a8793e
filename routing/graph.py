"""The network as nodes that hold routes and adjacencies that tell them, each by its element's name.

- Nodes: VNets, their gateways, a circuit's two Microsoft edges, customer edge routers, LANs.
- An adjacency is one direction of a BGP session, a peering, an attachment or OSPF; packets cross it the
  other way. What must work for it to exist are its elements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from routing.origins import Origin
from topology import AZURE_GATEWAY_ASN, MICROSOFT_EDGE_ASN

if TYPE_CHECKING:
    from routing.user_routes import Instructions


class SegmentKind(StrEnum):
    """What people call a part of a path."""

    PEERING = "peering"
    EXPRESS_ROUTE = "expressroute"
    VPN = "vpn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a path that traffic crosses: a peering, a circuit or a tunnel, by its name."""

    kind: SegmentKind
    over: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """Something that holds routes and forwards by them."""

    name: str
    """What sentences call it."""
    element: str | None = None
    """The element whose failure ends it; sites never fail."""
    segment: Segment | None = None
    """What traffic through it crosses."""

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @property
    def location_asn(self) -> int | None:
        """The AS of the prefixes that it owns, if it is a location's LAN."""
        return None

    @property
    def fabric(self) -> Node:
        """The node whose learned routes it goes by: itself, or an appliance's virtual network."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class VirtualNetworkNode(Node):
    """A VNet's fabric: the effective routes of its virtual machines."""

    prefixes: tuple[IPv4Network, ...]

    @property
    def advertised_whole(self) -> tuple[IPv4Network, ...]:
        """What other sites know it by."""
        return self.prefixes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ExpressRouteGatewayNode(Node):
    """A VNet's ExpressRoute gateway."""

    allow_remote_vnet_traffic: bool
    local: tuple[IPv4Network, ...]
    """The address spaces of its VNet and of the spokes that use it: it learns nothing inside them."""
    exchanges: bool = False
    """Whether Azure Route Server joins it to the VPN gateway; it then takes less from other VNets."""
    asn: int = AZURE_GATEWAY_ASN


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class VpnGatewayNode(Node):
    """A VNet's VPN gateway, both instances of it."""

    asn: int
    local: tuple[IPv4Network, ...]
    """The address spaces of its VNet and of the spokes that use it (VPN-9, VPN-10)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ApplianceNode(Node):
    """A virtual appliance, which forwards what user-defined routes hand to it; it learns nothing itself."""

    virtual_network: VirtualNetworkNode

    @property
    def fabric(self) -> Node:
        """The virtual network that it is in."""
        return self.virtual_network


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class MicrosoftEdgeNode(Node):
    """One of a circuit's two Microsoft enterprise edge routers."""

    circuit: str
    asn: int = MICROSOFT_EDGE_ASN


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RouterNode(Node):
    """A customer edge router."""

    asn: int
    express_route_local_preference: int | None
    vpn_local_preference: int | None
    described: bool = True
    """Whether the stack file describes it; somebody else's router has a policy that nobody here knows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class LanNode(Node):
    """A location's LAN, which follows its routers' OSPF or a static route to them."""

    asn: int
    """Its routers'."""
    prefixes: tuple[IPv4Network, ...]
    """Its own, with the parts of them that its routers advertise by themselves."""
    advertised_whole: tuple[IPv4Network, ...]
    """What other sites know it by: its own, without those parts."""

    @property
    def location_asn(self) -> int:
        """The AS that its prefixes come from."""
        return self.asn


class AdjacencyKind(StrEnum):
    """What joins two nodes."""

    ATTACHMENT = "attachment"
    """A gateway and its VNet, or a spoke that uses it."""
    PEERING = "peering"
    EXCHANGE = "exchange"
    """The two gateways of one VNet: nothing passes without Azure Route Server."""
    CONNECTION = "connection"
    """An ExpressRoute gateway and a Microsoft edge."""
    LINK = "link"
    """A Microsoft edge and a customer edge router."""
    GLOBAL_REACH = "global reach"
    TUNNEL = "tunnel"
    COMPANION = "companion"
    """Two routers of one location, by iBGP."""
    LAN = "lan"
    """A router and its location's LAN."""
    USER_ROUTE = "user route"
    """The next hop of a user-defined route, and who looks into its table: nothing is told over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an adjacency says about routes, besides its kind."""

    weight: int = 0
    """A connection's routing weight (ER-13)."""
    advertised: frozenset[IPv4Network] = frozenset()
    """What a router tells Azure here: its outbound prefix list."""
    prepend: int = 0
    metric: int = 0
    """OSPF's, towards the LAN."""
    static: bool = False
    """Whether the LAN has a static route to the router instead of OSPF."""
    passes_default: bool = False
    """Whether a router that has a default route offers it to the LAN by OSPF."""
    exchanges: bool = False
    """Whether Azure Route Server passes routes between a VNet's gateways (ASN-12)."""
    forwards: bool = False
    """Whether a peering lets pass what an appliance forwards (PEER-11)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adjacency:
    """One direction of a relation: the sender tells the receiver routes, packets go back to the sender."""

    number: int
    """Its place in the graph, for a stable order."""
    kind: AdjacencyKind
    sender: Node
    receiver: Node
    elements: tuple[str, ...] = ()
    """What it needs besides its two ends, and what packets cross on it."""
    instances: tuple[str, ...] = ()
    """The instances of gateways that it needs, where each has tunnels of its own."""
    segment: Segment | None = None
    terms: Terms = Terms()
    crossed: tuple[str, ...] = ()
    """The elements that a packet passes to the sender, which included."""
    segments: tuple[Segment, ...] = ()
    """What a packet to the sender crosses, as people call it."""
    obstacle: str | None = None
    """Why it does not exist even in the steady state, such as a link that is disabled."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.sender.name} to {self.receiver.name}>"

    @property
    def required(self) -> tuple[str, ...]:
        """Every element whose failure ends it."""
        ends = (self.sender.element, *self.elements, *self.instances, self.receiver.element)
        return tuple(element for element in ends if element)


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
        terms: tuple[Terms, Terms] = (Terms(), Terms()),
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
        terms: Terms = Terms(),
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
