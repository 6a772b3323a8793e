"""What Azure refuses about circuits, their links and connections, and Global Reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from topology.addressing import AZURE_RESERVED_ASNS, CIRCUIT_RESERVED_ASNS, is_reserved, outside
from topology.azure import CircuitTier, ExpressRouteGatewaySku
from topology.errors import Mistake, flaw
from topology.expressroute import Circuit, CircuitConnection
from topology.network import Network

BANDWIDTHS = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Circuit sizes on offer, in Mbps (ER-15)."""

STANDARD_LINKS = 10
"""How many virtual networks a circuit may be linked to (ER-10), Premium excepted."""

PREMIUM_LINKS = dict(zip(BANDWIDTHS, (20, 25, 25, 40, 50, 60, 75, 100), strict=True))
"""Likewise for Premium, by bandwidth in Mbps."""

CIRCUITS_OF_GATEWAY = {
    ExpressRouteGatewaySku.STANDARD: 4,
    ExpressRouteGatewaySku.ER_GW_1_AZ: 4,
    ExpressRouteGatewaySku.HIGH_PERFORMANCE: 8,
    ExpressRouteGatewaySku.ER_GW_2_AZ: 8,
    ExpressRouteGatewaySku.ULTRA_PERFORMANCE: 16,
    ExpressRouteGatewaySku.ER_GW_3_AZ: 16,
}
"""How many circuits a gateway may be connected to (GW-8)."""

CIRCUITS_OF_PEERING_LOCATION = 4
"""How many of them in one peering location (GW-8)."""

PREFIXES_TO_CIRCUIT = {CircuitTier.LOCAL: 4000, CircuitTier.STANDARD: 4000, CircuitTier.PREMIUM: 10000}
"""How many prefixes a router may advertise on a link, before Azure ends the session (ER-8)."""

PREFIXES_FROM_GATEWAY = 1000
"""How many prefixes a gateway may advertise, before Azure ends its connections (ER-9)."""

_LINK_PREFIX = 30
_GLOBAL_REACH_PREFIX = 29

Found = Iterator[Mistake]


def _circuits(network: Network) -> Found:
    for circuit in network.circuits.values():
        path = ("circuits", circuit.name)
        if not circuit.existing:
            for key in ("provider", "peering_location", "bandwidth"):
                if getattr(circuit, key) is None:
                    alias = type(circuit).model_fields[key].alias or key
                    yield flaw(*path, alias, says="is missing: a circuit to be ordered needs it")
        if circuit.bandwidth and circuit.bandwidth not in BANDWIDTHS:
            says = f"{circuit.bandwidth} Mbps is not on offer: {', '.join(map(str, BANDWIDTHS))} (ER-15)"
            yield flaw(*path, "bandwidth", says=says)
        asn = circuit.private_peering.peer_asn
        if asn in CIRCUIT_RESERVED_ASNS | AZURE_RESERVED_ASNS:
            says = f"{asn} is refused on a circuit's peering: 65515-65520 are Azure's (ASN-6)"
            yield flaw(*path, "privatePeering", "peerAsn", says=says)


def _links(network: Network) -> Found:
    for circuit, name, link in network.links:
        path = ("circuits", circuit.name, "privatePeering", name)
        if link.prefix.prefixlen != _LINK_PREFIX:
            yield flaw(*path, "prefix", says=f"{link.prefix} must be a /30 (ER-3)")
        if link.router and not link.interface:
            yield flaw(*path, "interface", says=f"is missing: the interface of {link.router}")
        router = network.routers.get(link.router or "")
        site = network.locations.get(router.location) if router else None
        if site and site.asn != circuit.private_peering.peer_asn and not is_reserved(site.asn):
            expected = circuit.private_peering.peer_asn
            says = f"{link.router} is in AS {site.asn}, but the peering expects {expected}"
            yield flaw(*path, "router", says=says)
        if site:
            for index, prefix in outside(link.advertised_prefixes, site.prefixes):
                says = f"{prefix} is not in {site.name}'s prefixes: a site advertises only its own"
                yield flaw(*path, "advertisedPrefixes", str(index), says=says)


def _connections(network: Network) -> Found:
    pairs = Counter((c.circuit, c.virtual_network) for c in network.connections.values())
    for connection in network.connections.values():
        path = ("connections", connection.name)
        vnet = network.virtual_networks.get(connection.virtual_network)
        if vnet and not vnet.express_route_gateway:
            yield flaw(*path, "virtualNetwork", says=f"{vnet.name} has no expressRouteGateway")
        if pairs[connection.circuit, connection.virtual_network] > 1:
            says = f"{connection.circuit} and {connection.virtual_network} are connected twice"
            yield flaw(*path, says=says)


def _circuits_of_gateways(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        if (gateway := vnet.express_route_gateway) is None:
            continue
        path = ("virtualNetworks", vnet.name, "expressRouteGateway")
        circuits = list(_connected_circuits(network.connections.values(), vnet.name, network))
        most = CIRCUITS_OF_GATEWAY[gateway.sku]
        if len(circuits) > most:
            says = f"is connected to {len(circuits)} circuits; {gateway.sku} takes {most} (GW-8)"
            yield flaw(*path, says=says)
        for place, count in Counter(circuit.peering_location for circuit in circuits).items():
            if place and count > CIRCUITS_OF_PEERING_LOCATION:
                says = f"is connected to {count} circuits from {place}; 4 is the most, with any SKU (GW-8)"
                yield flaw(*path, says=says)


def _connected_circuits(
    connections: Iterable[CircuitConnection], virtual_network: str, network: Network
) -> Iterator[Circuit]:
    for connection in connections:
        if connection.virtual_network == virtual_network and connection.circuit in network.circuits:
            yield network.circuits[connection.circuit]


def _links_of_circuits(network: Network) -> Found:
    connected = Counter(connection.circuit for connection in network.connections.values())
    joined = Counter(name for reach in network.global_reach.values() for name in reach.circuits)
    for circuit in network.circuits.values():
        count = connected[circuit.name] + joined[circuit.name]
        most = STANDARD_LINKS
        if circuit.tier is CircuitTier.PREMIUM:
            most = PREMIUM_LINKS.get(circuit.bandwidth or BANDWIDTHS[-1], PREMIUM_LINKS[BANDWIDTHS[-1]])
        if count > most:
            says = (
                f"has {count} connections, with Global Reach; {circuit.tier} of its size takes {most} (ER-10)"
            )
            yield flaw("circuits", circuit.name, says=says)


def _global_reach(network: Network) -> Found:
    pairs = Counter(frozenset(reach.circuits) for reach in network.global_reach.values())
    for reach in network.global_reach.values():
        path = ("globalReach", reach.name)
        first, second = (network.circuits.get(name) for name in reach.circuits)
        if reach.circuits[0] == reach.circuits[1]:
            yield flaw(*path, "circuits", says="joins a circuit to itself (ER-16)")
        elif pairs[frozenset(reach.circuits)] > 1:
            yield flaw(*path, "circuits", says=f"{' and '.join(reach.circuits)} are joined twice")
        elif (
            first and second and first.peering_location and first.peering_location == second.peering_location
        ):
            says = f"{first.name} and {second.name} are both in {first.peering_location} (ER-16)"
            yield flaw(*path, "circuits", says=says)
        if reach.prefix.prefixlen != _GLOBAL_REACH_PREFIX:
            yield flaw(*path, "prefix", says=f"{reach.prefix} must be a /29 (ER-16)")


def _prefixes_to_circuits(network: Network) -> Found:
    for circuit, name, link in network.links:
        router = network.routers.get(link.router or "")
        site = network.locations.get(router.location) if router else None
        if site is None:
            continue
        count = len(site.prefixes if link.advertised_prefixes is None else link.advertised_prefixes)
        if count > (most := PREFIXES_TO_CIRCUIT[circuit.tier]):
            says = f"carries {count} prefixes of {site.name}; {circuit.tier} takes {most} (ER-8)"
            yield flaw("circuits", circuit.name, "privatePeering", name, says=says)


def _prefixes_from_gateways(network: Network) -> Found:
    """A gateway advertises its own virtual network and the spokes that use it (PEER-13)."""
    advertised = {name: len(vnet.prefixes) for name, vnet in network.virtual_networks.items()}
    for peering in network.peerings.values():
        spoke = network.virtual_networks.get(peering.spoke)
        if spoke and peering.gateway_transit and peering.hub in advertised:
            advertised[peering.hub] += len(spoke.prefixes)
    for vnet in network.virtual_networks.values():
        if vnet.express_route_gateway and advertised[vnet.name] > PREFIXES_FROM_GATEWAY:
            says = f"advertises {advertised[vnet.name]} prefixes with its spokes; a circuit takes 1000 (ER-9)"
            yield flaw("virtualNetworks", vnet.name, "expressRouteGateway", says=says)


CHECKS: tuple[Callable[[Network], Found], ...] = (
    _circuits,
    _links,
    _connections,
    _circuits_of_gateways,
    _links_of_circuits,
    _global_reach,
    _prefixes_to_circuits,
    _prefixes_from_gateways,
)
