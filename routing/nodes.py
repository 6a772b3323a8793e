"""What a network is made of, for routing: nodes that hold routes and adjacencies that tell them.

- Nodes: VNets, their gateways, a circuit's two Microsoft edges, customer edge routers, LANs.
- An adjacency is one direction of a BGP session, a peering, an attachment or OSPF; packets cross it the
  other way. What must work for it to exist are its elements, each by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network

from topology import AZURE_GATEWAY_ASN, MICROSOFT_EDGE_ASN


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


NO_TERMS = Terms()


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
    terms: Terms = NO_TERMS
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
