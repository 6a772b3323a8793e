"""What one node tells another: the export rule of the sender and the import rule of the receiver, together.

- Each kind of adjacency has one function; it returns the receiver's route, a refusal with the rule that
  forbids it, or None where there is nothing to tell (a route would go back where it came from).
- AS paths are as the receiver sees them: a Microsoft edge hides the gateways' private AS (PATH-4, ASN-16).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from routing.graph import (
    Adjacency,
    AdjacencyKind,
    ExpressRouteGatewayNode,
    LanNode,
    MicrosoftEdgeNode,
    RouterNode,
    VpnGatewayNode,
)
from routing.routes import DEFAULT_LOCAL_PREFERENCE, Protocol, Refusal, Route
from topology import AZURE_GATEWAY_ASN, MICROSOFT_EDGE_ASN

Told = Route | Refusal | None


def tell(adjacency: Adjacency, route: Route) -> Told:
    """Return what becomes of a sender's route at the receiver."""
    if route.learned_over is not None and route.learned_over.sender is adjacency.receiver:
        return None
    return _RULES[adjacency.kind](adjacency, route)


# --- inside Azure ----------------------------------------------------------------------------------------


def _attachment(adjacency: Adjacency, route: Route) -> Told:
    """A VNet lends its prefixes to the gateways it uses, and they program what they learned (PEER-13)."""
    if isinstance(adjacency.sender, ExpressRouteGatewayNode | VpnGatewayNode):
        return _learned(adjacency, route, Protocol.EBGP) if route.protocol is Protocol.EBGP else None
    if route.protocol is Protocol.SYSTEM:
        return Refusal(reason="a gateway advertises a peered virtual network only if it uses it (PEER-13)")
    return _learned(adjacency, route, Protocol.ATTACHED) if route.protocol is Protocol.CONNECTED else None


def _peering(adjacency: Adjacency, route: Route) -> Told:
    match route.protocol:
        case Protocol.CONNECTED:
            return _learned(adjacency, route, Protocol.SYSTEM)
        case Protocol.SYSTEM:
            return Refusal(reason="VNet peering is not transitive (PEER-10)")
        case _:
            names = f"{adjacency.receiver.name} does not use {adjacency.sender.name}'s gateways"
            return Refusal(reason=f"{names} (PEER-1)")


def _exchange(adjacency: Adjacency, route: Route) -> Told:
    if route.protocol is not Protocol.EBGP:
        return None
    if not adjacency.terms.exchanges:
        return Refusal(
            reason="nothing passes between a VPN and an ExpressRoute gateway without a Route Server that has "
            "branch-to-branch on and an active-active VPN gateway in AS 65515 (PATH-8, ASN-12)"
        )
    return replace(_learned(adjacency, route, Protocol.EXCHANGED), length_known=False)


# --- ExpressRoute ----------------------------------------------------------------------------------------


def _connection(adjacency: Adjacency, route: Route) -> Told:
    if isinstance(adjacency.sender, ExpressRouteGatewayNode):
        return _from_express_route_gateway(adjacency, route)
    sender, gateway = route.next_hop, adjacency.receiver
    assert isinstance(gateway, ExpressRouteGatewayNode)
    path = route.as_path
    if isinstance(sender, MicrosoftEdgeNode):
        return Refusal(reason="Global Reach joins on-premises locations, not virtual networks (ER-16)")
    if isinstance(sender, ExpressRouteGatewayNode):
        for end in (sender, gateway):
            if not end.allow_remote_vnet_traffic:
                return Refusal(reason=f"{end.name} does not allow remote virtual networks' traffic (ER-17)")
        path = _with_private_replaced(path)
    return replace(
        _learned(adjacency, route, Protocol.EBGP),
        as_path=(MICROSOFT_EDGE_ASN, *path),
        weight=adjacency.terms.weight,
    )


def _from_express_route_gateway(adjacency: Adjacency, route: Route) -> Told:
    if route.protocol is Protocol.EBGP:
        return Refusal(reason="an ExpressRoute gateway passes nothing from one circuit to another (PATH-9)")
    return replace(
        _learned(adjacency, route, Protocol.EBGP),
        as_path=(AZURE_GATEWAY_ASN, *route.as_path),
    )


def _link(adjacency: Adjacency, route: Route) -> Told:
    if isinstance(adjacency.sender, RouterNode):
        return _from_router(adjacency, adjacency.sender, route)
    router = adjacency.receiver
    assert isinstance(router, RouterNode)
    path = _without_private(route.as_path)
    preference = router.express_route_local_preference
    return _into_router(adjacency, route, (MICROSOFT_EDGE_ASN, *path), preference)


def _global_reach(adjacency: Adjacency, route: Route) -> Told:
    """Each edge tells the other what its own on-premises router told it.

    That the primary edges speak with each other, and the secondary ones, is inferred from the /29 that
    Global Reach takes, two /30; nobody documents the AS path that results.
    """
    if not isinstance(route.next_hop, RouterNode):
        return Refusal(reason="Global Reach joins on-premises locations, not virtual networks (ER-16)")
    told = _learned(adjacency, route, Protocol.EBGP)
    return replace(told, as_path=(MICROSOFT_EDGE_ASN, *route.as_path), length_known=False)


def _with_private_replaced(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(MICROSOFT_EDGE_ASN if asn == AZURE_GATEWAY_ASN else asn for asn in path)


def _without_private(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(asn for asn in path if asn != AZURE_GATEWAY_ASN)


# --- VPN -------------------------------------------------------------------------------------------------


def _tunnel(adjacency: Adjacency, route: Route) -> Told:
    if isinstance(adjacency.sender, RouterNode):
        told = _from_router(adjacency, adjacency.sender, route)
        return _into_vpn_gateway(adjacency, told) if isinstance(told, Route) else told
    gateway = adjacency.sender
    assert isinstance(gateway, VpnGatewayNode)
    path = (gateway.asn, *route.as_path)
    if isinstance(adjacency.receiver, RouterNode):
        return _into_router(adjacency, route, path, adjacency.receiver.vpn_local_preference)
    told = replace(_learned(adjacency, route, Protocol.EBGP), as_path=path, length_known=route.length_known)
    return _into_vpn_gateway(adjacency, told)


def _into_vpn_gateway(adjacency: Adjacency, route: Route) -> Told:
    """Refuse a loop. No site's prefix lies in another's, so VPN-9 has nothing to refuse here."""
    gateway = adjacency.receiver
    assert isinstance(gateway, VpnGatewayNode)
    if gateway.asn in route.as_path:
        return Refusal(reason=f"{gateway.name} finds its own AS {gateway.asn} in the AS path (ASN-16)")
    return route


# --- routers and LANs ------------------------------------------------------------------------------------


def _from_router(adjacency: Adjacency, router: RouterNode, route: Route) -> Told:
    if route.protocol is not Protocol.ATTACHED:
        return Refusal(reason=f"{router.name} advertises its own location's prefixes only")
    if route.prefix not in adjacency.terms.advertised:
        return Refusal(reason=f"{router.name} does not advertise {route.prefix} here")
    return replace(
        _learned(adjacency, route, Protocol.EBGP),
        as_path=(router.asn,) * (1 + adjacency.terms.prepend),
    )


def _into_router(
    adjacency: Adjacency, route: Route, path: tuple[int, ...], local_preference: int | None
) -> Told:
    router = adjacency.receiver
    assert isinstance(router, RouterNode)
    if router.asn in path:
        return Refusal(reason=f"{router.name} finds its own AS {router.asn} in the AS path (RFC 4271, 9.1.2)")
    preference = DEFAULT_LOCAL_PREFERENCE if local_preference is None else local_preference
    return replace(_learned(adjacency, route, Protocol.EBGP), as_path=path, local_preference=preference)


def _companion(adjacency: Adjacency, route: Route) -> Told:
    """By iBGP a router tells what eBGP told it, with its own preference (RFC 4271, 9.2)."""
    if route.protocol is not Protocol.EBGP:
        return None
    told = _learned(adjacency, route, Protocol.IBGP)
    return replace(told, local_preference=route.local_preference)


def _lan(adjacency: Adjacency, route: Route) -> Told:
    """A router redistributes eBGP's routes into OSPF, and knows the LAN's prefixes from it.

    IOS redistributes no iBGP route unless told so; that this holds inside a VRF, too, is taken for granted
    here, but Cisco's pages do not confirm it. With `capability vrf-lite` there would be no doubt: without it
    OSPF's down bit hides the other router's route, whose distance of 110 beats iBGP's of 200.
    """
    if isinstance(adjacency.sender, LanNode):
        return _learned(adjacency, route, Protocol.ATTACHED) if route.protocol is Protocol.CONNECTED else None
    lan = adjacency.receiver
    assert isinstance(lan, LanNode)
    if route.protocol is not Protocol.EBGP or adjacency.terms.static:
        return None
    if route.prefix not in lan.importable:
        return Refusal(reason=f"{adjacency.sender.name} lets only other sites' own prefixes into OSPF")
    return replace(_learned(adjacency, route, Protocol.OSPF), metric=adjacency.terms.metric)


def offered_default(adjacency: Adjacency, route: Route) -> Route:
    """Return the default route that a router offers its LAN, by OSPF or as the LAN's static route to it.

    A LAN without OSPF needs some way to its routers. The stack file does not describe it, so it is taken
    to be a static default route to each of them.
    """
    protocol = Protocol.STATIC if adjacency.terms.static else Protocol.OSPF
    return replace(_learned(adjacency, route, protocol), metric=adjacency.terms.metric)


def _learned(adjacency: Adjacency, route: Route, protocol: Protocol) -> Route:
    return Route(
        prefix=route.prefix,
        protocol=protocol,
        learned_over=adjacency,
        as_path=route.as_path,
        length_known=route.length_known,
    )


_RULES: dict[AdjacencyKind, Callable[[Adjacency, Route], Told]] = {
    AdjacencyKind.ATTACHMENT: _attachment,
    AdjacencyKind.PEERING: _peering,
    AdjacencyKind.EXCHANGE: _exchange,
    AdjacencyKind.CONNECTION: _connection,
    AdjacencyKind.LINK: _link,
    AdjacencyKind.GLOBAL_REACH: _global_reach,
    AdjacencyKind.TUNNEL: _tunnel,
    AdjacencyKind.COMPANION: _companion,
    AdjacencyKind.LAN: _lan,
}
