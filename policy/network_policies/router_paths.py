"""Routers: the ways around a preference for ExpressRoute that are not in its inbound route-map.

A longer prefix wins before any preference counts, a static route wins over BGP, and what is held back over
ExpressRoute comes in over VPN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import IPv4Network
from typing import NamedTuple

from network_policies import pages
from network_policies.azure_types import prefix_of
from network_policies.bgp import Neighbor, neighbors
from network_policies.interfaces import network_of_route, static_routes
from network_policies.route_filters import Entry, prefix_lists, route_maps
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule
from network_policies.stack import NotProvenError

_EBGP_DISTANCE = 20
_NETWORK = re.compile(r"network (\S+)(?: mask (\S+))?", re.IGNORECASE)
_RANGE = re.compile(r"(?P<prefix>\S+)(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?$", re.IGNORECASE)

_Lists = Mapping[str, tuple[tuple[bool, str], ...]]


class Permitted(NamedTuple):
    """Prefixes that a list lets pass: those inside one, of some lengths."""

    prefix: IPv4Network
    shortest: int
    longest: int

    def covers(self, other: Permitted) -> bool:
        """Whether whatever the other lets pass passes here too."""
        return (
            other.prefix.subnet_of(self.prefix)
            and self.shortest <= other.shortest
            and other.longest <= self.longest
        )


def permitted(what: str) -> Permitted | None:
    """Read a prefix-list entry's prefix and lengths, None if it is none.

    >>> permitted("10.0.0.0/8 le 24").longest
    24
    """
    match = _RANGE.match(what)
    prefix = prefix_of(match["prefix"]) if match else None
    if match is None or prefix is None:
        return None
    shortest = int(match["ge"] or prefix.prefixlen)
    longest = int(match["le"] or (32 if match["ge"] else shortest))
    return Permitted(prefix, shortest, longest)


def _rivals(sessions: tuple[Neighbor, ...]) -> Iterator[tuple[Neighbor, list[Neighbor]]]:
    """Yield each ExpressRoute neighbor that has VPN neighbors in its table, with these."""
    for neighbor in sessions:
        rivals = [other for other in sessions if other.is_vpn and other.vrf == neighbor.vrf]
        if neighbor.is_expressroute and rivals:
            yield neighbor, rivals


# --- what Azure is told -------------------------------------------------------------------------------


def _outbound(neighbor: Neighbor, lines: tuple[Line, ...]) -> list[Permitted] | None:
    """Return what a neighbor is told of, None if no prefix-list says so.

    Denying entries only make it less.
    """
    lists, maps = prefix_lists(lines), route_maps(lines)
    name = neighbor.filters.get(("prefix-list", "out"))
    if name is not None and name in lists:
        names = [name]
    else:
        names = _matched(maps.get(neighbor.filters.get(("route-map", "out"), ""), ()))
    if not names:
        return None
    entries = [what for one in names for permits, what in lists.get(one, ()) if permits]
    return [found for what in entries if (found := permitted(what)) is not None]


def _matched(entries: tuple[Entry, ...]) -> list[str]:
    """Return the prefix-lists that a route-map permits by, none if an entry permits by something else."""
    names: list[str] = []
    for entry in entries:
        if not entry.permits:
            continue
        lists = [match.split()[3:] for match in entry.matches if match.startswith("ip address prefix-list ")]
        if not lists:
            return []
        names += [name for several in lists for name in several]
    return names


def _more_specific(case: Case) -> Findings:
    lines = router_lines(case.resource)
    for neighbor, rivals in _rivals(neighbors(lines)):
        over_expressroute = _outbound(neighbor, lines)
        for rival in rivals:
            over_vpn = _outbound(rival, lines)
            if over_expressroute is None or over_vpn is None:
                continue  # without a filter, router-outbound-filter has its say
            for longer in over_vpn:
                shorter = _shorter(longer, over_expressroute)
                if shorter is not None:
                    yield Finding(
                        wrong=f"VPN neighbor {rival.address} is told of {_spell(longer)}, ExpressRoute "
                        "neighbor "
                        f"{neighbor.address} of {_spell(shorter)} only, so Azure sends this traffic over VPN",
                        mend="Tell both of the same prefixes",
                    )


def _shorter(longer: Permitted, others: list[Permitted]) -> Permitted | None:
    """Return what is told of the same addresses in shorter prefixes; None if it is told of them alike."""
    if any(other.covers(longer) for other in others):
        return None
    around = [other for other in others if longer.prefix.overlaps(other.prefix)]
    return min(around, key=lambda other: other.shortest) if around else None


def _spell(what: Permitted) -> str:
    if what.longest == what.prefix.prefixlen:
        return str(what.prefix)
    return f"{what.prefix} up to /{what.longest}"


def _networks_told(case: Case) -> Findings:
    """Find a site's prefix that a filter holds back over ExpressRoute."""
    lines = router_lines(case.resource)
    for neighbor in neighbors(lines):
        told = _outbound(neighbor, lines) if neighbor.is_expressroute else None
        for prefix, line in _networks(lines, neighbor) if told is not None else ():
            exact = Permitted(prefix, prefix.prefixlen, prefix.prefixlen)
            if not any(other.covers(exact) for other in told or ()):
                yield Finding(
                    wrong=f'"network {prefix}" (line {line}) is held back by the outbound filter of '
                    f"ExpressRoute neighbor {neighbor.address}",
                    mend=f"Add {prefix} to the filter, or take the network out",
                )


def _networks(lines: tuple[Line, ...], neighbor: Neighbor) -> Iterator[tuple[IPv4Network, int]]:
    for line in lines:
        match = _NETWORK.match(line.text)
        in_table = _vrf_of(line.subsection) == neighbor.vrf
        if match and match[2] and in_table and line.section.casefold().startswith("router bgp "):
            prefix = prefix_of(f"{match[1]}/{match[2]}")
            if prefix is not None:
                yield prefix, line.number


def _vrf_of(address_family: str) -> str:
    return address_family.rpartition(" vrf ")[2] if " vrf " in address_family.casefold() else ""


# --- what a router takes ------------------------------------------------------------------------------


def _held_back(case: Case) -> Findings:
    lines = router_lines(case.resource)
    lists, maps = prefix_lists(lines), route_maps(lines)
    for neighbor, rivals in _rivals(neighbors(lines)):
        for kind, name in _inbound(neighbor):
            if kind == "route-map":
                _refuse_selective(name, maps.get(name, ()), neighbor)
            elif name in lists or kind != "prefix-list":
                open_ones = [rival for rival in rivals if (kind, name) not in _inbound(rival)]
                for rival in open_ones:
                    yield Finding(
                        wrong=f"{kind} {name} holds routes back over ExpressRoute neighbor "
                        f"{neighbor.address}, "
                        f"and not over VPN neighbor {rival.address}, so they come in over VPN",
                        mend=f'Set "neighbor {rival.address} {kind} {name} in" too, or take it off both',
                    )


def _inbound(neighbor: Neighbor) -> list[tuple[str, str]]:
    return [(kind, name) for (kind, direction), name in neighbor.filters.items() if direction == "in"]


def _refuse_selective(name: str, entries: tuple[Entry, ...], neighbor: Neighbor) -> None:
    """Raise NotProvenError for a route-map that lets some routes in only."""
    lets_all_in = any(entry.permits and not entry.matches for entry in entries)
    denies = any(not entry.permits and entry.matches for entry in entries)
    if entries and (denies or not lets_all_in):
        raise NotProvenError(
            f"whether what route-map {name} keeps out over ExpressRoute neighbor {neighbor.address} comes in "
            "over VPN"
        )


def _static_over_tunnel(case: Case) -> Findings:
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    peers = {neighbor.address for neighbor in sessions}
    for route in static_routes(lines):
        if not any(neighbor.is_expressroute and neighbor.vrf == route.vrf for neighbor in sessions):
            continue
        prefix = network_of_route(route)
        is_default = prefix is not None and prefix.prefixlen == 0  # any other route is longer
        to_peer = route.is_host and route.destination in peers
        by_tunnel = route.via[0].casefold().startswith("tunnel")
        if by_tunnel and not is_default and not to_peer and route.distance <= _EBGP_DISTANCE:
            yield Finding(
                wrong=f"the static route to {route.destination} {route.mask} over {route.via[0]} (line "
                f"{route.line}) wins over ExpressRoute, whatever the local preference",
                mend="Take it out: BGP tells the routes; only the BGP peer's own address needs a static "
                "route",
            )


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, page=pages.VPN_AS_BACKUP)

RULES = (
    _router(
        name="router-prefix-as-long",
        holds="A router tells Azure no longer prefix over VPN than over ExpressRoute.",
        sources=("PATH-1",),
        check=_more_specific,
    ),
    _router(
        name="router-network-told",
        level=Level.ADVISORY,
        holds="A router tells ExpressRoute every prefix of its site.",
        sources=("PATH-1", "PATH-2"),
        check=_networks_told,
    ),
    _router(
        name="router-inbound-alike",
        holds="What a router keeps out over ExpressRoute, it keeps out over VPN.",
        sources=("PATH-4",),
        check=_held_back,
    ),
    _router(
        name="router-static-over-tunnel",
        holds="No static route over a tunnel takes traffic that ExpressRoute should carry.",
        sources=("PATH-4", "VPN-11"),
        check=_static_over_tunnel,
    ),
)
