"""What cannot be on premises: locations' numbers and addresses, and what IOS-XE refuses on one router."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network

from topology.addressing import is_reserved
from topology.errors import Mistake, flaw
from topology.network import Network
from topology.ports import is_physical
from topology.routers import Router

Found = Iterator[Mistake]
Path = tuple[str, ...]


RESERVED = "is reserved (ASN-1 to ASN-4): use 64512-65514 or 65521-65534"


def _locations(network: Network) -> Found:
    for site in network.locations.values():
        path = ("locations", site.name)
        if is_reserved(site.asn):
            yield flaw(*path, "asn", says=f"{site.asn} {RESERVED}")
        for key, address in (("host", site.host), ("defaultGateway", site.default_gateway)):
            if address and not any(address in prefix for prefix in site.prefixes):
                yield flaw(*path, key, says=f"{address} is in none of {site.name}'s prefixes")


def _lan_sources(network: Network) -> Found:
    for router in network.routers.values():
        path, lan = ("routers", router.name), router.lan
        if (router.ospf is None) == (lan.next_hop is None):
            says = "the LAN's prefixes come by OSPF or a static route: give ospf or lan.nextHop, one of them"
            yield flaw(*path, says=says)
        if lan.next_hop and lan.next_hop not in lan.address.network:
            says = f"{lan.next_hop} is not on the LAN interface's network {lan.address.network}"
            yield flaw(*path, "lan", "nextHop", says=says)
        if lan.next_hop == lan.address.ip:
            yield flaw(*path, "lan", "nextHop", says=f"{lan.next_hop} is the router's own address")


def _routed_ports(network: Network) -> Found:
    for router in network.routers.values():
        if router.lan.vlan is not None and not is_physical(router.lan.interface):
            says = f"{router.lan.interface} has no sub-interfaces: leave it out"
            yield flaw("routers", router.name, "lan", "vlan", says=says)


def _ports(network: Network) -> Found:
    """A port tells its sub-interfaces apart by outer and inner tag, or by the only tag there is."""
    for router in network.routers.values():
        used: dict[tuple[str | None, int | None, int | None], str] = {
            (router.lan.interface, None, router.lan.vlan): "lan"
        }
        for circuit, name, link in network.router_links(router.name):
            port = (link.interface, link.outer_vlan, circuit.private_peering.vlan_id)
            if port in used:
                says = f"uses the same port and VLAN of {router.name} as {used[port]}"
                yield flaw("circuits", circuit.name, "privatePeering", name, says=says)
            used.setdefault(port, f"{circuit.name}/{name}")


def _tunnel_numbers(network: Network) -> Found:
    for router in network.routers.values():
        used: dict[int, str] = {}
        for tunnel in network.router_tunnels(router.name):
            for index, number in enumerate(tunnel.router.tunnel_numbers if tunnel.router else ()):
                path = ("tunnels", tunnel.name, "router", "tunnelNumbers", str(index))
                if number in used:
                    yield flaw(*path, says=f"Tunnel{number} of {router.name} is {used[number]}'s already")
                used.setdefault(number, tunnel.name)


def _loopbacks(network: Network) -> Found:
    """A loopback has one address, and IOS-XE takes no address on two interfaces of one table."""
    for router in network.routers.values():
        addresses: dict[int, IPv4Address] = {}
        numbers: dict[IPv4Address, int] = {}
        for tunnel in network.router_tunnels(router.name):
            if (end := tunnel.router) is None:
                continue
            path = ("tunnels", tunnel.name, "router")
            address = addresses.setdefault(end.loopback_number, end.public_address)
            number = numbers.setdefault(end.public_address, end.loopback_number)
            if address != end.public_address:
                says = f"Loopback{end.loopback_number} of {router.name} has {address} already"
                yield flaw(*path, "loopbackNumber", says=says)
            elif number != end.loopback_number:
                says = f"{end.public_address} is on Loopback{number} of {router.name} already"
                yield flaw(*path, "loopbackNumber", says=says)


def _connected_networks(network: Network) -> Found:
    """IOS-XE refuses an address that overlaps with another interface's network in the same VRF."""
    for router in network.routers.values():
        lan = router.lan.address.network
        for path, prefix in _beside_the_lan(network, router):
            if prefix.overlaps(lan):
                says = f"{_short(prefix)} overlaps with {lan}, the LAN interface's network of {router.name}"
                yield flaw(*path, says=says)
        links = {link.prefix: (circuit, name) for circuit, name, link in network.router_links(router.name)}
        for tunnel in network.router_tunnels(router.name):
            for prefix, (circuit, name) in links.items():
                if tunnel.router and tunnel.router.bgp_address in prefix:
                    says = (
                        f"{tunnel.router.bgp_address} is on the link {circuit.name}/{name} of {router.name}"
                    )
                    yield flaw("tunnels", tunnel.name, "router", "bgpAddress", says=says)


def _beside_the_lan(network: Network, router: Router) -> Iterator[tuple[Path, IPv4Network]]:
    for circuit, name, link in network.router_links(router.name):
        yield ("circuits", circuit.name, "privatePeering", name, "prefix"), link.prefix
    for tunnel in network.router_tunnels(router.name):
        if tunnel.router:
            yield ("tunnels", tunnel.name, "router", "bgpAddress"), IPv4Network(tunnel.router.bgp_address)


def _short(prefix: IPv4Network) -> str:
    return str(prefix.network_address) if prefix.prefixlen == prefix.max_prefixlen else str(prefix)


def _shared_by_two_routers(network: Network) -> Found:
    """What must be one router's alone: its way in, and within a location its addresses."""
    routers = network.routers.values()
    hosts = Counter(router.host for router in routers)
    lans = Counter((router.location, router.lan.address.ip) for router in routers)
    ids = Counter((router.location, router.ospf.router_id) for router in routers if router.ospf)
    for router in routers:
        path = ("routers", router.name)
        if hosts[router.host] > 1:
            says = f"{router.host} is the management host of {hosts[router.host]} routers"
            yield flaw(*path, "management", "host", says=says)
        if lans[router.location, router.lan.address.ip] > 1:
            says = f"{router.lan.address.ip} is another router's too in {router.location}"
            yield flaw(*path, "lan", "address", says=says)
        if router.ospf and ids[router.location, router.ospf.router_id] > 1:
            says = f"{router.ospf.router_id} is another router's too in {router.location}: OSPF needs two"
            yield flaw(*path, "ospf", "routerId", says=says)


CHECKS: tuple[Callable[[Network], Found], ...] = (
    _locations,
    _lan_sources,
    _routed_ports,
    _ports,
    _tunnel_numbers,
    _loopbacks,
    _connected_networks,
    _shared_by_two_routers,
)
