"""What must hold between the objects of a network. Each check yields every contradiction it finds.

A contradiction is something Azure or IOS-XE would refuse, or that cannot work at all. What works but is
unwise is left to the policy pack, and which way traffic goes to the path prediction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from topology.addressing import AZURE_GATEWAY_ASN, overlapping
from topology.errors import Mistake
from topology.expressroute import Circuit, Link, LinkName
from topology.network import Network
from topology.sites import GATEWAY_SUBNET, ROUTE_SERVER_SUBNET, Location, Peering, VirtualNetwork
from topology.vpn import Tunnel, TunnelRouter

BANDWIDTHS = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Circuit sizes on offer, in Mbps (ER-15)."""

AZURE_RESERVED_ASNS = frozenset({8074, 8075, 12076, 65515, 65517, 65518, 65519, 65520})
"""Neither a VPN gateway of another ASN nor an on-premises device may use these (ASN-1, ASN-2, ASN-4)."""

IANA_RESERVED_ASNS = frozenset({23456, *range(64496, 64512), *range(65535, 65552)})
"""Reserved for documentation and transition (ASN-3)."""

CIRCUIT_RESERVED_ASNS = frozenset(range(65515, 65521))
"""Private ASNs that a circuit's peering refuses (ASN-6); 65516 is here, and not in the set for VPN."""

_MAX_PREFIX_EXPRESS_ROUTE = 27
_MAX_PREFIX_VPN = 29
_LINK_PREFIX = 30
_GLOBAL_REACH_PREFIX = 29

EVERY_NAME = "*"
"""Stands for all objects of a section that could not be loaded at all."""

Found = Iterator[Mistake]
Omitted = frozenset[tuple[str, str]]


def contradictions(network: Network, omitted: Omitted = frozenset()) -> list[Mistake]:
    """Return every contradiction of a network.

    Args:
        network: What could be loaded.
        omitted: (section, name) of what could not, which may be referred to nonetheless.
    """
    found = [mistake for check in _OBJECT_CHECKS for mistake in check(network)]
    found += _references(network, omitted)
    return found


def _flaw(*path: str, says: str) -> Mistake:
    return Mistake(path=path, message=says)


# --- what refers to what ---------------------------------------------------------------------------------


def _references(network: Network, omitted: Omitted) -> Found:
    for path, section, name in _all_references(network):
        known = network_section(network, section)
        if name not in known and not {(section, name), (section, EVERY_NAME)} & omitted:
            named = [*known, *sorted(other for kind, other in omitted if kind == section)]
            names = ", ".join(named) or "none is described"
            yield _flaw(*path, says=f"{name} is not in {section} ({names})")


def network_section(network: Network, section: str) -> Mapping[str, Any]:
    """Return a section of a network by its name in the stack file."""
    return {
        "virtualNetworks": network.virtual_networks,
        "circuits": network.circuits,
        "locations": network.locations,
        "routers": network.routers,
    }[section]


Reference = tuple[tuple[str, ...], str, str]
"""Where a name is used, the section it refers to, and the name."""


def _all_references(network: Network) -> Iterator[Reference]:
    yield from _azure_references(network)
    yield from _on_premises_references(network)


def _azure_references(network: Network) -> Iterator[Reference]:
    for name, peering in network.peerings.items():
        yield ("peerings", name, "hub"), "virtualNetworks", peering.hub
        yield ("peerings", name, "spoke"), "virtualNetworks", peering.spoke
    for name, connection in network.connections.items():
        yield ("connections", name, "circuit"), "circuits", connection.circuit
        yield ("connections", name, "virtualNetwork"), "virtualNetworks", connection.virtual_network
    for name, reach in network.global_reach.items():
        for index, circuit in enumerate(reach.circuits):
            yield ("globalReach", name, "circuits", str(index)), "circuits", circuit
    for name, tunnel in network.tunnels.items():
        yield ("tunnels", name, "virtualNetwork"), "virtualNetworks", tunnel.virtual_network
        if tunnel.remote_virtual_network:
            path = ("tunnels", name, "remoteVirtualNetwork")
            yield path, "virtualNetworks", tunnel.remote_virtual_network


def _on_premises_references(network: Network) -> Iterator[Reference]:
    for name, tunnel in network.tunnels.items():
        if tunnel.router:
            yield ("tunnels", name, "router", "name"), "routers", tunnel.router.name
    for name, router in network.routers.items():
        yield ("routers", name, "location"), "locations", router.location
    for circuit, link_name, link in _links(network):
        if link.router:
            path = ("circuits", circuit.name, "privatePeering", link_name, "router")
            yield path, "routers", link.router


def _links(network: Network) -> Iterator[tuple[Circuit, LinkName, Link]]:
    for circuit in network.circuits.values():
        for name, link in circuit.private_peering.links:
            yield circuit, name, link


# --- virtual networks and peerings -----------------------------------------------------------------------


def _subnets_fit(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        path = ("virtualNetworks", vnet.name)
        for name, subnet in vnet.subnets.items():
            if not _inside(subnet.prefix, vnet.address_space):
                spaces = ", ".join(map(str, vnet.address_space))
                yield _flaw(
                    *path, "subnets", name, says=f"{subnet.prefix} is outside the address space {spaces}"
                )
        for name, other in overlapping((name, subnet.prefix) for name, subnet in vnet.subnets.items()):
            yield _flaw(*path, "subnets", other, says=f"overlaps with subnet {name}")
        for first, second in overlapping((str(space), space) for space in vnet.address_space):
            yield _flaw(*path, "addressSpace", says=f"{first} and {second} overlap")
        if vnet.host and not any(vnet.host in space for space in vnet.address_space):
            yield _flaw(*path, "host", says=f"{vnet.host} is outside the address space")


def _inside(prefix: IPv4Network, spaces: tuple[IPv4Network, ...]) -> bool:
    return any(prefix.subnet_of(space) for space in spaces)


def _gateway_subnets(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        path = ("virtualNetworks", vnet.name, "subnets")
        subnet = vnet.subnets.get(GATEWAY_SUBNET)
        if vnet.route_server and ROUTE_SERVER_SUBNET not in vnet.subnets:
            yield _flaw(*path, says=f"a Route Server needs a subnet named exactly {ROUTE_SERVER_SUBNET}")
        if subnet is None:
            if vnet.has_gateway and not _all_gateways_exist(vnet):
                yield _flaw(*path, says=f"a gateway needs a subnet named exactly {GATEWAY_SUBNET} (GW-2)")
            continue
        size = f"{subnet.prefix} is too small for"
        if vnet.express_route_gateway and subnet.prefix.prefixlen > _MAX_PREFIX_EXPRESS_ROUTE:
            says = f"{size} an ExpressRoute gateway: /27 or larger (GW-3)"
            yield _flaw(*path, GATEWAY_SUBNET, says=says)
        elif vnet.vpn_gateway and subnet.prefix.prefixlen > _MAX_PREFIX_VPN:
            yield _flaw(*path, GATEWAY_SUBNET, says=f"{size} a VPN gateway: /29 at least, /27 better (GW-3)")


def _all_gateways_exist(vnet: VirtualNetwork) -> bool:
    gateways = (vnet.express_route_gateway, vnet.vpn_gateway)
    return all(gateway.existing for gateway in gateways if gateway)


def _vpn_gateway_asns(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        if gateway := vnet.vpn_gateway:
            reserved = (AZURE_RESERVED_ASNS | IANA_RESERVED_ASNS) - {AZURE_GATEWAY_ASN}
            if gateway.asn in reserved:
                says = f"{gateway.asn} is reserved (ASN-1 to ASN-3): 65515, 64512-65514 or 65521-65534"
                yield _flaw("virtualNetworks", vnet.name, "vpnGateway", "asn", says=says)


def _peerings(network: Network) -> Found:
    borrowers = Counter(p.spoke for p in network.peerings.values() if p.gateway_transit)
    pairs = Counter(frozenset((p.hub, p.spoke)) for p in network.peerings.values())
    for peering in network.peerings.values():
        path = ("peerings", peering.name)
        if peering.hub == peering.spoke:
            yield _flaw(*path, says="joins a virtual network to itself")
            continue
        if pairs[frozenset((peering.hub, peering.spoke))] > 1:
            yield _flaw(*path, says=f"{peering.hub} and {peering.spoke} are peered twice")
        if peering.gateway_transit and borrowers[peering.spoke] > 1:
            says = f"{peering.spoke} may use the gateways of one hub only (PEER-5): set gatewayTransit: false"
            yield _flaw(*path, says=says)
        yield from _gateway_transit(network, peering)


def _gateway_transit(network: Network, peering: Peering) -> Found:
    hub = network.virtual_networks.get(peering.hub)
    spoke = network.virtual_networks.get(peering.spoke)
    path = ("peerings", peering.name)
    if not peering.gateway_transit:
        return
    if hub and not hub.has_gateway:
        yield _flaw(*path, "hub", says=f"{hub.name} has no gateway to lend (PEER-3)")
    if spoke and spoke.has_gateway:
        says = f"{spoke.name} has a gateway of its own, so it cannot use the hub's (PEER-2)"
        yield _flaw(*path, "spoke", says=says)


# --- ExpressRoute ----------------------------------------------------------------------------------------


def _circuits(network: Network) -> Found:
    for circuit in network.circuits.values():
        path = ("circuits", circuit.name)
        if not circuit.existing:
            for key in ("provider", "peering_location", "bandwidth"):
                if getattr(circuit, key) is None:
                    alias = type(circuit).model_fields[key].alias or key
                    yield _flaw(*path, alias, says="is missing: a circuit to be ordered needs it")
        if circuit.bandwidth and circuit.bandwidth not in BANDWIDTHS:
            says = f"{circuit.bandwidth} Mbps is not on offer: {', '.join(map(str, BANDWIDTHS))} (ER-15)"
            yield _flaw(*path, "bandwidth", says=says)
        asn = circuit.private_peering.peer_asn
        if asn in CIRCUIT_RESERVED_ASNS | AZURE_RESERVED_ASNS:
            says = f"{asn} is refused on a circuit's peering: 65515-65520 are Azure's (ASN-6)"
            yield _flaw(*path, "privatePeering", "peerAsn", says=says)


def _circuit_links(network: Network) -> Found:
    for circuit, name, link in _links(network):
        path = ("circuits", circuit.name, "privatePeering", name)
        if link.prefix.prefixlen != _LINK_PREFIX:
            yield _flaw(*path, "prefix", says=f"{link.prefix} must be a /30 (ER-3)")
        if link.router and not link.interface:
            yield _flaw(*path, "interface", says=f"is missing: the interface of {link.router}")
        router = network.routers.get(link.router or "")
        site = network.locations.get(router.location) if router else None
        if site and site.asn != circuit.private_peering.peer_asn:
            expected = circuit.private_peering.peer_asn
            says = f"{link.router} is in AS {site.asn}, but the peering expects {expected}"
            yield _flaw(*path, "router", says=says)
        yield from _advertised(site, link.advertised_prefixes, path)


def _advertised(
    site: Location | None, prefixes: tuple[IPv4Network, ...] | None, path: tuple[str, ...]
) -> Found:
    for index, prefix in enumerate(prefixes or ()):
        if site and not _inside(prefix, site.prefixes):
            says = f"{prefix} is not in {site.name}'s prefixes: a site advertises only its own"
            yield _flaw(*path, "advertisedPrefixes", str(index), says=says)


def _connections(network: Network) -> Found:
    pairs = Counter((c.circuit, c.virtual_network) for c in network.connections.values())
    for connection in network.connections.values():
        path = ("connections", connection.name)
        vnet = network.virtual_networks.get(connection.virtual_network)
        if vnet and not vnet.express_route_gateway:
            yield _flaw(*path, "virtualNetwork", says=f"{vnet.name} has no expressRouteGateway")
        if pairs[connection.circuit, connection.virtual_network] > 1:
            says = f"{connection.circuit} and {connection.virtual_network} are connected twice"
            yield _flaw(*path, says=says)


def _global_reach(network: Network) -> Found:
    for reach in network.global_reach.values():
        path = ("globalReach", reach.name)
        if reach.circuits[0] == reach.circuits[1]:
            yield _flaw(*path, "circuits", says="joins a circuit to itself (ER-16)")
        if reach.prefix.prefixlen != _GLOBAL_REACH_PREFIX:
            yield _flaw(*path, "prefix", says=f"{reach.prefix} must be a /29 (ER-16)")


# --- VPN -------------------------------------------------------------------------------------------------


def _tunnels(network: Network) -> Found:
    for tunnel in network.tunnels.values():
        path = ("tunnels", tunnel.name)
        if (tunnel.router is None) == (tunnel.remote_virtual_network is None):
            yield _flaw(*path, says="needs exactly one other end: router or remoteVirtualNetwork")
        for key, name in (
            ("virtualNetwork", tunnel.virtual_network),
            ("remoteVirtualNetwork", tunnel.remote_virtual_network),
        ):
            vnet = network.virtual_networks.get(name or "")
            if vnet and not vnet.vpn_gateway:
                yield _flaw(*path, key, says=f"{vnet.name} has no vpnGateway")
        yield from _tunnel_asns(network, tunnel)
        if tunnel.router:
            yield from _tunnel_router(network, tunnel, tunnel.router)


def _tunnel_asns(network: Network, tunnel: Tunnel) -> Found:
    vnet = network.virtual_networks.get(tunnel.virtual_network)
    remote = network.virtual_networks.get(tunnel.remote_virtual_network or "")
    if vnet and remote and vnet.vpn_gateway and remote.vpn_gateway:
        asn, remote_asn = vnet.vpn_gateway.asn, remote.vpn_gateway.asn
        if vnet is remote:
            yield _flaw("tunnels", tunnel.name, says="joins a virtual network to itself")
        elif asn == remote_asn:
            says = (
                f"both gateways are in AS {asn}, but BGP between them needs two (ASN-8): set vpnGateway.asn"
            )
            yield _flaw("tunnels", tunnel.name, says=says)


def _tunnel_router(network: Network, tunnel: Tunnel, end: TunnelRouter) -> Found:
    path = ("tunnels", tunnel.name, "router")
    vnet = network.virtual_networks.get(tunnel.virtual_network)
    router = network.routers.get(end.name)
    site = network.locations.get(router.location) if router else None
    if end.bgp_address == end.public_address:
        yield _flaw(*path, "bgpAddress", says="must differ from the public address (VPN-3)")
    if vnet and any(end.bgp_address in space for space in vnet.address_space):
        yield _flaw(
            *path, "bgpAddress", says=f"{end.bgp_address} is inside {vnet.name}'s address space (VPN-3)"
        )
    if vnet and vnet.vpn_gateway and len(end.tunnel_numbers) != vnet.vpn_gateway.instance_count:
        count = vnet.vpn_gateway.instance_count
        yield _flaw(*path, "tunnelNumbers", says=f"needs {count}, one for each instance of the VPN gateway")
    if len(set(end.tunnel_numbers)) != len(end.tunnel_numbers):
        yield _flaw(*path, "tunnelNumbers", says="names one tunnel interface twice")
    if router and not router.internet_next_hop:
        says = f"is missing: the way from {router.name} to the VPN gateway's public address (GW-4)"
        yield _flaw("routers", router.name, "internetNextHop", says=says)
    if site and vnet and vnet.vpn_gateway and vnet.vpn_gateway.asn == site.asn:
        yield _flaw(
            *path, says=f"{site.name} and {vnet.name}'s VPN gateway are both in AS {site.asn} (ASN-8)"
        )
    yield from _advertised(site, end.advertised_prefixes, path)


# --- on premises -----------------------------------------------------------------------------------------


def _locations(network: Network) -> Found:
    for site in network.locations.values():
        path = ("locations", site.name)
        if site.asn in AZURE_RESERVED_ASNS | IANA_RESERVED_ASNS:
            yield _flaw(*path, "asn", says=f"{site.asn} is reserved (ASN-1 to ASN-4)")
        for key, address in (("host", site.host), ("defaultGateway", site.default_gateway)):
            if address and not any(address in prefix for prefix in site.prefixes):
                yield _flaw(*path, key, says=f"{address} is in none of {site.name}'s prefixes")


def _lan_sources(network: Network) -> Found:
    for router in network.routers.values():
        if (router.ospf is None) == (router.lan.next_hop is None):
            says = (
                "the LAN's prefixes come by OSPF or by a static route: give ospf or lan.nextHop, one of them"
            )
            yield _flaw("routers", router.name, says=says)
        if router.lan.next_hop and router.lan.next_hop not in router.lan.address.network:
            says = f"{router.lan.next_hop} is not on the LAN interface's network {router.lan.address.network}"
            yield _flaw("routers", router.name, "lan", "nextHop", says=says)


def _router_interfaces(network: Network) -> Found:
    for router in network.routers.values():
        used: dict[tuple[str | None, int | None, int | None], str] = {
            (router.lan.interface, router.lan.vlan, None): "lan"
        }
        for circuit, name, link in network.router_links(router.name):
            port = (link.interface, link.outer_vlan, circuit.private_peering.vlan_id)
            path = ("circuits", circuit.name, "privatePeering", name)
            if port in used:
                yield _flaw(*path, says=f"uses the same port and VLAN of {router.name} as {used[port]}")
            used[port] = f"{circuit.name}/{name}"
        numbers = Counter(
            number
            for tunnel in network.router_tunnels(router.name)
            if tunnel.router
            for number in tunnel.router.tunnel_numbers
        )
        for number, count in numbers.items():
            if count > 1:
                yield _flaw("routers", router.name, says=f"Tunnel{number} is used by {count} tunnels")
        hosts = Counter(other.host for other in network.routers.values())
        if hosts[router.host] > 1:
            says = f"{router.host} is the management host of {hosts[router.host]} routers"
            yield _flaw("routers", router.name, "management", "host", says=says)


# --- addresses across the network ------------------------------------------------------------------------


def _site_overlaps(network: Network) -> Found:
    """Sites whose prefixes overlap cannot both be reached (PEER-7, VPN-9, ER-3)."""
    prefixes = [
        ((section, name), prefix)
        for section, sites in (
            ("virtualNetworks", network.virtual_networks),
            ("locations", network.locations),
        )
        for name in sites
        for prefix in network.site_prefixes(name)
    ]
    ordered = sorted(prefixes, key=lambda entry: (entry[1].network_address, entry[1].prefixlen))
    widest: tuple[tuple[str, str], IPv4Network] | None = None
    for owner, prefix in ordered:
        if widest and prefix.overlaps(widest[1]) and owner != widest[0]:
            yield _flaw(*owner, says=f"{prefix} overlaps with {widest[1]} of {widest[0][1]} (PEER-7, ER-3)")
        if widest is None or prefix.broadcast_address > widest[1].broadcast_address:
            widest = (owner, prefix)


def _link_overlaps(network: Network) -> Found:
    """A circuit's point-to-point networks overlap with no virtual network and with no other's (ER-3)."""
    spaces = [
        (name, space) for name, vnet in network.virtual_networks.items() for space in vnet.address_space
    ]
    seen: list[tuple[str, IPv4Network]] = []
    for circuit, name, link in _links(network):
        path = ("circuits", circuit.name, "privatePeering", name, "prefix")
        for owner, prefix in (*spaces, *seen):
            if link.prefix.overlaps(prefix):
                yield _flaw(*path, says=f"{link.prefix} overlaps with {prefix} of {owner} (ER-3)")
        seen.append((f"{circuit.name}/{name}", link.prefix))


_OBJECT_CHECKS: tuple[Callable[[Network], Found], ...] = (
    _subnets_fit,
    _gateway_subnets,
    _vpn_gateway_asns,
    _peerings,
    _circuits,
    _circuit_links,
    _connections,
    _global_reach,
    _tunnels,
    _locations,
    _lan_sources,
    _router_interfaces,
    _site_overlaps,
    _link_overlaps,
)
