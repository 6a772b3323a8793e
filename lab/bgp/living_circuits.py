"""Microsoft's edges towards routers: a link is there as long as Azure has the circuit's private peering.

The peering says which VLAN tag Microsoft puts on its frames and which AS it expects, and not the description.
Without it a router's interface is up, for the provider's port is, and nobody hears what it sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from lab.bgp.blueprint import Blueprint, Jack, NodeKind, Port
from lab.bgp.configuration import RoutingConfiguration
from lab.bgp.frr import render_frr
from lab.bgp.frr_node import FrrNode
from lab.bgp.kernel_state import KernelState

Jacks = Mapping[Jack, Port]
"""Where frames of a port and tags come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePeering:
    """A circuit's private peering as Azure holds it; the inner tag of its frames, and the customer's AS."""

    prefixes: tuple[IPv4Network, ...]
    vlan: int
    peer_asn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """A cable between a router and an edge."""

    router: Port
    edge: Port
    network: IPv4Network


class LivingCircuits:
    """All links between routers and Microsoft's edges; `described` says where the cables are."""

    def __init__(self, described: Blueprint, bare: Blueprint) -> None:
        self._kernel = KernelState()
        self._links = tuple(
            _Link(router=here, edge=there, network=here.addresses[0].network)
            for wire in described.cables
            for here, there in (wire.ends, wire.ends[::-1])
            if described.nodes[there.node].kind is NodeKind.MICROSOFT_EDGE and here.jack is not None
        )
        self._routing = {
            node.name: node.routing
            for node in bare.nodes.values()
            if node.kind is NodeKind.MICROSOFT_EDGE and node.routing is not None
        }
        self._frr = {name: FrrNode(name, render_frr(routing)) for name, routing in self._routing.items()}
        self._jacks: dict[str, dict[Jack, Port]] = {}

    def hold(self, peerings: Iterable[PrivatePeering]) -> None:
        """Have these peerings and no others.

        Raises:
            FailedCommandError: if the kernel or a program refuses it.
        """
        by_prefix = {prefix: peering for peering in peerings for prefix in peering.prefixes}
        there = [(link, by_prefix[link.network]) for link in self._links if link.network in by_prefix]
        kernel = KernelState(up=frozenset((link.edge.node, link.edge.interface) for link, _ in there))
        self._kernel.become(kernel)
        self._kernel = kernel
        self._jacks = {}
        for link, peering in there:
            assert link.router.jack is not None
            jack = replace(link.router.jack, tags=(*link.router.jack.tags[:-1], peering.vlan))
            self._jacks.setdefault(link.router.node, {})[jack] = link.router
        for name, frr in self._frr.items():
            own = [(link, peering) for link, peering in there if link.edge.node == name]
            frr.bring_to(render_frr(_expecting(self._routing[name], own)))

    def jacks_of(self, router: str) -> Jacks:
        """Return where a router's links to Azure come in at present."""
        return self._jacks.get(router, {})


def _expecting(
    routing: RoutingConfiguration, links: Iterable[tuple[_Link, PrivatePeering]]
) -> RoutingConfiguration:
    """Let an edge expect the AS that its peering names."""
    assert routing.bgp is not None
    expected = {link.router.addresses[0].ip: peering.peer_asn for link, peering in links}
    neighbors = tuple(replace(one, asn=expected.get(one.address, one.asn)) for one in routing.bgp.neighbors)
    return replace(routing, bgp=replace(routing.bgp, neighbors=neighbors))
