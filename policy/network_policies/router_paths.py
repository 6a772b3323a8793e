"""Routers: the ways around a preference for ExpressRoute that are not in its inbound route-map.

What is held back over ExpressRoute comes in over VPN, and a static route wins over BGP.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from network_policies import pages
from network_policies.address_spaces import address_spaces
from network_policies.bgp import MICROSOFT_ASN, VPN_GATEWAY_ASN, Neighbor, neighbors, with_unread
from network_policies.interfaces import (
    StaticRoute,
    azure_tunnels,
    interfaces,
    network_of_route,
    static_routes,
)
from network_policies.prefix_ranges import EVERYTHING, PrefixRange, prefix_lists
from network_policies.resource import NotProvenError
from network_policies.route_filters import Entry, as_path_passes, route_maps
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, each
from network_policies.stack import Stack

_EBGP_DISTANCE = 20

Lines = tuple[Line, ...]


# --- what a router takes ------------------------------------------------------------------------------


def _held_back(case: Case) -> Findings:
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    pairs = [
        (neighbor, rival)
        for neighbor in sessions
        for rival in sessions
        if neighbor.is_expressroute and rival.is_vpn and rival.vrf == neighbor.vrf
    ]

    def judge(pair: tuple[Neighbor, Neighbor]) -> Findings:
        neighbor, rival = pair
        if _inbound_filters(neighbor) <= _inbound_filters(rival):
            return  # VPN has the same filters, or more
        taken, over_vpn = _taken(neighbor, lines), _taken(rival, lines)
        more = [one for one in over_vpn if not any(other.covers(one) for other in taken)]
        if more:
            yield Finding(
                wrong=f"ExpressRoute neighbor {neighbor.address} ({neighbor.place}) is not let in with "
                f"{_spell(more[0])}, VPN neighbor {rival.address} is, so these routes come in over VPN",
                mend="Let both in with the same prefixes",
            )

    yield from each(pairs, judge)


def _spell(what: PrefixRange) -> str:
    return "every prefix" if what.is_everything else str(what)


def _inbound_filters(neighbor: Neighbor) -> frozenset[tuple[str, str]]:
    """Return the filters that hold back, by kind and name; a route-map only sets, where it permits all."""
    return frozenset(
        (kind, name) for (kind, direction), name in neighbor.filters.items() if direction == "in"
    )


def _taken(neighbor: Neighbor, lines: Lines) -> tuple[PrefixRange, ...]:
    """Return the prefixes that a neighbor is let in with.

    Raises:
        NotProvenError: A filter goes by something else than prefixes.
    """
    taken: tuple[PrefixRange, ...] = (EVERYTHING,)
    for kind, name in sorted(_inbound_filters(neighbor)):
        if kind == "prefix-list":
            found = prefix_lists(lines).get(name)
            limit = found.permitted() if found is not None else taken  # undefined: it holds nothing back
        elif kind == "route-map":
            limit = _of_route_map(name, neighbor, lines)
        elif kind == "filter-list" and _passes_all(name, neighbor, lines):
            continue
        else:
            raise NotProvenError(_unclear(f"{kind} {name}", neighbor))
        taken = tuple(
            one if other.covers(one) else other
            for one in taken
            for other in limit
            if other.covers(one) or one.covers(other)
        )
    return taken


def _unclear(what: str, neighbor: Neighbor) -> str:
    return f"whether what {what} keeps out from neighbor {neighbor.address} comes in over VPN, and it alone"


def _passes_all(name: str, neighbor: Neighbor, lines: Lines) -> bool:
    """Whether an AS-path list lets every path in that such a neighbor may tell."""
    other = VPN_GATEWAY_ASN if neighbor.is_expressroute else MICROSOFT_ASN
    asn = neighbor.remote_asn
    paths = (f"{asn}", f"{asn} {other}", f"{asn} {asn}", f"{asn} 64512")
    return all(as_path_passes(name, path, lines) for path in paths)


def _of_route_map(name: str, neighbor: Neighbor, lines: Lines) -> tuple[PrefixRange, ...]:
    entries: tuple[Entry, ...] | None = route_maps(lines).get(name)
    if entries is None:
        return (EVERYTHING,)  # router-reference-defined has its say
    lists = prefix_lists(lines)
    found: list[PrefixRange] = []
    for entry in entries:
        is_plain = entry.matches_by_prefix_only and all(one in lists for one in entry.prefix_lists)
        if not is_plain or (not entry.permits and entry.matches):
            raise NotProvenError(_unclear(f"route-map {name}", neighbor))
        if entry.permits:
            found += [what for one in entry.prefix_lists for what in lists[one].permitted()]
            found += [] if entry.matches else [EVERYTHING]
        if not entry.matches:
            break
    return tuple(found)


# --- static routes ------------------------------------------------------------------------------------


def _static_over_tunnel(case: Case) -> Findings:
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    for route in static_routes(lines):
        has_expressroute = any(one.is_expressroute and one.vrf == route.vrf for one in sessions)
        prefix = network_of_route(route)
        is_default = prefix is not None and prefix.prefixlen == 0  # any other route is longer
        to_peer = route.is_host and route.destination in {neighbor.address for neighbor in sessions}
        if not has_expressroute or is_default or to_peer or route.distance > _EBGP_DISTANCE:
            continue
        if _leads_to_azure(route, lines, case.stack):
            yield Finding(
                wrong=f"the static route to {route.destination} {route.mask} over {route.via[0]} (line "
                f"{route.line}) wins over ExpressRoute, whatever the local preference",
                mend="Take it out, or give it a distance above 20: BGP tells the routes, and only the BGP "
                "peer's own address needs a static route",
            )


def _leads_to_azure(route: StaticRoute, lines: Lines, stack: Stack) -> bool:
    """Whether a route leaves over VPN: by a VPN neighbor's tunnel or address, or any tunnel, to a VNet."""
    words = {word.casefold() for word in route.via}
    vpns = [neighbor for neighbor in neighbors(lines) if neighbor.is_vpn and neighbor.vrf == route.vrf]
    tunnels = azure_tunnels(interfaces(lines))
    used = {vpn.update_source.casefold() for vpn in vpns} & tunnels | set(_tunnels_to(vpns, lines))
    if words & ({vpn.address for vpn in vpns} | used):
        return True
    prefix = network_of_route(route)
    by_tunnel = any(word.startswith("tunnel") for word in words)
    return by_tunnel and prefix is not None and any(True for _ in address_spaces(stack).overlapping(prefix))


def _tunnels_to(vpns: list[Neighbor], lines: Lines) -> Iterator[str]:
    peers = {(vpn.vrf, vpn.address) for vpn in vpns}
    for route in static_routes(lines):
        name = route.via[0].casefold()
        if route.is_host and (route.vrf, route.destination) in peers and name.startswith("tunnel"):
            yield name


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, page=pages.VPN_AS_BACKUP)

RULES = (
    _router(
        name="router-inbound-alike",
        holds="What a router keeps out over ExpressRoute, it keeps out over VPN.",
        sources=("PATH-4",),
        check=with_unread(_held_back),
    ),
    _router(
        name="router-static-over-tunnel",
        holds="No static route over a tunnel takes traffic that ExpressRoute should carry.",
        sources=("PATH-4", "VPN-11"),
        check=with_unread(_static_over_tunnel),
    ),
)
