"""Tunnels between routers and VPN gateways, as both sides have them.

A tunnel is known by the router's BGP address: the local network gateway has it, and so does an interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address

from network_policies.attachments import Connection, attachments
from network_policies.azure_types import LOCAL_GATEWAY, address_of
from network_policies.bgp import Neighbor, neighbors
from network_policies.interfaces import Interface, holding, interfaces
from network_policies.resource import NotProvenError, Resource
from network_policies.router_lines import router_lines
from network_policies.rules import Case
from network_policies.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """A tunnel as both sides have it."""

    local_gateway: Resource
    connections: tuple[Connection, ...]
    interfaces: tuple[Interface, ...]
    sessions: tuple[Neighbor, ...]
    """The BGP sessions that start from those interfaces."""


def tunnels(case: Case) -> Iterator[Tunnel]:
    """Yield the tunnels of a router that a local network gateway of the stack stands for."""
    lines = router_lines(case.resource)
    found, sessions = interfaces(lines), neighbors(lines)
    addresses = {own.ip for interface in found.values() for own in interface.addresses}
    for peer in sorted(addresses & _local_gateways(case.stack).keys()):
        own = holding(found, peer)
        for local in _local_gateways(case.stack)[peer]:
            names = {each.name.casefold() for each in own}
            yield Tunnel(
                local_gateway=local,
                connections=attachments(case.stack).to_local_gateway.get(local.urn, ()),
                interfaces=own,
                sessions=tuple(
                    each for each in sessions if each.is_vpn and each.update_source.casefold() in names
                ),
            )


@lru_cache(maxsize=2)
def _local_gateways(stack: Stack) -> Mapping[IPv4Address, tuple[Resource, ...]]:
    """Return the local network gateways by the BGP address of the router that they stand for."""
    found: dict[IPv4Address, list[Resource]] = {}
    for local in stack.of(LOCAL_GATEWAY):
        with suppress(NotProvenError):  # said in the local network gateway's own turn
            peer = address_of(local.text("bgpSettings", "bgpPeeringAddress"))
            if peer is not None:
                found.setdefault(peer, []).append(local)
    return {peer: tuple(several) for peer, several in found.items()}
