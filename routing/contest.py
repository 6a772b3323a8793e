"""Which value of the stack file makes traffic take the way it takes, where a node had a choice.

A contest is a decision whose alternatives lead different ways. Azure's own preferences cannot be changed, so
the cause is what the user set, or left unset, at the nearest place that can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Network
from itertools import combinations

from routing.best_path import AS_PATH
from routing.elements import described_at, link_element, read_element
from routing.findings import KeyPath
from routing.forwarding import Decision, Trail
from routing.nodes import (
    AdjacencyKind,
    ExpressRouteGatewayNode,
    LanNode,
    MicrosoftEdgeNode,
    RouterNode,
    VpnGatewayNode,
)
from routing.routes import Protocol, Route
from topology import Network


class Reach(IntEnum):
    """How directly a value decides, the most direct first."""

    INSTRUCTION = 1
    """A user-defined route beats what is learned (PATH-5)."""
    PREFIX = 2
    """A longer prefix beats everything else (PATH-1)."""
    CIRCUITS = 3
    """A router's circuits share its one preference, so that none decides between them (PATH-4)."""
    PREFERENCE = 4
    WEIGHT = 5
    LAN = 6
    LENGTH = 7
    DEVICE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """What a contest comes from, and what to change."""

    reach: Reach
    causes: tuple[KeyPath, ...]
    mend: str


def blames(network: Network, trails: Iterable[Trail]) -> list[Blame]:
    """Return what decided on some trails, the most direct first."""
    decisions = dict.fromkeys(decision for trail in trails for decision in trail.decisions)
    found = (blame for decision in decisions for blame in _blames_of(network, decision))
    return sorted(found, key=lambda blame: blame.reach)


def _blames_of(network: Network, decision: Decision) -> Iterator[Blame]:
    if told := decision.instruction:
        yield Blame(
            reach=Reach.INSTRUCTION,
            causes=(("routeTables", told.table, "routes", told.name),),
            mend=f"Let both directions go {told.leads}, or neither: what comes out of gateways goes by "
            "GatewaySubnet's route table.",
        )
        return
    if overruled(decision):
        yield from blame_prefix(network, decision)
    selection = decision.selection
    contestants = (*selection.routes, *selection.rejected)
    if len({_way(route) for route in contestants}) < 2:  # noqa: PLR2004 (no contest)
        return
    node = decision.node
    if isinstance(node, RouterNode):
        yield from _blame_router(network, node, contestants, selection.routes)
    elif isinstance(node, ExpressRouteGatewayNode):
        yield from _blame_connections(network, contestants, decision)
    elif isinstance(node, LanNode):
        yield from _blame_lan(network, contestants)
    elif isinstance(node, VpnGatewayNode | MicrosoftEdgeNode):
        yield from _blame_tunnels(contestants)


def _way(route: Route) -> tuple[str, ...] | str:
    """Return what tells two ways apart: the element that a route came over, or else its teller."""
    adjacency = route.learned_over
    if adjacency is None:
        return "own"
    if adjacency.kind is AdjacencyKind.ATTACHMENT:  # both gateways lie behind the same peering
        return adjacency.sender.name
    return adjacency.elements or adjacency.sender.name


# --- longer prefixes -------------------------------------------------------------------------------------


def overruled(decision: Decision) -> bool:
    """Whether a longer prefix sends traffic where a shorter one, that is no default, would not."""
    chosen = {_way(route) for route in decision.selection.routes}
    return any(
        prefix.prefixlen and {_way(route) for route in selection.routes} != chosen
        for prefix, selection in decision.shorter
    )


def blame_prefix(network: Network, decision: Decision) -> Iterator[Blame]:
    """Yield the sessions that carry a longer prefix which others do not."""
    causes = tuple(path for path, prefixes in explicit_advertisements(network) if decision.prefix in prefixes)
    if causes:
        yield Blame(
            reach=Reach.PREFIX,
            causes=causes,
            mend=f"Advertise {decision.prefix} on every session of the site, or on none.",
        )


def explicit_advertisements(network: Network) -> Iterator[tuple[KeyPath, tuple[IPv4Network, ...]]]:
    """Yield each session whose prefixes the stack file lists, with its place and the prefixes."""
    for circuit, name, link in network.links:
        if link.advertised_prefixes is not None:
            yield (
                (*described_at(link_element(circuit.name, name)), "advertisedPrefixes"),
                link.advertised_prefixes,
            )
    for tunnel in network.tunnels.values():
        if tunnel.router and tunnel.router.advertised_prefixes is not None:
            yield ("tunnels", tunnel.name, "router", "advertisedPrefixes"), tunnel.router.advertised_prefixes


def blame_prepending(network: Network, location: str) -> Blame | None:
    """Return where a location prepends over ExpressRoute, by which its routes may settle in two ways."""
    links = [
        link_element(circuit.name, name)
        for circuit, name, link in network.links
        if link.as_path_prepend and link.router and network.routers[link.router].location == location
    ]
    if not links:
        return None
    return Blame(
        reach=Reach.LENGTH,
        causes=tuple((*described_at(link), "asPathPrepend") for link in links),
        mend=f"Prepend on {location}'s tunnels as often as on its links, or on no link: Microsoft's edge "
        "then prefers the link, whichever was there first.",
    )


# --- what nodes compare ----------------------------------------------------------------------------------


def _blame_router(
    network: Network, node: RouterNode, routes: Iterable[Route], chosen: Iterable[Route]
) -> Iterator[Blame]:
    kinds = {route.learned_over.kind for route in routes if route.learned_over}
    if not node.described:
        return
    over = [route.learned_over for route in chosen if route.learned_over]
    links = {each.elements[0] for each in over if each.kind is AdjacencyKind.LINK}
    circuits = [name for name in network.circuits if any(read_element(link).owner == name for link in links)]
    if len(circuits) > 1:
        yield _blame_shared_router(network, circuits)
        return
    preference = ("routers", node.name, "bgp", "expressRouteLocalPreference")
    if {AdjacencyKind.TUNNEL, AdjacencyKind.LINK} <= kinds:
        vpn = node.vpn_local_preference
        given = (("routers", node.name, "bgp", "vpnLocalPreference"),) if vpn is not None else ()
        yield Blame(
            reach=Reach.PREFERENCE,
            causes=(preference, *given),
            mend=f"Set expressRouteLocalPreference of {node.name} above {100 if vpn is None else vpn}, "
            "what its VPN has: Azure prefers ExpressRoute, too (PATH-2, PATH-4).",
        )
    elif kinds == {AdjacencyKind.LINK}:
        contesting = dict.fromkeys(route.learned_over.elements[0] for route in routes if route.learned_over)
        yield Blame(
            reach=Reach.DEVICE,
            causes=tuple((*described_at(link), "router") for link in contesting),
            mend=_apart(tuple(dict.fromkeys(read_element(link).owner for link in contesting))),
        )
    elif AdjacencyKind.COMPANION in kinds:
        tunnel = AdjacencyKind.TUNNEL in kinds
        yield Blame(
            reach=Reach.LAN,
            causes=(("routers", node.name, "bgp", "vpnLocalPreference"),) if tunnel else (preference,),
            mend=f"Give {node.name} and the location's other routers different local preferences, in the "
            "order in which Azure prefers what they end.",
        )


def _blame_shared_router(network: Network, circuits: Sequence[str]) -> Blame:
    """Blame that circuits end on the same routers: local preference is set by router, not by circuit."""
    return Blame(
        reach=Reach.CIRCUITS,
        causes=tuple(
            (*described_at(link_element(circuit.name, name)), "router")
            for circuit, name, link in network.links
            if circuit.name in circuits and link.enabled and link.router
        ),
        mend=_apart(circuits),
    )


def _apart(circuits: Sequence[str]) -> str:
    return (
        f"End {' and '.join(circuits)} on routers of their own: a router has one local preference for all "
        "its circuits, and prepending or a connection's weight bears on Azure's choice only. Then give the "
        "routers of one the higher expressRouteLocalPreference, and its connection the higher weight "
        "(PATH-4, ER-13)."
    )


def _blame_connections(network: Network, routes: Iterable[Route], decision: Decision) -> Iterator[Blame]:
    elements = dict.fromkeys(
        route.learned_over.elements[0]
        for route in routes
        if route.learned_over and route.learned_over.kind is AdjacencyKind.CONNECTION
    )
    if len(elements) < 2:  # noqa: PLR2004 (two links of one circuit)
        return
    circuits = [network.connections[read_element(element).name].circuit for element in elements]
    if _share_router(network, circuits):
        yield _blame_shared_router(network, circuits)
        return
    step = decision.selection.step
    by_length = step is not None and step.name == AS_PATH
    yield Blame(
        reach=Reach.LENGTH if by_length else Reach.WEIGHT,
        causes=tuple((*described_at(element), "weight") for element in elements),
        mend="Give one connection the higher weight, and the routers of its circuit the higher local "
        "preference (ER-13).",
    )


def _share_router(network: Network, circuits: Iterable[str]) -> bool:
    ends = [
        {link.router for _, link in network.circuits[name].private_peering.links if link.enabled} - {None}
        for name in circuits
    ]
    return any(first & second for first, second in combinations(ends, 2))


def _blame_lan(network: Network, routes: Iterable[Route]) -> Iterator[Blame]:
    tellers = [route.learned_over.sender for route in routes if route.learned_over]
    routers = [node for node in tellers if isinstance(node, RouterNode) and node.described]
    if not routers:
        return
    if any(route.protocol is Protocol.STATIC for route in routes):
        yield Blame(
            reach=Reach.LAN,
            causes=tuple(("routers", node.name, "lan", "nextHop") for node in routers),
            mend="Let the LAN learn its routes by OSPF (routers.<name>.ospf), so that it follows what works.",
        )
        return
    unset = [node for node in routers if _has_link(network, node) and not node.express_route_local_preference]
    keys = ("bgp", "expressRouteLocalPreference")
    yield Blame(
        reach=Reach.PREFERENCE if unset else Reach.LAN,
        causes=tuple(("routers", node.name, *keys) for node in unset or routers),
        mend="Give the routers' circuits local preferences in the order in which Azure prefers them: the "
        "routers then agree by iBGP, and the LAN sees one way.",
    )


def _has_link(network: Network, node: RouterNode) -> bool:
    return any(link.enabled for _, _, link in network.router_links(node.name))


def _blame_tunnels(routes: Iterable[Route]) -> Iterator[Blame]:
    tunnels = dict.fromkeys(
        route.learned_over.elements[0]
        for route in routes
        if route.learned_over and isinstance(route.learned_over.sender, RouterNode)
        if route.learned_over.kind is AdjacencyKind.TUNNEL
    )
    if len(tunnels) > 1:
        yield Blame(
            reach=Reach.WEIGHT,
            causes=tuple((*described_at(tunnel), "router", "asPathPrepend") for tunnel in tunnels),
            mend="Prepend on the tunnel that is to stand by (VPN-14), and give its router the lower "
            "vpnLocalPreference.",
        )
