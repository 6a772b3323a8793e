"""The VPN half of a router: IKEv2, IPsec, tunnel interfaces, and the routes that hold them in place.

- The first tunnel on a router is called `Cust<vrf>-azure`, further ones add their tunnel interface's number.
- A BGP address that several tunnel interfaces share lives on a loopback, which outlives each of them.
- Two host routes per gateway instance keep a tunnel from running over the routes that it brings itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from onprem.placeholders import as_output, as_secret, bgp_address, public_ip, shared_key
from onprem.rendering.intent import (
    Ikev2Peer,
    Ikev2Policy,
    Loopback,
    StaticRoute,
    TunnelCrypto,
    TunnelInterface,
)
from onprem.rendering.ipsec import ios_algorithms
from onprem.rendering.refusal import RenderError
from topology import Asn, Network, Router, Tunnel, TunnelRouter

_HOST_MASK = IPv4Address("255.255.255.255")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayInstance:
    """One instance of a VPN gateway, and the tunnel interface that leads to it."""

    number: int
    """Counted from 1."""
    interface: str
    public_address: str
    bgp_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelEnd:
    """A tunnel of the network, seen from the router that ends it."""

    tunnel: Tunnel
    router: TunnelRouter
    gateway_asn: Asn
    name: str
    instances: tuple[GatewayInstance, ...]
    shared_loopback: str | None
    """The loopback of the BGP address, where more than one tunnel interface needs it."""


def tunnel_ends(network: Network, router: Router) -> tuple[TunnelEnd, ...]:
    """Return the tunnels that end on a router, in the order of the stack file."""
    ends = tuple((tunnel, tunnel.router) for tunnel in network.router_tunnels(router.name) if tunnel.router)
    shared = _shared_loopbacks([end for _, end in ends])
    return tuple(
        TunnelEnd(
            tunnel=tunnel,
            router=end,
            gateway_asn=_gateway_asn(network, tunnel),
            name=f"Cust{router.vrf.name}-azure" + (f"-{end.tunnel_numbers[0]}" if index else ""),
            instances=_instances(tunnel, end),
            shared_loopback=shared.get(end.bgp_address),
        )
        for index, (tunnel, end) in enumerate(ends)
    )


def _gateway_asn(network: Network, tunnel: Tunnel) -> Asn:
    gateway = network.virtual_networks[tunnel.virtual_network].vpn_gateway
    if gateway is None:
        raise RenderError(f"{tunnel.name}: {tunnel.virtual_network} has no vpnGateway to end it")
    return gateway.asn


def _instances(tunnel: Tunnel, end: TunnelRouter) -> tuple[GatewayInstance, ...]:
    return tuple(
        GatewayInstance(
            number=number,
            interface=f"Tunnel{tunnel_number}",
            public_address=as_output(public_ip(tunnel.virtual_network, number)),
            bgp_address=as_output(bgp_address(tunnel.virtual_network, number)),
        )
        for number, tunnel_number in enumerate(end.tunnel_numbers, start=1)
    )


def _shared_loopbacks(ends: list[TunnelRouter]) -> dict[IPv4Address, str]:
    """Return a loopback for each BGP address of several tunnel interfaces.

    Its number is that of the first of them, or the next one that no public address has.
    """
    interfaces: dict[IPv4Address, list[int]] = defaultdict(list)
    for end in ends:
        interfaces[end.bgp_address] += end.tunnel_numbers
    taken = {end.loopback_number for end in ends}
    shared: dict[IPv4Address, str] = {}
    for address, numbers in interfaces.items():
        if len(numbers) > 1:
            number = numbers[0]
            while number in taken:
                number += 1
            taken.add(number)
            shared[address] = f"Loopback{number}"
    return shared


def loopbacks(ends: tuple[TunnelEnd, ...]) -> tuple[Loopback, ...]:
    """Return the loopbacks of public addresses, in the global table, then those of BGP addresses."""
    public = (
        Loopback(
            name=_public_loopback(end.router),
            address=end.router.public_address,
            in_vrf=False,
        )
        for end in ends
    )
    bgp = (
        Loopback(name=end.shared_loopback, address=end.router.bgp_address, in_vrf=True)
        for end in ends
        if end.shared_loopback
    )
    return tuple(dict.fromkeys((*public, *bgp)))


def _public_loopback(end: TunnelRouter) -> str:
    return f"Loopback{end.loopback_number}"


def ikev2_policies(ends: tuple[TunnelEnd, ...]) -> tuple[Ikev2Policy, ...]:
    """Return one policy for each public address, as IOS uses only one for a local address."""
    proposals: dict[IPv4Address, list[str]] = defaultdict(list)
    names: dict[IPv4Address, str] = {}
    for end in ends:
        proposals[end.router.public_address].append(f"{end.name}-proposal")
        names.setdefault(end.router.public_address, f"{end.name}-policy")
    return tuple(
        Ikev2Policy(name=names[address], local_address=address, proposals=tuple(offered))
        for address, offered in proposals.items()
    )


def tunnel_crypto(end: TunnelEnd) -> TunnelCrypto:
    """Return IKEv2 and IPsec for one tunnel: one key, and a peer for each instance of the gateway."""
    return TunnelCrypto(
        name=end.name,
        algorithms=ios_algorithms(end.tunnel.policy),
        local_address=end.router.public_address,
        peers=tuple(
            Ikev2Peer(
                name="azure" if instance.number == 1 else f"azure-{instance.number}",
                address=instance.public_address,
            )
            for instance in end.instances
        ),
        shared_key=as_secret(shared_key(end.tunnel.name)),
    )


def tunnel_interfaces(ends: tuple[TunnelEnd, ...]) -> Iterator[TunnelInterface]:
    """Yield a tunnel interface for each instance of each gateway."""
    for end in ends:
        for instance in end.instances:
            yield TunnelInterface(
                name=instance.interface,
                address=end.router.bgp_address,
                unnumbered=end.shared_loopback,
                source=_public_loopback(end.router),
                destination=instance.public_address,
                ipsec_profile=f"{end.name}-ipsec-profile",
            )


def tunnel_routes(router: Router, ends: tuple[TunnelEnd, ...]) -> Iterator[StaticRoute]:
    """Yield the way to each gateway instance's public address, and to its BGP address (GW-4, VPN-11)."""
    for end in ends:
        if router.internet_next_hop is None:
            raise RenderError(f"{router.name}: internetNextHop is missing, the way to {end.tunnel.name}")
        for instance in end.instances:
            yield StaticRoute(
                destination=instance.public_address,
                mask=_HOST_MASK,
                via=str(router.internet_next_hop),
                in_vrf=False,
            )
            yield StaticRoute(
                destination=instance.bgp_address, mask=_HOST_MASK, via=instance.interface, in_vrf=True
            )
