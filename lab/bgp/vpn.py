"""Tunnels: a transport interface in the routing table, built in the table with the public address.

- As with IOS's front-door VRF, the tunnel interface belongs to the VRF and its packets leave in another
  table, here another namespace. It is a VXLAN between two addresses that only IPsec joins: user-space ESP
  has one device for all tunnels and chooses by address, so that it cannot do a tunnel interface each.
- Towards each other two gateways join every instance with every instance (GW-14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.bgp.addressing import gateway_bgp_address
from lab.bgp.azure import AzureSide
from lab.bgp.blueprint import KernelRoute, NodeKind, Port, TunnelEnd, TunnelWire, Wire
from lab.bgp.configuration import Neighbor, StaticRoute
from lab.bgp.draft import Draft, NodeDraft
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.premises import Premises, host_length
from topology import Tunnel, TunnelRouter

_HOPS = 5
_INTERNET_PORT = "net0"


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """One end of one tunnel interface."""

    node: NodeDraft
    public: NodeDraft
    public_address: IPv4Address
    bgp_address: IPv4Address
    interface: str
    is_gateway: bool
    """Azure's gateways have the peer on the tunnel itself; IOS has a route to it, and several hops."""
    import_map: str
    export_map: str | None = None
    export_prefixes: str | None = None


class Vpn:
    """Draws the Internet and the tunnels across it."""

    def __init__(self, draft: Draft, azure: AzureSide, premises: Premises) -> None:
        self._draft = draft
        self._network = draft.network
        self._azure = azure
        self._premises = premises
        if not self._network.tunnels:
            return
        self._internet = draft.add(NodeKind.INTERNET, "")
        self._publics: dict[str, NodeDraft] = {}
        self._internet_ports: dict[str, str] = {}
        self._gateway_addresses: dict[str, IPv4Address] = {}
        for tunnel in self._network.tunnels.values():
            pairs = list(self._pairs(tunnel))
            for number, (first, second) in enumerate(pairs, start=1):
                name = tunnel.name if len(pairs) == 1 else f"{tunnel.name}-{number}"
                self._join(tunnel, name, first, second)

    # --- ends ----------------------------------------------------------------------------------------

    def _pairs(self, tunnel: Tunnel) -> Iterator[tuple[_End, _End]]:
        """Yield both ends of every tunnel interface, the initiator first."""
        gateways = self._azure.vpn_gateways[tunnel.virtual_network]
        if tunnel.router is not None:
            for instance, number in zip(gateways, tunnel.router.tunnel_numbers, strict=False):
                yield self._router_end(tunnel.router, number), self._gateway_end(instance)
            return
        assert tunnel.remote_virtual_network is not None
        for remote in self._azure.vpn_gateways[tunnel.remote_virtual_network]:
            for instance in gateways:
                yield self._gateway_end(remote), self._gateway_end(instance)

    def _router_end(self, end: TunnelRouter, number: int) -> _End:
        router = self._network.routers[end.name]
        if router.internet_next_hop is None:
            raise UnsupportedDesignError(
                f"{router.name}: internetNextHop is missing, the way to the Internet"
            )
        interface = f"Tunnel{number}"
        prefixes, prepend = self._premises.advertising(
            router, end.advertised_prefixes, interface, end.as_path_prepend
        )
        node = self._premises.routers[end.name]
        return _End(
            node=node,
            public=self._public(node, end.public_address, router.internet_next_hop),
            public_address=end.public_address,
            bgp_address=end.bgp_address,
            interface=interface,
            is_gateway=False,
            import_map="from-vpn",
            export_map=prepend,
            export_prefixes=prefixes,
        )

    def _gateway_end(self, node: NodeDraft) -> _End:
        address = self._gateway_addresses.get(node.name) or self._draft.allotment.public()
        self._gateway_addresses[node.name] = address
        next_hop = self._draft.allotment.link()[0].ip
        return _End(
            node=node,
            public=self._public(node, address, next_hop),
            public_address=address,
            bgp_address=self._bgp_address(node),
            interface=node.next_port(),
            is_gateway=True,
            import_map="from-tunnel",
        )

    def _bgp_address(self, node: NodeDraft) -> IPv4Address:
        for vnet, instances in self._azure.vpn_gateways.items():
            if node in instances:
                number = instances.index(node) + 1
                return gateway_bgp_address(self._network.virtual_networks[vnet], number)
        raise AssertionError(node.name)

    def _public(self, node: NodeDraft, address: IPv4Address, next_hop: IPv4Address) -> NodeDraft:
        """Return the node with a router's or gateway's public addresses, joined to the Internet."""
        owner = node.name
        known = self._publics.get(owner)
        if known is None:
            known = self._publics[owner] = self._draft.add(NodeKind.PUBLIC, owner)
            port = self._internet_ports[owner] = self._internet.next_port()
            known.element, known.instance = node.element, node.instance
            self._draft.wires.append(
                Wire(
                    first=Port(node=known.name, interface=_INTERNET_PORT, addresses=()),
                    second=Port(
                        node=self._internet.name,
                        interface=port,
                        addresses=(host_length(next_hop),),
                    ),
                )
            )
            known.routes.append(KernelRoute(destination=IPv4Network(next_hop), interface=_INTERNET_PORT))
        if host_length(address) not in known.loopbacks:
            known.loopbacks.append(host_length(address))
            there = self._internet_ports[owner]
            self._internet.routes.append(KernelRoute(destination=IPv4Network(address), interface=there))
        return known

    # --- tunnels -------------------------------------------------------------------------------------

    def _join(self, tunnel: Tunnel, name: str, first: _End, second: _End) -> None:
        ports = []
        ends = []
        for end, other in ((first, second), (second, first)):
            _lead_to(end.public, other.public_address)
            bgp = host_length(end.bgp_address)
            peer = other.bgp_address if end.is_gateway else None
            ports.append(Port(node=end.node.name, interface=end.interface, addresses=(bgp,), peer=peer))
            ends.append(
                TunnelEnd(
                    public_node=end.public.name,
                    public_address=end.public_address,
                    connection=name if end.is_gateway else end.interface,
                    initiates=end is first,
                )
            )
        self._draft.wires.append(
            TunnelWire(
                first=ports[0],
                second=ports[1],
                elements=(f"tunnel:{tunnel.name}",),
                segment=("vpn", tunnel.name),
                name=name,
                tunnel=tunnel.name,
                policy=tunnel.policy,
                crypto=(ends[0], ends[1]),
            )
        )
        for end, other in ((first, second), (second, first)):
            _peer(end, other, name)


def _lead_to(public: NodeDraft, peer: IPv4Address) -> None:
    """Add the host route to a far end (GW-4); with no other way out, nothing leaves unprotected."""
    next_hop = public.routes[0].destination.network_address
    route = KernelRoute(destination=IPv4Network(peer), interface=_INTERNET_PORT, via=next_hop)
    if route not in public.routes:
        public.routes.append(route)


def _peer(end: _End, other: _End, description: str) -> None:
    """Let one end speak BGP with the other.

    A gateway ends the session with the tunnel, as if the peer were next to it: what Azure does is not
    documented, but two instances that reach a lost router through each other would keep its routes alive. A
    router does as IOS does with a host route and several hops: it waits for BGP's hold time.
    """
    assert other.node.asn is not None
    if not end.is_gateway:
        peer = IPv4Network(other.bgp_address)
        end.node.static_routes.append(StaticRoute(destination=peer, via=end.interface))
    end.node.neighbors.append(
        Neighbor(
            address=other.bgp_address,
            asn=other.node.asn,
            node=other.node.name,
            description=description,
            multihop=None if end.is_gateway else _HOPS,
            update_source=end.interface if end.is_gateway else str(end.bgp_address),
            import_map=end.import_map,
            export_map=end.export_map,
            export_prefixes=end.export_prefixes,
        )
    )
