"""Azure's side: virtual networks, their gateways and Microsoft's edge, with Azure's rules as BGP policy.

- A virtual network programs what its gateways learned, ExpressRoute's before VPN's (PATH-2); a peering's own
  route stands before both (PATH-5). Gateways learn its address space from it, whole (PEER-13).
- Nothing passes between the gateways of a virtual network (PATH-8), or from circuit to circuit (PATH-9).
- Microsoft's edge hides private AS numbers from routers: the gateways' (PATH-4) and, it is inferred, those of
  other locations. It replaces the gateways' towards other virtual networks (ASN-16), which it reaches only if
  both sides allow that (ER-17).

The session between a virtual network and its gateways is the lab's own device: in Azure it is no BGP. Its AS
is taken out of every path.
"""

from __future__ import annotations

from itertools import pairwise

from lab.bgp.addressing import gateway_bgp_address, virtual_network_host
from lab.bgp.blueprint import NodeKind, Segment
from lab.bgp.configuration import (
    AsPathList,
    Clause,
    CommunityList,
    Neighbor,
    PrefixList,
    RouteMap,
    StaticRoute,
)
from lab.bgp.draft import Draft, NodeDraft, port_address
from topology import AZURE_GATEWAY_ASN, MICROSOFT_EDGE_ASN, CircuitConnection, LinkName, VirtualNetwork

_PROGRAMMING_ASN = 4200000001
"""Of virtual networks; private (RFC 6996)."""
INNER_TIMERS = (3, 9)
"""How fast Azure notices a loss inside is not known; this is the lab's choice."""

_ATTACHED = CommunityList(name="attached", community="65000:1")
LEARNED = CommunityList(name="learned", community="65000:2")
_FROM_INSTANCE = "65000:3"

_FROM_ROUTER = CommunityList(name="from-router", community="12076:1")
_FROM_GATEWAY = CommunityList(name="from-gateway", community="12076:2")
_OPEN_GATEWAY = CommunityList(name="from-open-gateway", community="12076:3")
_FAR_ROUTER = CommunityList(name="from-far-router", community="12076:4")
_FAR_GATEWAY = CommunityList(name="from-far-gateway", community="12076:5")
_FAR_OPEN_GATEWAY = CommunityList(name="from-far-open-gateway", community="12076:6")
_OVER_GLOBAL_REACH = f"as-path prepend {MICROSOFT_EDGE_ASN} {MICROSOFT_EDGE_ASN}"
"""What an edge tells gateways of another circuit's routes, so that their own come first."""
_FIRST_GATEWAY = 1000

EXCHANGED = CommunityList(name="exchanged", community="65000:4")
"""What Route Server tells a gateway of the other one."""
_THEIR_OWN = AsPathList(name="their-own", expression=f"^({MICROSOFT_EDGE_ASN}_)*{MICROSOFT_EDGE_ASN}$")
"""The path to a virtual network's own prefix: what lies behind it has other numbers, too."""


class AzureSide:
    """Draws Azure's nodes and joins them."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._network = draft.network
        self._numbers = {
            name: _FIRST_GATEWAY + index for index, name in enumerate(self._network.virtual_networks)
        }
        self.virtual_networks = {
            vnet.name: self._virtual_network(vnet) for vnet in self._network.virtual_networks.values()
        }
        self.express_route_gateways = {
            vnet.name: self._express_route_gateway(vnet)
            for vnet in self._network.virtual_networks.values()
            if vnet.express_route_gateway
        }
        self.vpn_gateways = {
            vnet.name: self._vpn_gateway(vnet)
            for vnet in self._network.virtual_networks.values()
            if vnet.vpn_gateway
        }
        self.edges = {
            (circuit, link): self._edge(circuit, link)
            for circuit in self._network.circuits
            for link in LinkName
        }
        self._join_virtual_networks()
        self._join_circuits()

    # --- nodes ---------------------------------------------------------------------------------------

    def _virtual_network(self, vnet: VirtualNetwork) -> NodeDraft:
        node = self._draft.add(NodeKind.VIRTUAL_NETWORK, vnet.name, asn=_PROGRAMMING_ASN)
        own = node.define(PrefixList(name="own", prefixes=vnet.address_space))
        inside = node.define(PrefixList(name="inside", prefixes=vnet.address_space, or_longer=True))
        for kind, preference in (("express-route", 200), ("vpn", 100)):
            node.define(
                RouteMap(
                    name=f"from-{kind}",
                    clauses=(
                        Clause(permits=False, matches=(f"ip address prefix-list {inside}",)),
                        Clause(sets=(f"local-preference {preference}",)),
                    ),
                )
            )
        node.define(
            RouteMap(name="to-gateway", clauses=(Clause(matches=(f"ip address prefix-list {own}",)),))
        )
        node.networks += vnet.address_space
        node.static_routes += [
            StaticRoute(destination=space, via="blackhole") for space in vnet.address_space
        ]
        self._draft.add_host(vnet.name, node, *virtual_network_host(vnet))
        return node

    def _express_route_gateway(self, vnet: VirtualNetwork) -> NodeDraft:
        node = self._draft.add(
            NodeKind.EXPRESS_ROUTE_GATEWAY,
            vnet.name,
            asn=AZURE_GATEWAY_ASN,
            element=f"gateway:{vnet.name}/expressroute",
        )
        _define_gateway_policy(node)
        told = [_ATTACHED]
        if exchanges(vnet):
            told.append(EXCHANGED)
            for item in (EXCHANGED, _OPEN_GATEWAY, _THEIR_OWN):
                node.define(item)
        node.define(
            RouteMap(
                name="to-circuit",
                clauses=tuple(
                    Clause(matches=(f"community {one.name}",), sets=("community none",)) for one in told
                ),
            )
        )
        return node

    def _vpn_gateway(self, vnet: VirtualNetwork) -> tuple[NodeDraft, ...]:
        """Return the gateway's instances, which tell each other by iBGP what their tunnels brought."""
        assert vnet.vpn_gateway is not None
        instances = []
        for number in range(1, vnet.vpn_gateway.instance_count + 1):
            node = self._draft.add(
                NodeKind.VPN_GATEWAY,
                f"{vnet.name}.{number}",
                asn=vnet.vpn_gateway.asn,
                element=f"gateway:{vnet.name}/vpn",
            )
            _define_gateway_policy(node)
            _define_tunnel_policy(node, vnet)
            node.label = gateway_bgp_address(vnet, number)
            if vnet.vpn_gateway.active_active:
                node.instance = f"gateway-instance:{vnet.name}/vpn/{number - 1}"
            instances.append(node)
        for first, second in pairwise(instances):
            self._session(first, second, maps=(("from-instance", "to-instance"),) * 2)
        return tuple(instances)

    def _edge(self, circuit: str, link: LinkName) -> NodeDraft:
        node = self._draft.add(
            NodeKind.MICROSOFT_EDGE,
            f"{circuit}.{link}",
            asn=MICROSOFT_EDGE_ASN,
            element=f"circuit:{circuit}",
            segment=("expressroute", circuit),
        )
        for communities in (
            _FROM_ROUTER,
            _FROM_GATEWAY,
            _OPEN_GATEWAY,
            _FAR_ROUTER,
            _FAR_GATEWAY,
            _FAR_OPEN_GATEWAY,
        ):
            node.define(communities)
        node.define(
            RouteMap(name="from-router", clauses=(Clause(sets=(f"community {_FROM_ROUTER.community}",)),))
        )
        node.define(
            RouteMap(
                name="to-router",
                clauses=(
                    Clause(matches=(f"community {_FROM_GATEWAY.name}",), sets=("community none",)),
                    Clause(matches=(f"community {_FAR_ROUTER.name}",), sets=("community none",)),
                ),
            )
        )
        return node

    # --- sessions ------------------------------------------------------------------------------------

    def _session(
        self,
        first: NodeDraft,
        second: NodeDraft,
        *,
        maps: tuple[tuple[str, str], tuple[str, str]],
        elements: tuple[str, ...] = (),
        segment: Segment | None = None,
        as_override: bool = False,
    ) -> None:
        """Join two nodes and let them speak BGP; `maps` are each one's import and export, first's first."""
        wire = self._draft.join(first, second, elements=elements, segment=segment)
        for node, other, (inbound, outbound) in ((first, second, maps[0]), (second, first, maps[1])):
            assert other.asn is not None
            node.neighbors.append(
                Neighbor(
                    address=port_address(wire, other),
                    asn=other.asn,
                    node=other.name,
                    description=other.name,
                    keepalive_and_hold=INNER_TIMERS,
                    next_hop_self=node.asn == other.asn,
                    import_map=inbound,
                    export_map=outbound,
                    as_override=as_override and node is first,
                )
            )

    def _join_virtual_networks(self) -> None:
        for vnet in self._network.virtual_networks:
            self._attach(vnet, vnet)
        for peering in self._network.peerings.values():
            elements = (f"peering:{peering.name}",)
            segment = ("peering", peering.name)
            hub, spoke = self.virtual_networks[peering.hub], self.virtual_networks[peering.spoke]
            wire = self._draft.join(hub, spoke, elements=elements, segment=segment)
            for node, other, far in ((hub, spoke, peering.spoke), (spoke, hub, peering.hub)):
                node.static_routes += [
                    StaticRoute(destination=space, via=str(port_address(wire, other)))
                    for space in self._network.virtual_networks[far].address_space
                ]
            if peering.gateway_transit:
                self._attach(peering.hub, peering.spoke, elements=elements, segment=segment)

    def _attach(
        self, owner: str, user: str, elements: tuple[str, ...] = (), segment: Segment | None = None
    ) -> None:
        """Let a virtual network use the gateways of another, or its own."""
        gateways = [(gateway, "from-vpn") for gateway in self.vpn_gateways.get(owner, ())]
        if owner in self.express_route_gateways:
            gateways.append((self.express_route_gateways[owner], "from-express-route"))
        for gateway, inbound in gateways:
            self._session(
                gateway,
                self.virtual_networks[user],
                maps=(("from-vnet", "to-vnet"), (inbound, "to-gateway")),
                elements=elements,
                segment=segment,
            )

    def _join_circuits(self) -> None:
        for connection in self._network.connections.values():
            gateway = self.express_route_gateways[connection.virtual_network]
            from_circuit = gateway.define(
                RouteMap(name=f"from-{connection.name}", clauses=self._from_circuit(connection))
            )
            for link in LinkName:
                edge = self.edges[connection.circuit, link]
                from_gateway, to_gateway = self._edge_policy(edge, connection.virtual_network)
                self._session(
                    edge,
                    gateway,
                    maps=((from_gateway, to_gateway), (from_circuit, "to-circuit")),
                    elements=(f"connection:{connection.name}",),
                    as_override=True,
                )
        for reach in self._network.global_reach.values():
            self._join_edges(reach.name, reach.circuits)

    def _from_circuit(self, connection: CircuitConnection) -> tuple[Clause, ...]:
        """Return what a gateway does with a circuit's routes: more weight where Route Server tells some."""
        beside = exchanges(self._network.virtual_networks[connection.virtual_network])
        weight = connection.weight + (1 if beside else 0)
        taken = (f"weight {weight}", f"community {LEARNED.community}")
        if not beside:
            return (Clause(sets=taken),)
        theirs = f"community {_OPEN_GATEWAY.name}"
        return (
            Clause(matches=(theirs, f"as-path {_THEIR_OWN.name}"), sets=taken),
            Clause(permits=False, matches=(theirs,)),
            Clause(sets=taken),
        )

    def _edge_policy(self, edge: NodeDraft, vnet: str) -> tuple[str, str]:
        """Return the edge's import and export map for a virtual network's gateway."""
        gateway = self._network.virtual_networks[vnet].express_route_gateway
        assert gateway is not None
        own = CommunityList(name=f"of-{vnet}", community=f"{MICROSOFT_EDGE_ASN}:{self._numbers[vnet]}")
        edge.define(own)
        communities = [_FROM_GATEWAY.community, own.community]
        told = [
            Clause(matches=(f"community {_FAR_ROUTER.name}",), sets=(_OVER_GLOBAL_REACH,)),
            Clause(matches=(f"community {_FROM_ROUTER.name}",)),
        ]
        if gateway.allow_remote_vnet_traffic:
            communities.append(_OPEN_GATEWAY.community)
            told.append(Clause(matches=(f"community {_FAR_OPEN_GATEWAY.name}",), sets=(_OVER_GLOBAL_REACH,)))
            told.append(Clause(matches=(f"community {_OPEN_GATEWAY.name}",)))
        return (
            edge.define(
                RouteMap(name=f"from-{vnet}", clauses=(Clause(sets=(f"community {' '.join(communities)}",)),))
            ),
            edge.define(
                RouteMap(
                    name=f"to-{vnet}",
                    clauses=(Clause(permits=False, matches=(f"community {own.name}",)), *told),
                )
            ),
        )

    def _join_edges(self, name: str, circuits: tuple[str, str]) -> None:
        """Join two circuits' edges by Global Reach: each tells what its own routers and gateways told it."""
        marks = (
            (_FROM_ROUTER, _FAR_ROUTER),
            (_OPEN_GATEWAY, _FAR_OPEN_GATEWAY),
            (_FROM_GATEWAY, _FAR_GATEWAY),
        )
        for link in LinkName:
            first, second = (self.edges[circuit, link] for circuit in circuits)
            for edge in (first, second):
                edge.define(
                    RouteMap(
                        name="from-global-reach",
                        clauses=tuple(
                            Clause(
                                matches=(f"community {near.name}",),
                                sets=(f"community {far.community} additive", "local-preference 10"),
                            )
                            for near, far in marks
                        ),
                    )
                )
                edge.define(
                    RouteMap(
                        name="to-global-reach",
                        clauses=(
                            Clause(matches=(f"community {_FROM_ROUTER.name}",)),
                            Clause(matches=(f"community {_FROM_GATEWAY.name}",)),
                        ),
                    )
                )
            maps = ("from-global-reach", "to-global-reach")
            self._session(first, second, maps=(maps, maps), elements=(f"global-reach:{name}",))


def exchanges(vnet: VirtualNetwork) -> bool:
    """Whether a Route Server passes routes between both gateways; the loader asks for the rest of ASN-12."""
    server = vnet.route_server
    both = vnet.express_route_gateway is not None and vnet.vpn_gateway is not None
    return both and server is not None and server.branch_to_branch


def _define_gateway_policy(node: NodeDraft) -> None:
    """Define what both kinds of gateway do towards virtual networks."""
    node.define(_ATTACHED)
    node.define(LEARNED)
    sets = (f"as-path exclude {_PROGRAMMING_ASN}", f"community {_ATTACHED.community}")
    node.define(RouteMap(name="from-vnet", clauses=(Clause(sets=sets),)))
    node.define(RouteMap(name="to-vnet", clauses=(Clause(matches=(f"community {LEARNED.name}",)),)))


def _define_tunnel_policy(node: NodeDraft, vnet: VirtualNetwork) -> None:
    """Define what a VPN gateway takes from its tunnels (VPN-9, VPN-10) and tells its other instance."""
    inside = node.define(PrefixList(name="inside", prefixes=vnet.address_space, or_longer=True))
    node.define(
        RouteMap(
            name="from-tunnel",
            clauses=(
                Clause(permits=False, matches=(f"ip address prefix-list {inside}",)),
                Clause(sets=(f"community {LEARNED.community}",)),
            ),
        )
    )
    node.define(RouteMap(name="from-instance", clauses=(Clause(sets=(f"community {_FROM_INSTANCE}",)),)))
    node.define(RouteMap(name="to-instance", clauses=(Clause(matches=(f"community {LEARNED.name}",)),)))
