"""From the network's description to its graph: which nodes there are, and who tells whom.

- What the description disables is an adjacency with an obstacle, so that a report can name it.
- A link without a router is somebody else's: it is joined to the location of that ASN, if there is one.
- A tunnel is one adjacency for each instance of an active-active gateway, or for each two of them (GW-14).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations, product

from routing.elements import (
    ElementKind,
    GatewayKind,
    element_name,
    gateway_element,
    instance_elements,
    link_element,
)
from routing.graph import Graph
from routing.nodes import (
    NO_TERMS,
    Adjacency,
    AdjacencyKind,
    ExpressRouteGatewayNode,
    LanNode,
    MicrosoftEdgeNode,
    Node,
    RouterNode,
    Segment,
    SegmentKind,
    Terms,
    VirtualNetworkNode,
    VpnGatewayNode,
)
from routing.origins import find_origins
from routing.user_routes import user_instructions
from topology import (
    AZURE_GATEWAY_ASN,
    Circuit,
    DefaultInformation,
    Link,
    LinkName,
    Location,
    Network,
    Router,
    Tunnel,
    VirtualNetwork,
)


def build_graph(network: Network) -> Graph:
    """Return the graph of a network in its steady state."""
    return _Construction(network).graph


class _Construction:
    """Nodes by their names, while they are being joined."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.graph = Graph()
        self.virtual_networks = {
            name: VirtualNetworkNode(name=name, prefixes=vnet.address_space)
            for name, vnet in network.virtual_networks.items()
        }
        self.express_route_gateways = {
            vnet.name: node
            for vnet in network.virtual_networks.values()
            if (node := _express_route_gateway(vnet, _local(network, vnet))) is not None
        }
        self.vpn_gateways = {
            vnet.name: gateway
            for vnet in network.virtual_networks.values()
            if (gateway := _vpn_gateway(vnet, _local(network, vnet))) is not None
        }
        self.edges = {
            (circuit.name, link): _microsoft_edge(circuit, link)
            for circuit in network.circuits.values()
            for link in LinkName
        }
        self.routers = {name: _router(network, router) for name, router in network.routers.items()}
        self.lans = _lans(network)
        self.graph.sites = {**self.virtual_networks, **self.lans}
        self._join_virtual_networks()
        self._join_circuits()
        self._join_tunnels()
        self._join_locations()
        self.graph.origins = find_origins(self.graph.sites.values(), self.graph.adjacencies)
        self.graph.instructions = user_instructions(
            network,
            self.graph,
            self.virtual_networks,
            {name: self._gateways(name) for name in network.virtual_networks},
        )

    # --- Azure ---------------------------------------------------------------------------------------

    def _join_virtual_networks(self) -> None:
        for vnet in self.network.virtual_networks.values():
            gateways = self._gateways(vnet.name)
            for gateway in gateways:
                self.graph.join(AdjacencyKind.ATTACHMENT, (gateway, self.virtual_networks[vnet.name]))
            if len(gateways) > 1:
                self._join_gateways(vnet, gateways)
        for peering in self.network.peerings.values():
            hub, spoke = self.virtual_networks[peering.hub], self.virtual_networks[peering.spoke]
            elements = (element_name(ElementKind.PEERING, peering.name),)
            segment = Segment(kind=SegmentKind.PEERING, over=peering.name)
            forwards = Terms(forwards=peering.allow_forwarded_traffic)
            kinds: list[tuple[AdjacencyKind, Node]] = [(AdjacencyKind.PEERING, hub)]
            if peering.gateway_transit:
                kinds += [(AdjacencyKind.ATTACHMENT, gateway) for gateway in self._gateways(hub.name)]
            for kind, end in kinds:
                self.graph.join(
                    kind, (end, spoke), elements=elements, segment=segment, terms=(forwards, forwards)
                )

    def _gateways(self, virtual_network: str) -> list[ExpressRouteGatewayNode | VpnGatewayNode]:
        by_name = (self.express_route_gateways, self.vpn_gateways)
        return [gateways[virtual_network] for gateways in by_name if virtual_network in gateways]

    def _join_gateways(
        self, vnet: VirtualNetwork, gateways: list[ExpressRouteGatewayNode | VpnGatewayNode]
    ) -> None:
        terms = Terms(exchanges=_exchanges(vnet))
        self.graph.join(
            AdjacencyKind.EXCHANGE,
            (gateways[0], gateways[1]),
            elements=(element_name(ElementKind.ROUTE_SERVER, vnet.name),) if vnet.route_server else (),
            terms=(terms, terms),
        )

    def _join_circuits(self) -> None:
        for connection in self.network.connections.values():
            gateway = self.express_route_gateways[connection.virtual_network]
            for link_name in LinkName:
                self.graph.join(
                    AdjacencyKind.CONNECTION,
                    (self.edges[connection.circuit, link_name], gateway),
                    elements=(element_name(ElementKind.CONNECTION, connection.name),),
                    terms=(Terms(weight=connection.weight), NO_TERMS),
                )
        for reach in self.network.global_reach.values():
            first, second = reach.circuits
            for link_name in LinkName:
                self.graph.join(
                    AdjacencyKind.GLOBAL_REACH,
                    (self.edges[first, link_name], self.edges[second, link_name]),
                    elements=(element_name(ElementKind.GLOBAL_REACH, reach.name),),
                )
        for circuit in self.network.circuits.values():
            for link_name, link in circuit.private_peering.links:
                self._join_link(circuit, link_name, link)

    def _join_link(self, circuit: Circuit, link_name: LinkName, link: Link) -> None:
        element = link_element(circuit.name, link_name)
        if link.router:
            router = self.routers[link.router]
            location = self.network.locations[self.network.routers[link.router].location]
        else:
            owner = _owner(self.network, circuit, link)
            if owner is None:
                return
            location = owner
            router = _undescribed_router(element, location)
            self._attach_lan(router, self.lans[location.name], Terms(static=True))
        prefixes = link.advertised_prefixes if link.advertised_prefixes is not None else location.prefixes
        self.graph.join(
            AdjacencyKind.LINK,
            (router, self.edges[circuit.name, link_name]),
            elements=(element,),
            terms=(Terms(advertised=frozenset(prefixes), prepend=link.as_path_prepend), NO_TERMS),
            obstacle=None if link.enabled else f"{element} is disabled",
        )

    # --- VPN -----------------------------------------------------------------------------------------

    def _join_tunnels(self) -> None:
        for tunnel in self.network.tunnels.values():
            other, terms = self._far_end(tunnel)
            for instances in self._instances(tunnel):
                self.graph.join(
                    AdjacencyKind.TUNNEL,
                    (other, self.vpn_gateways[tunnel.virtual_network]),
                    elements=(element_name(ElementKind.TUNNEL, tunnel.name),),
                    instances=instances,
                    segment=Segment(kind=SegmentKind.VPN, over=tunnel.name),
                    terms=(terms, NO_TERMS),
                )

    def _instances(self, tunnel: Tunnel) -> Iterator[tuple[str, ...]]:
        """Yield the instances that each of a tunnel's IPsec tunnels ends on, one or one of each side."""
        ends = (tunnel.virtual_network, tunnel.remote_virtual_network)
        sides = [instance_elements(self.network.virtual_networks[name]) or ("",) for name in ends if name]
        for ended in product(*sides):
            yield tuple(filter(None, ended))

    def _far_end(self, tunnel: Tunnel) -> tuple[RouterNode | VpnGatewayNode, Terms]:
        if (end := tunnel.router) is None:
            assert tunnel.remote_virtual_network  # the loader lets no tunnel pass with neither end
            return self.vpn_gateways[tunnel.remote_virtual_network], NO_TERMS
        location = self.network.locations[self.network.routers[end.name].location]
        prefixes = end.advertised_prefixes if end.advertised_prefixes is not None else location.prefixes
        terms = Terms(advertised=frozenset(prefixes), prepend=end.as_path_prepend)
        return self.routers[end.name], terms

    # --- on premises ---------------------------------------------------------------------------------

    def _join_locations(self) -> None:
        from_lan: dict[str, Adjacency] = {}
        for router in self.network.routers.values():
            lan = self.lans[router.location]
            metric = router.ospf.default_metric if router.ospf else 0
            from_lan[router.name] = self._attach_lan(
                self.routers[router.name],
                lan,
                Terms(
                    metric=metric,
                    static=router.ospf is None,
                    passes_default=bool(
                        router.ospf and router.ospf.default_information is not DefaultInformation.NEVER
                    ),
                ),
                offers_default=bool(
                    router.ospf and router.ospf.default_information is DefaultInformation.ALWAYS
                ),
            )
        speakers = [router for router in self.network.routers.values() if _has_session(self.network, router)]
        for router, other in combinations(speakers, 2):
            if router.location == other.location:
                ends = (self.routers[router.name], self.routers[other.name])
                told = self.graph.join(AdjacencyKind.COMPANION, ends)
                for adjacency, (teller, hearer) in zip(told, ((router, other), (other, router)), strict=True):
                    if teller.lan.address.ip not in hearer.lan.address.network:
                        self.graph.into_lan[adjacency] = from_lan[hearer.name]

    def _attach_lan(
        self, router: RouterNode, lan: LanNode, terms: Terms, *, offers_default: bool = False
    ) -> Adjacency:
        """Join a router and its LAN; return what the router's packets cross into the LAN."""
        to_lan, from_lan = self.graph.join(AdjacencyKind.LAN, (router, lan), terms=(terms, NO_TERMS))
        if offers_default or terms.static:
            self.graph.default_originators.append(to_lan)
        return from_lan


def _local(network: Network, vnet: VirtualNetwork) -> tuple[IPv4Network, ...]:
    """Return the address spaces that a virtual network's gateways serve (PEER-13)."""
    spokes = (
        network.virtual_networks[peering.spoke]
        for peering in network.peerings_by_hub.get(vnet.name, ())
        if peering.gateway_transit
    )
    return tuple(prefix for served in (vnet, *spokes) for prefix in served.address_space)


def _express_route_gateway(
    vnet: VirtualNetwork, local: tuple[IPv4Network, ...]
) -> ExpressRouteGatewayNode | None:
    if (gateway := vnet.express_route_gateway) is None:
        return None
    return ExpressRouteGatewayNode(
        name=f"{vnet.name}'s ExpressRoute gateway",
        element=gateway_element(vnet.name, GatewayKind.EXPRESS_ROUTE),
        allow_remote_vnet_traffic=gateway.allow_remote_vnet_traffic,
        local=local,
        exchanges=_exchanges(vnet),
    )


def _vpn_gateway(vnet: VirtualNetwork, local: tuple[IPv4Network, ...]) -> VpnGatewayNode | None:
    if (gateway := vnet.vpn_gateway) is None:
        return None
    return VpnGatewayNode(
        name=f"{vnet.name}'s VPN gateway",
        element=gateway_element(vnet.name, GatewayKind.VPN),
        asn=gateway.asn,
        local=local,
    )


def _microsoft_edge(circuit: Circuit, link: LinkName) -> MicrosoftEdgeNode:
    return MicrosoftEdgeNode(
        name=f"{circuit.name}'s {link} Microsoft edge",
        element=element_name(ElementKind.CIRCUIT, circuit.name),
        segment=Segment(kind=SegmentKind.EXPRESS_ROUTE, over=circuit.name),
        circuit=circuit.name,
    )


def _router(network: Network, router: Router) -> RouterNode:
    return RouterNode(
        name=router.name,
        element=element_name(ElementKind.ROUTER, router.name),
        asn=network.router_asn(router),
        express_route_local_preference=router.bgp.express_route_local_preference,
        vpn_local_preference=router.bgp.vpn_local_preference,
    )


def _undescribed_router(link: str, location: Location) -> RouterNode:
    return RouterNode(
        name=f"the router that ends {link}",
        asn=location.asn,
        express_route_local_preference=None,
        vpn_local_preference=None,
        described=False,
    )


def _lans(network: Network) -> dict[str, LanNode]:
    parts: dict[str, list[IPv4Network]] = {name: [] for name in network.locations}
    for name, prefixes in _advertised(network):
        parts[name] += prefixes or ()
    return {
        location.name: LanNode(
            name=location.name,
            asn=location.asn,
            prefixes=tuple(dict.fromkeys([*location.prefixes, *parts[location.name]])),
            advertised_whole=location.prefixes,
        )
        for location in network.locations.values()
    }


def _advertised(network: Network) -> Iterator[tuple[str, tuple[IPv4Network, ...] | None]]:
    """Yield each session's own prefixes, with its location: the LAN has to have what one session carries."""
    for circuit, _, link in network.links:
        if link.router:
            yield network.routers[link.router].location, link.advertised_prefixes
        elif link.advertised_prefixes and (owner := _owner(network, circuit, link)):
            yield owner.name, link.advertised_prefixes
    for tunnel in network.tunnels.values():
        if tunnel.router:
            yield network.routers[tunnel.router.name].location, tunnel.router.advertised_prefixes


def _owner(network: Network, circuit: Circuit, link: Link) -> Location | None:
    """Return the location whose own prefixes somebody else's router advertises on a link, if it is clear."""
    same = [site for site in network.locations.values() if site.asn == circuit.private_peering.peer_asn]
    prefixes = link.advertised_prefixes or ()
    fitting = [
        site for site in same if all(any(part.subnet_of(own) for own in site.prefixes) for part in prefixes)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _has_session(network: Network, router: Router) -> bool:
    """Whether a router speaks iBGP with its companions: it must have a session to Azure that is enabled."""
    links = network.router_links(router.name)
    return any(link.enabled for _, _, link in links) or any(network.router_tunnels(router.name))


def _exchanges(vnet: VirtualNetwork) -> bool:
    """Whether a Route Server passes routes between a virtual network's two gateways (ASN-12)."""
    server, gateway = vnet.route_server, vnet.vpn_gateway
    if server is None or gateway is None or not server.branch_to_branch:
        return False
    return gateway.active_active and gateway.asn == AZURE_GATEWAY_ASN
