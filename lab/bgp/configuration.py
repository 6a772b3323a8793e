"""What a node's FRR is told, as data: BGP, OSPF, static routes and the policy objects between them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList:
    """Permits these prefixes, and nothing else."""

    name: str
    prefixes: tuple[IPv4Network, ...]
    or_longer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One numbered part of a route map, in FRR's words after `match` and `set`."""

    permits: bool = True
    matches: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMap:
    """Clauses, of which the first that matches decides; what none matches is refused."""

    name: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityList:
    """Names one community."""

    name: str
    community: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsPathList:
    """Names the AS paths that a regular expression fits, as FRR writes them."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """One BGP session, from this node's side."""

    address: IPv4Address
    asn: int
    node: str
    """Who is there."""
    description: str
    expected: bool = True
    """False where the description shuts the session's interface down."""
    keepalive_and_hold: tuple[int, int] | None = None
    """In seconds; None leaves the protocol's own 60 and 180, as IOS and Azure have them."""
    multihop: int | None = None
    update_source: str | None = None
    bfd: bool = False
    next_hop_self: bool = False
    import_map: str | None = None
    export_map: str | None = None
    export_prefixes: str | None = None
    as_override: bool = False
    is_client: bool = False
    """Of this node as a route reflector: it hears by iBGP what other clients told."""
    hides_private_as: bool = False
    """Take private AS numbers out of what it is told, but its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bgp:
    """A BGP process."""

    asn: int
    router_id: IPv4Address
    neighbors: tuple[Neighbor, ...]
    networks: tuple[IPv4Network, ...] = ()
    shares: bool = True
    """Use routes of equal cost together, whatever the AS in their paths (PATH-6); IOS uses one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRoute:
    """A static route; `via` is an address, an interface, or `blackhole`."""

    destination: IPv4Network
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redistribution:
    """What another protocol knows, told by OSPF."""

    protocol: str
    route_map: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ospf:
    """OSPF on some of the node's interfaces."""

    router_id: IPv4Address
    interfaces: tuple[str, ...]
    """Each leads to one other router, which it ought to be fully adjacent to."""
    networks: tuple[tuple[IPv4Network, IPv4Address], ...]
    """With their areas."""
    redistributed: tuple[Redistribution, ...]
    default_metric: int | None = None
    default_information: str | None = None
    """What follows `default-information originate`; None for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingConfiguration:
    """All that one node's FRR is told."""

    bgp: Bgp | None = None
    ospf: Ospf | None = None
    static_routes: tuple[StaticRoute, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    community_lists: tuple[CommunityList, ...] = ()
    as_path_lists: tuple[AsPathList, ...] = ()
    route_maps: tuple[RouteMap, ...] = ()
    spare_daemons: tuple[str, ...] = ()
    """What runs besides, for a configuration that comes later."""

    @property
    def daemons(self) -> tuple[str, ...]:
        """The FRR daemons that it needs, zebra first."""
        bfd = self.bgp is not None and any(neighbor.bfd for neighbor in self.bgp.neighbors)
        wanted = {
            "staticd": bool(self.static_routes),
            "bfdd": bfd,
            "ospfd": self.ospf is not None,
            "bgpd": self.bgp is not None,
        }
        return ("zebra", *(name for name, needed in wanted.items() if needed or name in self.spare_daemons))
