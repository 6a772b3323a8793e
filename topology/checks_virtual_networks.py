"""What Azure refuses about virtual networks, their subnets and gateways, and their peerings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network

from topology.addressing import (
    AZURE_GATEWAY_ASN,
    AZURE_RESERVED_ASNS,
    IANA_RESERVED_ASNS,
    inside,
    overlapping,
)
from topology.azure import Existing
from topology.errors import Mistake, flaw
from topology.network import Network
from topology.sites import GATEWAY_SUBNET, ROUTE_SERVER_SUBNET, SERVICE_SUBNETS, Peering, VirtualNetwork

RESERVED_RANGES = tuple(
    map(
        IPv4Network,
        ("224.0.0.0/4", "255.255.255.255/32", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32"),
    )
)
"""What no address space may hold (Microsoft, "Create, change, or delete a virtual network")."""

_MAX_PREFIX_EXPRESS_ROUTE = 27
_MAX_PREFIX_VPN = 29
_MAX_PREFIX_ROUTE_SERVER = 27
_MAX_PREFIX = 29
"""Of any subnet: Azure keeps five addresses of each (Microsoft, "Azure Virtual Network FAQ")."""
_KEPT_AT_THE_START = 4
_MAX_PEERINGS_WITH_EXPRESS_ROUTE = 500

Found = Iterator[Mistake]


def _address_spaces(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        path = ("virtualNetworks", vnet.name, "addressSpace")
        for first, second in overlapping((str(space), space) for space in vnet.address_space):
            yield flaw(*path, says=f"{first} and {second} overlap")
        for index, space in enumerate(vnet.address_space):
            for reserved in RESERVED_RANGES:
                if space.overlaps(reserved):
                    yield flaw(
                        *path, str(index), says=f"{space} overlaps with {reserved}, which Azure refuses"
                    )


def _subnets(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        path = ("virtualNetworks", vnet.name, "subnets")
        for name, subnet in vnet.subnets.items():
            if not inside(subnet.prefix, vnet.address_space):
                spaces = ", ".join(map(str, vnet.address_space))
                yield flaw(*path, name, says=f"{subnet.prefix} is outside the address space {spaces}")
            if subnet.prefix.prefixlen > _MAX_PREFIX:
                yield flaw(*path, name, says=f"{subnet.prefix} is too small: Azure takes /29 or larger")
        for name, other in overlapping((name, subnet.prefix) for name, subnet in vnet.subnets.items()):
            yield flaw(*path, other, says=f"overlaps with subnet {name}")


def _hosts(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        if (host := vnet.host) is None:
            continue
        path = ("virtualNetworks", vnet.name, "host")
        if not any(host in space for space in vnet.address_space):
            yield flaw(*path, says=f"{host} is outside the address space")
        for name, subnet in vnet.subnets.items():
            if host not in subnet.prefix:
                continue
            if name in SERVICE_SUBNETS:
                yield flaw(*path, says=f"{host} is in {name}, which holds nothing else (GW-2)")
            first, last = subnet.prefix.network_address, subnet.prefix.broadcast_address
            if int(host) - int(first) < _KEPT_AT_THE_START or host == last:
                yield flaw(*path, says=f"{host} is one of the addresses that Azure keeps of {subnet.prefix}")


def _gateway_subnets(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        path = ("virtualNetworks", vnet.name, "subnets")
        subnet = vnet.subnets.get(GATEWAY_SUBNET)
        if subnet is None:
            if vnet.has_gateway and not vnet.existing and not _all_gateways_exist(vnet):
                yield flaw(*path, says=f"a gateway needs a subnet named exactly {GATEWAY_SUBNET} (GW-2)")
            continue
        size = f"{subnet.prefix} is too small for"
        if vnet.express_route_gateway and subnet.prefix.prefixlen > _MAX_PREFIX_EXPRESS_ROUTE:
            says = f"{size} an ExpressRoute gateway: /27 or larger (GW-3)"
            yield flaw(*path, GATEWAY_SUBNET, says=says)
        elif vnet.vpn_gateway and subnet.prefix.prefixlen > _MAX_PREFIX_VPN:
            yield flaw(*path, GATEWAY_SUBNET, says=f"{size} a VPN gateway: /29 at least, /27 better (GW-3)")


def _all_gateways_exist(vnet: VirtualNetwork) -> bool:
    gateways = (vnet.express_route_gateway, vnet.vpn_gateway)
    return all(gateway.existing for gateway in gateways if gateway)


def _vpn_gateway_asns(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        if gateway := vnet.vpn_gateway:
            reserved = (AZURE_RESERVED_ASNS | IANA_RESERVED_ASNS) - {AZURE_GATEWAY_ASN}
            if gateway.asn in reserved:
                says = f"{gateway.asn} is reserved (ASN-1 to ASN-3): 65515, 64512-65514 or 65521-65534"
                yield flaw("virtualNetworks", vnet.name, "vpnGateway", "asn", says=says)


def _zones(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        if (gateway := vnet.vpn_gateway) is None:
            continue
        path = ("virtualNetworks", vnet.name, "vpnGateway", "zones")
        if gateway.address_zones and not gateway.sku.is_zonal:
            says = f"{gateway.sku} has no availability zones (GW-11): leave them out, or take {gateway.sku}AZ"
            yield flaw(*path, says=says)
        if len(set(gateway.address_zones)) < len(gateway.address_zones):
            yield flaw(*path, says="names a zone twice")


def _route_servers(network: Network) -> Found:
    for vnet in network.virtual_networks.values():
        if vnet.route_server is None:
            continue
        path = ("virtualNetworks", vnet.name)
        exists = vnet.existing or vnet.route_server.existing
        if ROUTE_SERVER_SUBNET not in vnet.subnets and not exists:
            says = f"a Route Server needs a subnet named exactly {ROUTE_SERVER_SUBNET}"
            yield flaw(*path, "subnets", says=says)
        subnet = vnet.subnets.get(ROUTE_SERVER_SUBNET)
        if subnet and subnet.prefix.prefixlen > _MAX_PREFIX_ROUTE_SERVER:
            says = f"{subnet.prefix} is too small for a Route Server: /27 or larger"
            yield flaw(*path, "subnets", ROUTE_SERVER_SUBNET, says=says)
        gateway = vnet.vpn_gateway
        if not (gateway and vnet.route_server.branch_to_branch):
            continue
        if not gateway.active_active:
            says = "must be true beside a Route Server with branchToBranch (ASN-12)"
            yield flaw(*path, "vpnGateway", "activeActive", says=says)
        if gateway.asn != AZURE_GATEWAY_ASN:
            says = f"must be {AZURE_GATEWAY_ASN} beside a Route Server with branchToBranch (ASN-12)"
            yield flaw(*path, "vpnGateway", "asn", says=says)


def _peerings(network: Network) -> Found:
    borrowers = Counter(p.spoke for p in network.peerings.values() if p.gateway_transit)
    pairs = Counter(frozenset((p.hub, p.spoke)) for p in network.peerings.values())
    for peering in network.peerings.values():
        path = ("peerings", peering.name)
        if peering.hub == peering.spoke:
            yield flaw(*path, says="joins a virtual network to itself")
            continue
        if pairs[frozenset((peering.hub, peering.spoke))] > 1:
            yield flaw(*path, says=f"{peering.hub} and {peering.spoke} are peered twice")
        if peering.gateway_transit and borrowers[peering.spoke] > 1:
            says = f"{peering.spoke} may use the gateways of one hub only (PEER-5): set gatewayTransit: false"
            yield flaw(*path, says=says)
        yield from _gateway_transit(network, peering)


def _gateway_transit(network: Network, peering: Peering) -> Found:
    hub = network.virtual_networks.get(peering.hub)
    spoke = network.virtual_networks.get(peering.spoke)
    path = ("peerings", peering.name)
    if not peering.gateway_transit:
        return
    if hub and not hub.has_gateway:
        yield flaw(*path, "hub", says=f"{hub.name} has no gateway to lend (PEER-3)")
    if spoke and spoke.has_gateway:
        says = f"{spoke.name} has a gateway of its own, so it cannot use the hub's (PEER-2)"
        yield flaw(*path, "spoke", says=says)


def _peering_counts(network: Network) -> Found:
    counts = Counter(name for p in network.peerings.values() for name in (p.hub, p.spoke))
    for vnet in network.virtual_networks.values():
        if vnet.express_route_gateway and counts[vnet.name] > _MAX_PEERINGS_WITH_EXPRESS_ROUTE:
            says = f"has {counts[vnet.name]} peerings; beside an ExpressRoute gateway at most 500 (PEER-12)"
            yield flaw("virtualNetworks", vnet.name, says=says)


def _existing_ids(network: Network) -> Found:
    for path, existing, kind in _existing(network):
        found = existing.id.split("/")[7]
        if found.lower() != kind.lower() or existing.id.count("/") != _SLASHES_IN_AN_ID:
            yield flaw(*path, "existing", "id", says=f"is not the id of one of {kind}: .../{kind}/<name>")


_SLASHES_IN_AN_ID = 8


def _existing(network: Network) -> Iterator[tuple[tuple[str, ...], Existing, str]]:
    for vnet in network.virtual_networks.values():
        path = ("virtualNetworks", vnet.name)
        if vnet.existing:
            yield path, vnet.existing, "virtualNetworks"
        for key, gateway in (
            ("expressRouteGateway", vnet.express_route_gateway),
            ("vpnGateway", vnet.vpn_gateway),
        ):
            if gateway and gateway.existing:
                yield (*path, key), gateway.existing, "virtualNetworkGateways"
        if vnet.route_server and vnet.route_server.existing:
            yield (*path, "routeServer"), vnet.route_server.existing, "virtualHubs"
    for table in network.route_tables.values():
        if table.existing:
            yield ("routeTables", table.name), table.existing, "routeTables"
    for circuit in network.circuits.values():
        if circuit.existing:
            yield ("circuits", circuit.name), circuit.existing, "expressRouteCircuits"


CHECKS: tuple[Callable[[Network], Found], ...] = (
    _address_spaces,
    _subnets,
    _hosts,
    _gateway_subnets,
    _vpn_gateway_asns,
    _zones,
    _route_servers,
    _peerings,
    _peering_counts,
    _existing_ids,
)
