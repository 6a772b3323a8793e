"""What one node tells another: the export rule of the sender and the import rule of the receiver, together.

- Each kind of adjacency has one function; it returns the receiver's route, a refusal with the rule that
  forbids it, or None where there is nothing to tell (a route would go back where it came from).
- What depends on the prefix itself is asked first, by `prefix_rule`; all else is the same for every prefix.
- AS paths are as the receiver sees them: a Microsoft edge hides private numbers from routers (PATH-4) and
  puts its own in their place towards gateways (ASN-16).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from routing.nodes import (
    Adjacency,
    AdjacencyKind,
    ExpressRouteGatewayNode,
    LanNode,
    MicrosoftEdgeNode,
    Node,
    RouterNode,
    VirtualNetworkNode,
    VpnGatewayNode,
)
from routing.origins import Origin
from routing.routes import (
    DEFAULT_LOCAL_PREFERENCE,
    GLOBAL_REACH_LOCAL_PREFERENCE,
    OWN_PRIVATE_AS,
    OWN_PUBLIC_AS,
    Protocol,
    Refusal,
    Route,
)
from topology import AZURE_GATEWAY_ASN, MICROSOFT_EDGE_ASN

Told = Route | Refusal | None


def tell(adjacency: Adjacency, route: Route, origin: Origin) -> Told:
    """Return what becomes of a sender's route to a prefix at the receiver."""
    rule = prefix_rule(adjacency)
    return (rule(adjacency, route, origin) if rule else None) or tell_any(adjacency, route)


def may_pass(adjacency: Adjacency, protocol: Protocol) -> bool:
    """Whether an adjacency could tell any route of a kind: the others need not be asked."""
    return protocol in _PASSING.get((adjacency.kind, type(adjacency.sender)), ())


def tell_any(adjacency: Adjacency, route: Route) -> Told:
    """Return the same for a prefix that nothing refuses."""
    if route.learned_over is not None and route.learned_over.sender is adjacency.receiver:
        return None
    return _RULES[adjacency.kind](adjacency, route)


PrefixRule = Callable[[Adjacency, Route, Origin], Refusal | None]
"""Why a prefix may not pass, whatever its route; None if it may."""


def prefix_rule(adjacency: Adjacency) -> PrefixRule | None:
    """Return what looks at prefixes on an adjacency; None if nothing does."""
    if isinstance(adjacency.sender, LanNode):
        return None
    return _PREFIX_RULES.get(adjacency.kind)


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
    """Route Server reflects what one gateway learned to the other, with the AS path as it is."""
    if route.protocol is not Protocol.EBGP:
        return None
    if not adjacency.terms.exchanges:
        return Refusal(
            reason="nothing passes between a VPN and an ExpressRoute gateway without a Route Server that has "
            "branch-to-branch on and an active-active VPN gateway in AS 65515 (PATH-8, ASN-12)"
        )
    return _learned(adjacency, route, Protocol.EXCHANGED)


# --- ExpressRoute ----------------------------------------------------------------------------------------


def _connection(adjacency: Adjacency, route: Route) -> Told:
    if isinstance(adjacency.sender, ExpressRouteGatewayNode):
        return _from_express_route_gateway(adjacency, adjacency.sender, route)
    gateway, path = adjacency.receiver, route.as_path
    assert isinstance(gateway, ExpressRouteGatewayNode)
    if remote := route.entered_at:
        assert isinstance(remote, ExpressRouteGatewayNode)
        for end in (remote, gateway):
            if not end.allow_remote_vnet_traffic:
                return Refusal(reason=f"{end.name} does not allow remote virtual networks' traffic (ER-17)")
        if gateway.exchanges and len(path) > 1:
            return Refusal(
                reason=f"{gateway.name}, joined to a Route Server, takes only other virtual networks' own "
                "prefixes, not what lies behind them (as published tables show)"
            )
        path = tuple(MICROSOFT_EDGE_ASN if asn == AZURE_GATEWAY_ASN else asn for asn in path)
    if isinstance(route.next_hop, MicrosoftEdgeNode):
        path = (MICROSOFT_EDGE_ASN, MICROSOFT_EDGE_ASN, *path)
    return replace(
        _learned(adjacency, route, Protocol.EBGP),
        as_path=(MICROSOFT_EDGE_ASN, *path),
        weight=adjacency.terms.weight,
        entered_at=None,
    )


def _from_express_route_gateway(adjacency: Adjacency, gateway: ExpressRouteGatewayNode, route: Route) -> Told:
    if route.protocol is Protocol.EBGP:
        return Refusal(reason="an ExpressRoute gateway passes nothing from one circuit to another (PATH-9)")
    return replace(
        _learned(adjacency, route, Protocol.EBGP),
        as_path=(AZURE_GATEWAY_ASN, *route.as_path),
        entered_at=gateway,
    )


def _link(adjacency: Adjacency, route: Route) -> Told:
    if isinstance(adjacency.sender, RouterNode):
        return _from_router(adjacency, adjacency.sender, route)
    router = adjacency.receiver
    assert isinstance(router, RouterNode)
    loop = _loop(router, route.as_path)
    path = (MICROSOFT_EDGE_ASN, *(asn for asn in route.as_path if not _is_hidden(asn)))
    return loop or _into_router(adjacency, route, path, router.express_route_local_preference)


def _global_reach(adjacency: Adjacency, route: Route) -> Told:
    """Edges of two circuits speak iBGP: each tells what its own routers and gateways told it.

    So locations and virtual networks of both circuits reach each other, as the pings between all four show in
    Microsoft, "ExpressRoute Global Reach application scenario"; and nothing passes over two Global Reaches.
    That the primary edges speak with each other, and the secondary ones, follows from its /29, two /30.
    """
    if isinstance(route.next_hop, MicrosoftEdgeNode):
        return Refusal(reason="Global Reach is not transitive: each two circuits need their own (ER-16)")
    told = _learned(adjacency, route, Protocol.IBGP)
    return replace(told, local_preference=GLOBAL_REACH_LOCAL_PREFERENCE, entered_at=route.entered_at)


_PRIVATE = (range(64512, 65535), range(4200000000, 4294967295))
"""Private AS numbers (RFC 6996)."""


def _is_hidden(asn: int) -> bool:
    """Whether a Microsoft edge takes an AS number out of what it tells a router."""
    return asn == OWN_PRIVATE_AS or any(asn in numbers for numbers in _PRIVATE)


# --- VPN -------------------------------------------------------------------------------------------------


def _tunnel(adjacency: Adjacency, route: Route) -> Told:
    if isinstance(adjacency.sender, RouterNode):
        return _from_router(adjacency, adjacency.sender, route)
    gateway = adjacency.sender
    assert isinstance(gateway, VpnGatewayNode)
    path = (gateway.asn, *route.as_path)
    if isinstance(adjacency.receiver, RouterNode):
        return _loop(adjacency.receiver, path) or _into_router(
            adjacency, route, path, adjacency.receiver.vpn_local_preference
        )
    assert isinstance(adjacency.receiver, VpnGatewayNode)
    told = replace(_learned(adjacency, route, Protocol.EBGP), as_path=path)
    return _loop(adjacency.receiver, path) or told


def _loop(node: VpnGatewayNode | RouterNode, path: tuple[int, ...]) -> Refusal | None:
    """Return a refusal if a BGP speaker finds itself in an AS path.

    A Microsoft edge hides no private number from a router in whose own AS a path has been: IOS's
    `remove-private-as` leaves such a path as it is, so that the router refuses it here, too.
    """
    if node.asn not in path:
        return None
    rule = "ASN-16" if isinstance(node, VpnGatewayNode) else "RFC 4271, 9.1.2"
    return Refusal(reason=f"{node.name} finds its own AS {node.asn} in the AS path ({rule})")


# --- routers and LANs ------------------------------------------------------------------------------------


def _from_router(adjacency: Adjacency, router: RouterNode, route: Route) -> Told:
    """A router tells its own location's prefixes. A session's other end sees no AS but the router's."""
    if route.protocol is not Protocol.ATTACHED:
        return Refusal(reason=f"{router.name} advertises its own location's prefixes only")
    own = OWN_PRIVATE_AS if _is_hidden(router.asn) else OWN_PUBLIC_AS
    path = (own,) * (1 + adjacency.terms.prepend)
    return replace(_learned(adjacency, route, Protocol.EBGP), as_path=path)


def _into_router(
    adjacency: Adjacency, route: Route, path: tuple[int, ...], local_preference: int | None
) -> Route:
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

    IOS redistributes no iBGP route unless told so. Cisco's pages do not confirm that for a VRF; but routers
    are rendered with `capability vrf-lite`, so that the companion's route is taken from OSPF, whose distance
    of 110 beats iBGP's of 200, and what is not in the routing table is not redistributed.
    """
    if isinstance(adjacency.sender, LanNode):
        return _learned(adjacency, route, Protocol.ATTACHED) if route.protocol is Protocol.CONNECTED else None
    if route.protocol is not Protocol.EBGP or adjacency.terms.static:
        return None
    return replace(_learned(adjacency, route, Protocol.OSPF), metric=adjacency.terms.metric)


def offered_default(adjacency: Adjacency) -> Route:
    """Return the default route that a router offers its LAN, by OSPF or as the LAN's static route to it.

    A LAN without OSPF needs some way to its routers. The stack file does not describe it, so it is taken
    to be a static default route to each of them.
    """
    protocol = Protocol.STATIC if adjacency.terms.static else Protocol.OSPF
    return Route(protocol=protocol, learned_over=adjacency, metric=adjacency.terms.metric)


def _learned(adjacency: Adjacency, route: Route, protocol: Protocol) -> Route:
    return Route(protocol=protocol, learned_over=adjacency, as_path=route.as_path)


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


_PASSING: dict[tuple[AdjacencyKind, type[Node]], tuple[Protocol, ...]] = {
    (AdjacencyKind.ATTACHMENT, ExpressRouteGatewayNode): (Protocol.EBGP,),
    (AdjacencyKind.ATTACHMENT, VpnGatewayNode): (Protocol.EBGP,),
    (AdjacencyKind.ATTACHMENT, VirtualNetworkNode): (Protocol.CONNECTED,),
    (AdjacencyKind.PEERING, VirtualNetworkNode): (Protocol.CONNECTED,),
    (AdjacencyKind.EXCHANGE, ExpressRouteGatewayNode): (Protocol.EBGP,),
    (AdjacencyKind.EXCHANGE, VpnGatewayNode): (Protocol.EBGP,),
    (AdjacencyKind.CONNECTION, ExpressRouteGatewayNode): (Protocol.ATTACHED, Protocol.EXCHANGED),
    (AdjacencyKind.CONNECTION, MicrosoftEdgeNode): (Protocol.EBGP, Protocol.IBGP),
    (AdjacencyKind.LINK, MicrosoftEdgeNode): (Protocol.EBGP, Protocol.IBGP),
    (AdjacencyKind.LINK, RouterNode): (Protocol.ATTACHED,),
    (AdjacencyKind.GLOBAL_REACH, MicrosoftEdgeNode): (Protocol.EBGP,),
    (AdjacencyKind.TUNNEL, VpnGatewayNode): (
        Protocol.ATTACHED,
        Protocol.EBGP,
        Protocol.EXCHANGED,
    ),
    (AdjacencyKind.TUNNEL, RouterNode): (Protocol.ATTACHED,),
    (AdjacencyKind.COMPANION, RouterNode): (Protocol.EBGP,),
    (AdjacencyKind.LAN, RouterNode): (Protocol.EBGP,),
    (AdjacencyKind.LAN, LanNode): (Protocol.CONNECTED,),
}
"""What each rule above tells at all, by who tells; a test holds the two together."""


# --- what depends on the prefix --------------------------------------------------------------------------


def _prefix_over_connection(adjacency: Adjacency, _: Route, origin: Origin) -> Refusal | None:
    return _inside(adjacency.receiver, origin) if isinstance(adjacency.sender, MicrosoftEdgeNode) else None


def _prefix_over_link(adjacency: Adjacency, route: Route, origin: Origin) -> Refusal | None:
    if isinstance(adjacency.sender, RouterNode):
        return _not_listed(adjacency, route, origin)
    return _own_loop(adjacency, route, origin)


def _prefix_over_tunnel(adjacency: Adjacency, route: Route, origin: Origin) -> Refusal | None:
    sender = adjacency.sender
    if isinstance(sender, VpnGatewayNode):
        refused = _not_passed_on(sender, route, origin)
    else:
        refused = _not_listed(adjacency, route, origin)
    return refused or _own_loop(adjacency, route, origin) or _inside(adjacency.receiver, origin)


def _own_loop(adjacency: Adjacency, route: Route, origin: Origin) -> Refusal | None:
    """Return a refusal if the receiver is in the AS that the prefix itself comes from."""
    receiver, sender = adjacency.receiver, adjacency.sender
    assert isinstance(receiver, VpnGatewayNode | RouterNode)
    if receiver.asn not in origin.asns:
        return None
    if isinstance(sender, RouterNode):
        return _loop(receiver, (sender.asn,))
    return _loop(receiver, origin.as_path(route))


def _not_listed(adjacency: Adjacency, route: Route, origin: Origin) -> Refusal | None:
    """A router's outbound prefix list permits what it advertises on a session, and nothing else."""
    if route.protocol is not Protocol.ATTACHED or origin.prefix in adjacency.terms.advertised:
        return None
    return Refusal(reason=f"{adjacency.sender.name} does not advertise {origin.prefix} here")


def _not_passed_on(gateway: VpnGatewayNode, route: Route, origin: Origin) -> Refusal | None:
    """A VPN gateway passes on neither the default route nor what overlaps its virtual networks (VPN-10)."""
    if route.protocol is Protocol.ATTACHED:
        return None
    if origin.is_default:
        return Refusal(reason=f"{gateway.name} passes no default route on (VPN-10)")
    if origin.overlaps and any(origin.prefix.overlaps(space) for space in gateway.local):
        return Refusal(reason=f"{gateway.name} does not pass on what overlaps its virtual networks (VPN-10)")
    return None


def _inside(node: object, origin: Origin) -> Refusal | None:
    """A gateway learns nothing that lies inside its own VNet or a spoke that uses it.

    VPN gateways: VPN-9. ExpressRoute gateways do the same (Microsoft, "Virtual network traffic routing": a
    virtual network's routes come before more specific ones from BGP; their log calls it DropLocalSubnets).
    """
    if not isinstance(node, ExpressRouteGatewayNode | VpnGatewayNode) or not origin.overlaps:
        return None
    if any(origin.prefix.subnet_of(space) for space in node.local):
        return Refusal(reason=f"{node.name} takes nothing inside its own virtual networks (VPN-9, PATH-5)")
    return None


def _prefix_into_lan(adjacency: Adjacency, _: Route, origin: Origin) -> Refusal | None:
    router = adjacency.sender
    if adjacency.terms.static:
        return None
    if origin.is_default:  # IOS redistributes no default route (`redistribute` in IP Routing: OSPF)
        passes = adjacency.terms.passes_default
        return None if passes else Refusal(reason=f"{router.name} offers its LAN no default route")
    if origin.is_whole:
        return None
    return Refusal(reason=f"{router.name} lets only other sites' own prefixes into OSPF")


_PREFIX_RULES: dict[AdjacencyKind, PrefixRule] = {
    AdjacencyKind.CONNECTION: _prefix_over_connection,
    AdjacencyKind.LINK: _prefix_over_link,
    AdjacencyKind.TUNNEL: _prefix_over_tunnel,
    AdjacencyKind.LAN: _prefix_into_lan,
}
