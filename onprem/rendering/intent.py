"""What one router is to be, in IOS's terms: every name and value that the templates print.

All decisions and all address arithmetic are here and in `derivation`; a template only writes down.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from onprem.rendering.ipsec import Algorithms
from topology import Asn, DefaultInformation, Vrf


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList:
    """Permits exactly these prefixes, nothing longer (seq 10, 20, ...); without any, denies all."""

    name: str
    prefixes: tuple[IPv4Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMap:
    """One clause that permits; without `prefix_list` it matches every route."""

    name: str
    prefix_list: str | None = None
    local_preference: int | None = None
    prepend: tuple[Asn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EthernetInterface:
    """A sub-interface towards Microsoft or the LAN, or a whole port towards the LAN."""

    name: str
    description: str
    vlans: tuple[int, ...]
    """802.1Q tags, the outer one first; none on a whole port."""
    address: IPv4Interface
    point_to_point: bool = False
    """Whether OSPF takes the network for a link of two, without a designated router."""
    enabled: bool = True
    bfd: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loopback:
    """A /32 of the router itself."""

    name: str
    address: IPv4Address
    in_vrf: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelInterface:
    """One end of an IPsec tunnel to one instance of a VPN gateway."""

    name: str
    address: IPv4Address
    unnumbered: str | None
    """The loopback that has `address`, where several tunnels share it."""
    source: str
    destination: str
    ipsec_profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ikev2Peer:
    """An instance of a VPN gateway in a keyring."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelCrypto:
    """IKEv2 and IPsec for one tunnel of the network."""

    name: str
    """What the names of its proposal, keyring, profiles and transform set begin with."""
    algorithms: Algorithms
    local_address: IPv4Address
    peers: tuple[Ikev2Peer, ...]
    shared_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ikev2Policy:
    """The proposals for one local address; IOS uses one policy for each."""

    name: str
    local_address: IPv4Address
    proposals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """A BGP neighbor in the VRF."""

    address: str
    asn: Asn
    description: str
    multihop: int | None = None
    update_source: str | None = None
    bfd: bool = False
    next_hop_self: bool = False
    route_map_in: str | None = None
    prefix_list_out: str | None = None
    route_map_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRoute:
    """A static route, in the VRF or in the global table."""

    destination: str
    mask: IPv4Address
    via: str
    in_vrf: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfProcess:
    """OSPF towards the LAN."""

    process: int
    router_id: IPv4Address
    network: IPv4Network
    area: IPv4Address
    redistribution: str
    """The route map that lets BGP's routes into OSPF."""
    default_information: DefaultInformation
    default_metric: int
    vrf_lite: bool
    """Whether it takes other routers' external routes as in any table, not as a provider's edge would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterIntent:
    """One router's part of the network."""

    asn: Asn
    vrf: Vrf
    prefix_lists: tuple[PrefixList, ...]
    route_maps: tuple[RouteMap, ...]
    ikev2_policies: tuple[Ikev2Policy, ...]
    tunnels: tuple[TunnelCrypto, ...]
    loopbacks: tuple[Loopback, ...]
    ethernets: tuple[EthernetInterface, ...]
    tunnel_interfaces: tuple[TunnelInterface, ...]
    static_routes: tuple[StaticRoute, ...]
    originated: tuple[str, ...]
    """BGP's `network` statements, without the keyword."""
    neighbors: tuple[Neighbor, ...]
    ospf: OspfProcess | None
