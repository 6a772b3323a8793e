"""Azure's ends of the tunnels, as Azure holds them: public addresses, BGP peers, IPsec policy and key.

A gateway's end is there as long as its connection is. What a connection says counts, not the description: a
key, a policy or a peer's address that is another in Azure is another here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface

from lab.bgp.blueprint import Blueprint, NodeKind, Port, TunnelWire
from lab.bgp.configuration import Neighbor, RoutingConfiguration
from lab.bgp.frr import render_frr
from lab.bgp.frr_node import FrrNode
from lab.bgp.kernel_state import Item, KernelState
from lab.bgp.strongswan import (
    AZURE_DEFAULT_ESP,
    AZURE_DEFAULT_IKE,
    AZURE_LIFETIME,
    Connection,
    esp_proposal,
    ike_proposal,
)
from lab.bgp.tunnels import Side, Tunnels
from lab.bgp.undeployed import owner_of
from topology import IpsecPolicy

_OWNER = "azure"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayEnd:
    """One end of one tunnel as Azure holds it; what is at the far end is what Azure was told of it."""

    name: str
    """The connection's."""
    bgp_address: IPv4Address
    public_address: IPv4Address
    peer_bgp_address: IPv4Address
    peer_public_address: IPv4Address
    peer_asn: int
    policy: IpsecPolicy | None
    """None for Azure's default offer."""
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An end, and the place of it in the network as described."""

    end: GatewayEnd
    wire: TunnelWire
    port: Port
    public_node: str


class LivingAzure:
    """Azure's side of all tunnels."""

    def __init__(self, described: Blueprint, bare: Blueprint, tunnels: Tunnels) -> None:
        self._described = described
        self._tunnels = tunnels
        self._kernel = KernelState()
        self._routing: dict[str, RoutingConfiguration] = {}
        self._frr: dict[str, FrrNode] = {}
        for node in bare.nodes.values():
            if node.kind is NodeKind.VPN_GATEWAY and node.routing is not None:
                self._routing[node.name] = node.routing
                self._frr[node.name] = FrrNode(node.name, render_frr(node.routing))

    def hold(self, ends: Iterable[GatewayEnd]) -> tuple[str, ...]:
        """Have these ends and no others; what of them is not brought to life.

        Raises:
            FailedCommandError: if the kernel or a program refuses it.
        """
        placed: list[_Placed] = []
        remarks: list[str] = []
        for end in ends:
            place = self._place(end)
            if place is None:
                remarks.append(f"connection {end.name} is none of the description's tunnels")
            else:
                placed.append(place)
        kernel = self._wanted(placed)
        remarks += self._kernel.become(kernel)
        self._kernel = kernel
        self._tunnels.replace(_OWNER, [_side(one) for one in placed])
        for name, frr in self._frr.items():
            own = [one for one in placed if one.port.node == name]
            frr.bring_to(render_frr(_with_tunnels(self._routing[name], own)))
        return tuple(remarks)

    def restore_routes(self) -> None:
        """Have the kernel know its routes again after an interface was down."""
        self._kernel.restore_routes()

    def _place(self, end: GatewayEnd) -> _Placed | None:
        """Find the tunnel that a connection is, by its gateway and its far end's public or BGP address."""
        found = None
        for wire in self._described.tunnels:
            for port, near, other, far in (
                (wire.first, wire.crypto[0], wire.second, wire.crypto[1]),
                (wire.second, wire.crypto[1], wire.first, wire.crypto[0]),
            ):
                gateway = owner_of(self._described, near.public_node)
                if gateway.kind is not NodeKind.VPN_GATEWAY or port.addresses[0].ip != end.bgp_address:
                    continue
                if far.public_address == end.peer_public_address:
                    return _Placed(end=end, wire=wire, port=port, public_node=near.public_node)
                if other.addresses[0].ip == end.peer_bgp_address:
                    found = _Placed(end=end, wire=wire, port=port, public_node=near.public_node)
        return found

    def _wanted(self, placed: list[_Placed]) -> KernelState:
        """Return public addresses, and the routes of the Internet towards them and back."""
        addresses: set[Item] = set()
        routes: set[Item] = set()
        for one in placed:
            own, peer = one.end.public_address, one.end.peer_public_address
            addresses.add((one.public_node, f"{IPv4Interface(own)} dev lo"))
            way_out = self._described.nodes[one.public_node].routes[0]
            routes.add((one.public_node, f"{peer} via {way_out.destination.network_address} dev net0 onlink"))
            routes.add((NodeKind.INTERNET.value, f"{own} dev {self._line_to(one.public_node)}"))
        return KernelState(addresses=frozenset(addresses), routes=frozenset(routes))

    def _line_to(self, public_node: str) -> str:
        """Return the Internet's interface towards a public node."""
        wire = next(wire for wire in self._described.cables if wire.first.node == public_node)
        return wire.second.interface


def _side(one: _Placed) -> Side:
    policy = one.end.policy
    return Side(
        port=replace(
            one.port, addresses=(IPv4Interface(one.end.bgp_address),), peer=one.end.peer_bgp_address
        ),
        public_node=one.public_node,
        connection=Connection(
            name=one.wire.name,
            local=one.end.public_address,
            remote=one.end.peer_public_address,
            local_id=one.end.public_address,
            ike_proposals=(ike_proposal(policy),) if policy else AZURE_DEFAULT_IKE,
            esp_proposal=esp_proposal(policy) if policy else AZURE_DEFAULT_ESP,
            lifetime=policy.sa_lifetime_seconds if policy else AZURE_LIFETIME,
            initiates=True,
            key=one.end.key,
        ),
    )


def _with_tunnels(routing: RoutingConfiguration, placed: list[_Placed]) -> RoutingConfiguration:
    """Add the sessions over tunnels, whose peers are next to the gateway, as in `vpn.py`."""
    assert routing.bgp is not None
    neighbors = tuple(
        Neighbor(
            address=one.end.peer_bgp_address,
            asn=one.end.peer_asn,
            node="",
            description=one.end.name,
            update_source=one.port.interface,
            import_map="from-tunnel",
        )
        for one in placed
    )
    return replace(routing, bgp=replace(routing.bgp, neighbors=(*routing.bgp.neighbors, *neighbors)))
