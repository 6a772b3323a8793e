"""What Azure or IOS-XE refuses about tunnels: their two ends, their addresses, and their IPsec policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network

from topology.addressing import is_reserved, outside
from topology.errors import Mistake, flaw
from topology.network import Network
from topology.vpn import IpsecPolicy, Tunnel, TunnelRouter

LEAST_KILOBYTES = 2560
"""Of a security association's lifetime on IOS-XE (Cisco, "set security-association lifetime")."""

LINK_LOCAL = IPv4Network("169.254.0.0/16")
"""Azure peers with such an address only if its gateway has one too (VPN-4), which cannot be described."""

PREFIXES_TO_GATEWAY = 4000
"""How many prefixes a VPN gateway may learn, before Azure ends the sessions (VPN-8)."""

Found = Iterator[Mistake]


def _ends(network: Network) -> Found:
    for tunnel in network.tunnels.values():
        path = ("tunnels", tunnel.name)
        if (tunnel.router is None) == (tunnel.remote_virtual_network is None):
            yield flaw(*path, says="needs exactly one other end: router or remoteVirtualNetwork")
        for key, name in (
            ("virtualNetwork", tunnel.virtual_network),
            ("remoteVirtualNetwork", tunnel.remote_virtual_network),
        ):
            vnet = network.virtual_networks.get(name or "")
            if vnet and not vnet.vpn_gateway:
                yield flaw(*path, key, says=f"{vnet.name} has no vpnGateway")


def _between_gateways(network: Network) -> Found:
    seen: dict[frozenset[str], str] = {}
    for tunnel in network.tunnels.values():
        if (remote_name := tunnel.remote_virtual_network) is None:
            continue
        path = ("tunnels", tunnel.name)
        pair = frozenset((tunnel.virtual_network, remote_name))
        if len(pair) == 1:
            yield flaw(*path, says="joins a virtual network to itself")
            continue
        if (other := seen.setdefault(pair, tunnel.name)) != tunnel.name:
            yield flaw(*path, says=f"joins the same two gateways as {other}")
        first, second = (network.virtual_networks.get(name) for name in (tunnel.virtual_network, remote_name))
        if not (first and second and first.vpn_gateway and second.vpn_gateway):
            continue
        if (asn := first.vpn_gateway.asn) == second.vpn_gateway.asn:
            says = (
                f"both gateways are in AS {asn}, but BGP between them needs two (ASN-8): set vpnGateway.asn"
            )
            yield flaw(*path, says=says)


def _to_routers(network: Network) -> Found:
    for tunnel, end in _router_ends(network):
        path = ("tunnels", tunnel.name, "router")
        yield from _addresses(network, tunnel, end)
        vnet = network.virtual_networks.get(tunnel.virtual_network)
        gateway = vnet.vpn_gateway if vnet else None
        if gateway and len(end.tunnel_numbers) != gateway.instance_count:
            says = f"needs {gateway.instance_count}, one for each instance of the VPN gateway"
            yield flaw(*path, "tunnelNumbers", says=says)
        router = network.routers.get(end.name)
        if router and not router.internet_next_hop:
            says = f"is missing: the way from {router.name} to the VPN gateway's public address (GW-4)"
            yield flaw("routers", router.name, "internetNextHop", says=says)
        site = network.locations.get(router.location) if router else None
        if site and vnet and gateway and gateway.asn == site.asn and not is_reserved(site.asn):
            says = f"{site.name} and {vnet.name}'s VPN gateway are both in AS {site.asn} (ASN-8)"
            yield flaw(*path, says=says)
        if site:
            for index, prefix in outside(end.advertised_prefixes, site.prefixes):
                says = f"{prefix} is not in {site.name}'s prefixes: a site advertises only its own"
                yield flaw(*path, "advertisedPrefixes", str(index), says=says)


def _addresses_on_the_lan(network: Network) -> Found:
    """Azure sends what is for the BGP address through the tunnel: no host of the LAN can have it (VPN-5)."""
    for tunnel, end in _router_ends(network):
        router = network.routers.get(end.name)
        site = network.locations.get(router.location) if router else None
        if site is None:
            continue
        for key, address in (("host", site.host), ("defaultGateway", site.default_gateway)):
            if address == end.bgp_address:
                says = f"{address} is the {key} of {site.name} already (VPN-5)"
                yield flaw("tunnels", tunnel.name, "router", "bgpAddress", says=says)


def _router_ends(network: Network) -> Iterator[tuple[Tunnel, TunnelRouter]]:
    for tunnel in network.tunnels.values():
        if tunnel.router:
            yield tunnel, tunnel.router


def _addresses(network: Network, tunnel: Tunnel, end: TunnelRouter) -> Found:
    path = ("tunnels", tunnel.name, "router", "bgpAddress")
    vnet = network.virtual_networks.get(tunnel.virtual_network)
    if end.bgp_address == end.public_address:
        yield flaw(*path, says="must differ from the public address (VPN-3)")
    if vnet and any(end.bgp_address in space for space in vnet.address_space):
        yield flaw(*path, says=f"{end.bgp_address} is inside {vnet.name}'s address space (VPN-3)")
    if end.bgp_address in LINK_LOCAL:
        says = f"{end.bgp_address} is of {LINK_LOCAL}: the VPN gateway would need such an address too (VPN-4)"
        yield flaw(*path, says=says)


def _same_router_twice(network: Network) -> Found:
    """A router would have the same BGP neighbors twice, and Azure two connections to one device."""
    seen: dict[tuple[str, str], str] = {}
    for tunnel, end in _router_ends(network):
        if (other := seen.setdefault((tunnel.virtual_network, end.name), tunnel.name)) != tunnel.name:
            says = (
                f"{end.name} ends {other} from {tunnel.virtual_network} already: give it more tunnelNumbers"
            )
            yield flaw("tunnels", tunnel.name, "router", says=says)


def _addresses_of_two_routers(network: Network) -> Found:
    """Azure tells the devices behind one gateway apart by both addresses (VPN-15); so does the Internet."""
    owners: dict[IPv4Address, tuple[str, str]] = {}
    for tunnel, end in _router_ends(network):
        for key, address in (("publicAddress", end.public_address), ("bgpAddress", end.bgp_address)):
            owner, other = owners.setdefault(address, (end.name, tunnel.name))
            if owner != end.name:
                says = f"{address} is {owner}'s in {other} (VPN-15)"
                yield flaw("tunnels", tunnel.name, "router", key, says=says)


def _policies(network: Network) -> Found:
    for tunnel in network.tunnels.values():
        policy, path = tunnel.policy, ("tunnels", tunnel.name, "ipsecPolicy")
        encryption, integrity = policy.ipsec_encryption, policy.ipsec_integrity
        authenticated = _is_authenticated(encryption) or _is_authenticated(integrity)
        if authenticated and encryption.value != integrity.value:
            says = (
                f"ipsecEncryption {encryption} does not go with ipsecIntegrity {integrity}: "
                "a GCM encryption needs the same GCM integrity, any other one SHA256 or SHA1"
            )
            yield flaw(*path, _given(policy, "ipsec_integrity", "ipsec_encryption"), says=says)
        given = "sa_data_size_kilobytes" in policy.model_fields_set
        if tunnel.router and given and policy.sa_data_size_kilobytes < LEAST_KILOBYTES:
            says = f"{policy.sa_data_size_kilobytes} is too small for a router: {LEAST_KILOBYTES} or more"
            yield flaw(*path, "saDataSizeKilobytes", says=says)


def _prefixes_to_gateways(network: Network) -> Found:
    learned: Counter[str] = Counter()
    for tunnel, end in _router_ends(network):
        router = network.routers.get(end.name)
        site = network.locations.get(router.location) if router else None
        own = site.prefixes if site else ()
        learned[tunnel.virtual_network] += len(
            own if end.advertised_prefixes is None else end.advertised_prefixes
        )
    for name, count in learned.items():
        if count > PREFIXES_TO_GATEWAY and name in network.virtual_networks:
            says = f"learns {count} prefixes through its tunnels; 4000 is the most (VPN-8)"
            yield flaw("virtualNetworks", name, "vpnGateway", says=says)


def _is_authenticated(algorithm: str) -> bool:
    return algorithm.startswith("GCMAES")


def _given(policy: IpsecPolicy, *fields: str) -> str:
    """Return the first of the keys that the file has, so that the mistake stands where it was made."""
    field = next((field for field in fields if field in policy.model_fields_set), fields[0])
    return IpsecPolicy.model_fields[field].alias or field


CHECKS: tuple[Callable[[Network], Found], ...] = (
    _ends,
    _between_gateways,
    _to_routers,
    _addresses_on_the_lan,
    _same_router_twice,
    _addresses_of_two_routers,
    _policies,
    _prefixes_to_gateways,
)
