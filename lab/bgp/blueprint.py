"""What the living network consists of: nodes, wires between them, and tunnels that cross the Internet.

- A node is one network namespace; those with a speaker run FRR.
- A wire or tunnel knows which elements of the network it stands for, so that a failure can cut exactly those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lab.bgp.configuration import RoutingConfiguration
from topology import IpsecPolicy

Segment = tuple[str, str]
"""A part of a path as people call it: its kind (peering, expressroute, vpn) and its name."""


class NodeKind(StrEnum):
    """What a namespace stands for; also the first part of its name."""

    VIRTUAL_NETWORK = "vnet"
    EXPRESS_ROUTE_GATEWAY = "er"
    VPN_GATEWAY = "vpn"
    ROUTE_SERVER = "rs"
    MICROSOFT_EDGE = "msee"
    ROUTER = "ce"
    LAN = "lan"
    APPLIANCE = "nva"
    """What user-defined routes hand traffic to."""
    HOST = "host"
    PUBLIC = "public"
    """The table with a router's or gateway's public address: tunnels are built there, not in its VRF."""
    INTERNET = "internet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One network namespace."""

    name: str
    kind: NodeKind
    element: str | None = None
    """The network's element that fails with it."""
    instance: str | None = None
    """The element that it is by itself, if it is one of a gateway's instances."""
    segment: Segment | None = None
    """What traffic through it crosses."""
    routing: RoutingConfiguration | None = None
    """What FRR is told; None for a node without routing protocols."""
    loopbacks: tuple[IPv4Interface, ...] = ()
    routes: tuple[KernelRoute, ...] = ()
    """Of nodes without FRR."""
    rules: tuple[str, ...] = ()
    """Which packets look into which table, as `ip rule add` takes it; without, all into the main one."""
    table_routes: tuple[str, ...] = ()
    """What other tables than the main one have, as `ip route add` takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelRoute:
    """A route that the lab puts into a node's kernel table by itself."""

    destination: IPv4Network
    interface: str
    via: IPv4Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Jack:
    """Where a wire ends on a router: frames come in at a port, with these VLAN tags, the outer one first."""

    port: str
    """As IOS calls it."""
    tags: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One end of a wire or a tunnel."""

    node: str
    interface: str
    addresses: tuple[IPv4Interface, ...]
    enabled: bool = True
    """False for an interface that the description shuts down."""
    peer: IPv4Address | None = None
    """The other end's address, where it is on no common network and yet counts as connected."""
    jack: Jack | None = None
    """Of a router's end of a cable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A cable between two nodes."""

    first: Port
    second: Port
    elements: tuple[str, ...] = ()
    """What fails with it, besides its ends."""
    segment: Segment | None = None

    @property
    def ends(self) -> tuple[Port, Port]:
        """Both ends."""
        return self.first, self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelEnd:
    """What one end of a tunnel needs in the public table."""

    public_node: str
    public_address: IPv4Address
    connection: str
    """What strongSwan calls it there."""
    initiates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelWire(Wire):
    """A tunnel between two nodes, protected by IKEv2 and ESP."""

    name: str
    """The tunnel's name, with a number where it has several ends."""
    tunnel: str
    policy: IpsecPolicy
    crypto: tuple[TunnelEnd, TunnelEnd]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a site's probes come from."""

    name: str
    node: str
    """The node that routes for the site."""
    host_node: str
    host: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A whole living network, before anything of it exists."""

    nodes: Mapping[str, Node]
    wires: tuple[Wire, ...]
    sites: Mapping[str, Site]
    limits: tuple[str, ...] = field(default=())
    """What of the description is not brought to life, one sentence each."""

    @property
    def tunnels(self) -> tuple[TunnelWire, ...]:
        """The wires that are tunnels."""
        return tuple(wire for wire in self.wires if isinstance(wire, TunnelWire))

    @property
    def cables(self) -> tuple[Wire, ...]:
        """The wires that are plain cables."""
        return tuple(wire for wire in self.wires if not isinstance(wire, TunnelWire))

    @property
    def speakers(self) -> tuple[Node, ...]:
        """The nodes that run FRR."""
        return tuple(node for node in self.nodes.values() if node.routing)
