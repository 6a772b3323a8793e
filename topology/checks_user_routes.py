"""What Azure refuses about route tables, and routes that cannot lead anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network

from topology.addressing import inside
from topology.errors import Mistake, flaw
from topology.network import Network
from topology.sites import GATEWAY_SUBNET, ROUTE_SERVER_SUBNET, VirtualNetwork
from topology.user_routes import NextHopType, RouteTable

Found = Iterator[Mistake]
KeyPath = tuple[str, ...]

_EVERYTHING = IPv4Network("0.0.0.0/0")


def _next_hops(network: Network) -> Found:
    for table in network.route_tables.values():
        for name, route in table.routes.items():
            path = ("routeTables", table.name, "routes", name)
            to_appliance = route.next_hop is NextHopType.VIRTUAL_APPLIANCE
            if to_appliance and route.address is None:
                yield flaw(*path, "address", says="is missing: a virtual appliance is found by its address")
            elif route.address is not None and not to_appliance:
                says = f"belongs to nextHop: VirtualAppliance only, this is {route.next_hop}"
                yield flaw(*path, "address", says=says)


def _same_prefix(network: Network) -> Found:
    for table in network.route_tables.values():
        seen: dict[IPv4Network, str] = {}
        for name, route in table.routes.items():
            if (other := seen.setdefault(route.prefix, name)) != name:
                says = f"has the prefix of {other} in the same table, {route.prefix}"
                yield flaw("routeTables", table.name, "routes", name, "prefix", says=says)


def _service_subnets(network: Network) -> Found:
    for path, vnet, subnet, table in _uses(network):
        if subnet == ROUTE_SERVER_SUBNET:
            yield flaw(*path, says=f"{ROUTE_SERVER_SUBNET} takes no route table")
        if subnet != GATEWAY_SUBNET:
            continue
        if not table.propagate_gateway_routes:
            says = f"{table.name} has propagateGatewayRoutes: false, and {GATEWAY_SUBNET} needs it (GW-5)"
            yield flaw(*path, says=says)
        if vnet.has_gateway and any(route.prefix == _EVERYTHING for route in table.routes.values()):
            yield flaw(*path, says=f"{table.name} has a route to {_EVERYTHING}, {GATEWAY_SUBNET} none (GW-5)")


def _gateway_as_next_hop(network: Network) -> Found:
    for path, vnet, _, table in _uses(network):
        if not any(route.next_hop is NextHopType.VIRTUAL_NETWORK_GATEWAY for route in table.routes.values()):
            continue
        owner = _gateway_owner(network, vnet)
        if owner is None or owner.vpn_gateway is None:
            says = f"{table.name} leads to a VPN gateway, and {vnet.name} has and uses none (GW-6)"
            yield flaw(*path, says=says)
        elif owner.express_route_gateway is not None:
            says = f"{table.name} leads to a gateway, and {owner.name} has ExpressRoute beside VPN (GW-6)"
            yield flaw(*path, says=says)


def _gateway_owner(network: Network, vnet: VirtualNetwork) -> VirtualNetwork | None:
    """Return the virtual network whose gateways this one uses: itself, or its hub."""
    if vnet.has_gateway:
        return vnet
    hubs = (p.hub for p in network.peerings.values() if p.spoke == vnet.name and p.gateway_transit)
    return next((network.virtual_networks[hub] for hub in hubs if hub in network.virtual_networks), None)


def _appliances(network: Network) -> Found:
    """An appliance must be near: in the virtual network itself or in one that it is peered with (PATH-5)."""
    for path, vnet, _, table in _uses(network):
        near = [vnet, *_peers(network, vnet)]
        for name, route in table.routes.items():
            if route.appliance is not None and not _is_in(route.appliance, near):
                says = f"{name} leads to {route.appliance}, neither in {vnet.name} nor in a peer of it"
                yield flaw(*path, says=says)


def _peers(network: Network, vnet: VirtualNetwork) -> Iterator[VirtualNetwork]:
    for peering in network.peerings.values():
        ends = [peering.hub, peering.spoke]
        if vnet.name in ends:
            ends.remove(vnet.name)
            yield from (network.virtual_networks[end] for end in ends if end in network.virtual_networks)


def _is_in(address: IPv4Address, near: list[VirtualNetwork]) -> bool:
    return any(inside(IPv4Network(address), vnet.address_space) for vnet in near)


def _regions(network: Network) -> Found:
    for path, vnet, _, table in _uses(network):
        region, own = network.region(table), network.region(vnet)
        if table.existing is None and region != own:
            yield flaw(*path, says=f"{table.name} is in {region}, {vnet.name} in {own}: both must be in one")


def _existing(network: Network) -> Found:
    for path, vnet, _, table in _uses(network):
        if vnet.existing and not table.existing:
            says = f"{vnet.name} exists already and is not changed: {table.name} has to exist on it too"
            yield flaw(*path, says=says)


def _uses(network: Network) -> Iterator[tuple[KeyPath, VirtualNetwork, str, RouteTable]]:
    """Yield each subnet that has a route table: its place, virtual network and name, and the table."""
    for vnet in network.virtual_networks.values():
        for name, subnet in vnet.subnets.items():
            if table := network.route_tables.get(subnet.route_table or ""):
                path = ("virtualNetworks", vnet.name, "subnets", name, "routeTable")
                yield path, vnet, name, table


CHECKS: tuple[Callable[[Network], Found], ...] = (
    _next_hops,
    _same_prefix,
    _service_subnets,
    _gateway_as_next_hop,
    _appliances,
    _regions,
    _existing,
)
