"""Addresses that the stack file does not have, because they are Azure's own or the lab's: allotted in order.

- Azure's inner links and the transport of tunnels: 100.64.0.0/10 (RFC 6598), where no prefix of the stack
  file overlaps. They are routed nowhere.
- A VPN gateway's public addresses: documentation's 192.0.2.0/24 and 203.0.113.0/24 (RFC 5737); in Azure they
  are outputs of the deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lab.bgp.errors import UnsupportedDesignError
from topology import GATEWAY_SUBNET, Network, VirtualNetwork

INNER = IPv4Network("100.64.0.0/10")
"""Of links inside Azure, and of tunnels' transport."""
_PUBLIC = (IPv4Network("192.0.2.0/24"), IPv4Network("203.0.113.0/24"))
_POINT_TO_POINT = 31


class Allotment:
    """Hands out addresses, each once."""

    def __init__(self, network: Network) -> None:
        self._described = tuple(_described(network))
        self._links = self._free(INNER.subnets(new_prefix=_POINT_TO_POINT))
        public = {
            address
            for tunnel in network.tunnels.values()
            if tunnel.router
            for address in (
                tunnel.router.public_address,
                network.routers[tunnel.router.name].internet_next_hop,
            )
        }
        self._public = (host for block in _PUBLIC for host in block.hosts() if host not in public)

    def _free(self, subnets: Iterator[IPv4Network]) -> Iterator[IPv4Network]:
        return (subnet for subnet in subnets if not any(subnet.overlaps(taken) for taken in self._described))

    def link(self) -> tuple[IPv4Interface, IPv4Interface]:
        """Return both ends of a new inner link."""
        subnet = next(self._links)
        first, second = subnet
        return (
            IPv4Interface((first, subnet.prefixlen)),
            IPv4Interface((second, subnet.prefixlen)),
        )

    def label(self) -> IPv4Address:
        """Return a router id of the lab's own."""
        return next(self._links)[0]

    def public(self) -> IPv4Address:
        """Return a new public address."""
        return next(self._public)


def _described(network: Network) -> Iterator[IPv4Network]:
    for site in network.sites:
        yield from network.site_prefixes(site)
    for _, _, link in network.links:
        yield link.prefix
    for router in network.routers.values():
        yield router.lan.address.network
    for reach in network.global_reach.values():
        yield reach.prefix


def gateway_bgp_address(vnet: VirtualNetwork, instance: int) -> IPv4Address:
    """Return the BGP address of a VPN gateway's instance, counted from 1.

    It is Azure's choice; documented examples have the last usable address of GatewaySubnet (VPN-2). For a
    second instance the one before is taken here, as the emulated Resource Manager does.
    """
    subnet = vnet.subnets.get(GATEWAY_SUBNET)
    if subnet is None:
        raise UnsupportedDesignError(f"{vnet.name} has no {GATEWAY_SUBNET} for its VPN gateway")
    return subnet.prefix.broadcast_address - instance


def virtual_network_host(vnet: VirtualNetwork) -> tuple[IPv4Interface, IPv4Address]:
    """Return a virtual network's host with its subnet's length, and the subnet's own gateway."""
    host = vnet.host or vnet.address_space[0][1]
    spaces = (*(subnet.prefix for subnet in vnet.subnets.values()), *vnet.address_space)
    subnet = next(space for space in spaces if host in space)
    return IPv4Interface((host, subnet.prefixlen)), _another(subnet, host)


def _another(subnet: IPv4Network, host: IPv4Address) -> IPv4Address:
    return next(address for address in subnet.hosts() if address != host)


def location_host(
    prefixes: tuple[IPv4Network, ...], host: IPv4Address | None, gateway: IPv4Address | None
) -> tuple[IPv4Interface, IPv4Address]:
    """Return a location's host with its prefix's length, and the LAN's address there."""
    host = host or prefixes[0][1]
    subnet = next((prefix for prefix in prefixes if host in prefix), prefixes[0])
    given = gateway if gateway is not None and gateway in subnet and gateway != host else None
    return IPv4Interface((host, subnet.prefixlen)), given or _another(subnet, host)


def lan_side(address: IPv4Interface, next_hop: IPv4Address | None) -> IPv4Interface:
    """Return the LAN's own address on a router's LAN network."""
    network = address.network
    if next_hop is not None and next_hop in network and next_hop != address.ip:
        return IPv4Interface((next_hop, network.prefixlen))
    return IPv4Interface((_another(network, address.ip), network.prefixlen))
