"""A blueprint while it is being drawn: nodes that still gain sessions, routes and policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lab.bgp.addressing import Allotment
from lab.bgp.blueprint import (
    Blueprint,
    KernelRoute,
    Node,
    NodeKind,
    Port,
    Segment,
    Site,
    Wire,
)
from lab.bgp.configuration import (
    AsPathList,
    Bgp,
    CommunityList,
    Neighbor,
    Ospf,
    PrefixList,
    RouteMap,
    RoutingConfiguration,
    StaticRoute,
)
from topology import Network

Policy = PrefixList | CommunityList | AsPathList | RouteMap

_FIRST_RULE = 100


@dataclass(slots=True, kw_only=True)
class NodeDraft:
    """One node; `asn` None for a node without BGP."""

    name: str
    kind: NodeKind
    label: IPv4Address
    element: str | None = None
    instance: str | None = None
    segment: Segment | None = None
    asn: int | None = None
    shares: bool = True
    neighbors: list[Neighbor] = field(default_factory=list)
    networks: list[IPv4Network] = field(default_factory=list)
    static_routes: list[StaticRoute] = field(default_factory=list)
    policy: dict[tuple[type, str], Policy] = field(default_factory=dict)
    """By kind and name; a name always means the same."""
    ospf: Ospf | None = None
    loopbacks: list[IPv4Interface] = field(default_factory=list)
    routes: list[KernelRoute] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    table_routes: list[str] = field(default_factory=list)
    tables: int = 0
    ports: int = 0

    def next_port(self) -> str:
        """Return the name of a new interface."""
        self.ports += 1
        return f"port{self.ports}"

    @property
    def next_rule(self) -> int:
        """The preference that the next policy rule will have: they are asked in their order here."""
        return _FIRST_RULE + len(self.rules)

    def rule(self, words: str) -> None:
        """Add a policy rule, as `ip rule add` takes it after its preference."""
        self.rules.append(f"pref {self.next_rule} {words}")

    def next_table(self, first: int) -> int:
        """Return the number of a new table."""
        self.tables += 1
        return first + self.tables - 1

    def define(self, item: Policy) -> str:
        """Add a policy object, once, and return its name."""
        assert self.policy.setdefault((type(item), item.name), item) == item, item.name
        return item.name

    def node(self) -> Node:
        """Return the finished node."""
        return Node(
            name=self.name,
            kind=self.kind,
            element=self.element,
            instance=self.instance,
            segment=self.segment,
            routing=self._routing() if self.asn is not None or self.ospf or self.static_routes else None,
            loopbacks=tuple(self.loopbacks),
            routes=tuple(self.routes),
            rules=tuple(self.rules),
            table_routes=tuple(self.table_routes),
        )

    def _routing(self) -> RoutingConfiguration:
        items = tuple(self.policy.values())
        return RoutingConfiguration(
            bgp=None
            if self.asn is None
            else Bgp(
                asn=self.asn,
                router_id=self.label,
                neighbors=tuple(self.neighbors),
                networks=tuple(self.networks),
                shares=self.shares,
            ),
            ospf=self.ospf,
            static_routes=tuple(dict.fromkeys(self.static_routes)),
            prefix_lists=tuple(item for item in items if isinstance(item, PrefixList)),
            community_lists=tuple(item for item in items if isinstance(item, CommunityList)),
            as_path_lists=tuple(item for item in items if isinstance(item, AsPathList)),
            route_maps=tuple(item for item in items if isinstance(item, RouteMap)),
        )


class Draft:
    """All nodes and wires so far."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.allotment = Allotment(network)
        self.nodes: dict[str, NodeDraft] = {}
        self.wires: list[Wire] = []
        self.sites: dict[str, Site] = {}
        self.limits: list[str] = []

    def add(
        self,
        kind: NodeKind,
        name: str,
        *,
        asn: int | None = None,
        element: str | None = None,
        segment: Segment | None = None,
        shares: bool = True,
    ) -> NodeDraft:
        """Add a node; its namespace is called `kind.name`."""
        node = NodeDraft(
            name=f"{kind}.{name}" if name else kind.value,
            kind=kind,
            label=self.allotment.label(),
            element=element,
            segment=segment,
            asn=asn,
            shares=shares,
        )
        self.nodes[node.name] = node
        return node

    def join(
        self,
        first: NodeDraft,
        second: NodeDraft,
        *,
        elements: tuple[str, ...] = (),
        segment: Segment | None = None,
    ) -> Wire:
        """Join two nodes by a wire with inner addresses."""
        there, back = self.allotment.link()
        wire = Wire(
            first=Port(node=first.name, interface=first.next_port(), addresses=(there,)),
            second=Port(node=second.name, interface=second.next_port(), addresses=(back,)),
            elements=elements,
            segment=segment,
        )
        self.wires.append(wire)
        return wire

    def add_host(self, site: str, router: NodeDraft, host: IPv4Interface, gateway: IPv4Address) -> str:
        """Add a site's host and return the router's interface towards it."""
        node = self.add(NodeKind.HOST, site)
        wire = Wire(
            first=Port(node=node.name, interface=node.next_port(), addresses=(host,)),
            second=Port(
                node=router.name,
                interface=router.next_port(),
                addresses=(IPv4Interface((gateway, host.network.prefixlen)),),
            ),
        )
        self.wires.append(wire)
        default = IPv4Network("0.0.0.0/0")
        node.routes.append(KernelRoute(destination=default, interface=wire.first.interface, via=gateway))
        self.sites[site] = Site(name=site, node=router.name, host_node=node.name, host=host.ip)
        return wire.second.interface

    def blueprint(self) -> Blueprint:
        """Return the finished blueprint."""
        return Blueprint(
            nodes={name: node.node() for name, node in self.nodes.items()},
            wires=tuple(self.wires),
            sites=dict(self.sites),
            limits=tuple(self.limits),
        )


def port_address(wire: Wire, node: NodeDraft) -> IPv4Address:
    """Return a node's address on a wire that it ends."""
    return port_of(wire, node).addresses[0].ip


def port_of(wire: Wire, node: NodeDraft) -> Port:
    """Return a node's end of a wire."""
    return wire.first if wire.first.node == node.name else wire.second
