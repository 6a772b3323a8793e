"""Azure Route Server between the gateways of a virtual network: a route reflector in AS 65515.

- With branch-to-branch on, both gateways are in its AS (ASN-12), so that it speaks iBGP with them and adds
  nothing to AS paths, which is how published tables show its routes (docs/paths.md, "Route tables").
- It forwards no packet: what it tells leads from gateway to gateway, by a wire that is there while it works.
- It tells a gateway what the other one has learned only with branch-to-branch on (PATH-8, ASN-12). Of several
  routes to a prefix it takes ExpressRoute's, its default preference (Microsoft, "Routing preference"), and
  tells that alone.
- What it tells weighs as much as what a VPN gateway's tunnels bring, and less than what comes over a circuit;
  an ExpressRoute gateway beside it takes other virtual networks' own prefixes over a circuit, not what lies
  behind them (published tables; in `azure.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.bgp.azure import EXCHANGED, INNER_TIMERS, LEARNED, AzureSide, exchanges
from lab.bgp.blueprint import NodeKind, Wire
from lab.bgp.configuration import Clause, CommunityList, Neighbor, RouteMap, StaticRoute
from lab.bgp.draft import Draft, NodeDraft, port_address
from lab.bgp.premises import host_length
from topology import AZURE_GATEWAY_ASN, VirtualNetwork

_EXPRESS_ROUTE = CommunityList(name="of-expressroute", community="65000:5")
_VPN = CommunityList(name="of-vpn", community="65000:6")
_PREFERRED = "weight 100"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    """A gateway that a Route Server speaks with."""

    node: NodeDraft
    hop: IPv4Address
    """What it calls itself as the next hop of its routes: the same towards all."""

    @property
    def own(self) -> CommunityList:
        """Marks its routes."""
        return _EXPRESS_ROUTE if self.node.kind is NodeKind.EXPRESS_ROUTE_GATEWAY else _VPN

    @property
    def other(self) -> CommunityList:
        """Marks those that it is told."""
        return _VPN if self.own is _EXPRESS_ROUTE else _EXPRESS_ROUTE


def add_route_server(draft: Draft, azure: AzureSide, vnet: VirtualNetwork) -> None:
    """Draw a virtual network's Route Server, and join its gateways to it."""
    element = f"route-server:{vnet.name}"
    server = draft.add(NodeKind.ROUTE_SERVER, vnet.name, asn=AZURE_GATEWAY_ASN, element=element)
    gateways = list(azure.vpn_gateways.get(vnet.name, ()))
    if express_route_gateway := azure.express_route_gateways.get(vnet.name):
        gateways.append(express_route_gateway)
    clients = [_Client(node=gateway, hop=draft.allotment.label()) for gateway in gateways]
    for client in clients:
        _join(draft, server, client, tells=exchanges(vnet))
    if exchanges(vnet):
        *vpn, express_route = clients
        for client in vpn:
            wire = draft.join(client.node, express_route.node, elements=(element,))
            _lead(client.node, express_route, wire)
            _lead(express_route.node, client, wire)


def _join(draft: Draft, server: NodeDraft, client: _Client, *, tells: bool) -> None:
    node = client.node
    wire = draft.join(server, node)
    _lead(server, client, wire)
    node.loopbacks.append(host_length(client.hop))
    marked = f"community {client.own.community}"
    sets = (marked, _PREFERRED) if client.own is _EXPRESS_ROUTE else (marked,)
    told = Clause(permits=tells, matches=(f"community {client.other.name}",))
    for item in (_EXPRESS_ROUTE, _VPN):
        server.define(item)
    inbound = server.define(RouteMap(name=f"from-{client.own.name}", clauses=(Clause(sets=sets),)))
    outbound = server.define(RouteMap(name=f"to-{client.own.name}", clauses=(told,)))
    server.neighbors.append(_neighbor(wire, node, inbound, outbound, is_client=node.asn == server.asn))
    heard = Clause(sets=(f"community {EXCHANGED.community}",))
    learned = Clause(matches=(f"community {LEARNED.name}",), sets=(f"ip next-hop {client.hop}",))
    inbound = node.define(RouteMap(name="from-route-server", clauses=(heard,)))
    outbound = node.define(RouteMap(name="to-route-server", clauses=(learned,)))
    node.neighbors.append(_neighbor(wire, server, inbound, outbound))


def _neighbor(
    wire: Wire, other: NodeDraft, inbound: str, outbound: str, *, is_client: bool = False
) -> Neighbor:
    assert other.asn is not None
    return Neighbor(
        address=port_address(wire, other),
        asn=other.asn,
        node=other.name,
        description=other.name,
        keepalive_and_hold=INNER_TIMERS,
        import_map=inbound,
        export_map=outbound,
        is_client=is_client,
    )


def _lead(node: NodeDraft, client: _Client, wire: Wire) -> None:
    via = str(port_address(wire, client.node))
    node.static_routes.append(StaticRoute(destination=IPv4Network(client.hop), via=via))
