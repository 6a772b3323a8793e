"""Routers: ExpressRoute before VPN, no transit between them, and sessions that carry routes.

A router sees a prefix of Azure's with one AS in its path over either way, so only its own preference decides
(PATH-4). Every way for a route to come in is looked at: the worst that an ExpressRoute neighbor's route-map
makes of a route must still beat the best that a VPN neighbor's makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from network_policies.bgp import Neighbor, Preference, neighbors, unread_families
from network_policies.route_filters import (
    Entry,
    Outcome,
    lets_everything_pass,
    outcomes,
    prefix_lists,
    route_maps,
)
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import NotProvenError, Resource, Stack

VPN_AS_BACKUP = (
    "https://learn.microsoft.com/azure/expressroute/use-s2s-vpn-as-backup-for-expressroute-privatepeering"
)
CISCO_BGP = "https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/iproute_bgp/command/irg-cr-book.html"

_Maps = Mapping[str, tuple[Entry, ...]]


# --- which way a router prefers ------------------------------------------------------------------------


def _expressroute_preferred(case: Case) -> Findings:
    lines = router_lines(case.resource)
    sessions, maps = neighbors(lines), route_maps(lines)
    for neighbor in sessions:
        rivals = [other for other in sessions if other.is_vpn and other.vrf == neighbor.vrf]
        if neighbor.is_expressroute and rivals:
            yield from _not_above(neighbor, maps, _best_of(rivals, maps))
    for family in unread_families(lines):
        raise NotProvenError(f'the preference in "{family}": only IPv4 is judged')


def _expressroute_local_preference(case: Case) -> Findings:
    """Judge the routers without a VPN of their own: another router of the site may have, or get, one."""
    lines = router_lines(case.resource)
    sessions, maps = neighbors(lines), route_maps(lines)
    for neighbor in sessions:
        if neighbor.is_expressroute and not any(o.is_vpn and o.vrf == neighbor.vrf for o in sessions):
            yield from _not_above(neighbor, maps, Preference(0, neighbor.default_local_preference))


def _site_expressroute_preferred(case: Case) -> Findings:
    """Compare with the VPNs of other routers: within an AS, iBGP carries the local preference, no weight."""
    lines = router_lines(case.resource)
    sessions, maps = neighbors(lines), route_maps(lines)
    own = [neighbor for neighbor in sessions if neighbor.is_expressroute]
    if not own or not any(neighbor.is_internal for neighbor in sessions):
        return
    for other, best in _best_over_vpn(case.stack).get(own[0].own_asn, ()):
        if other.urn == case.resource.urn:
            continue
        for neighbor in own:
            for finding in _not_above(neighbor, maps, Preference(0, best)):
                yield Finding(wrong=f"{finding.wrong} (of {other.name})", mend=finding.mend)


@lru_cache(maxsize=2)
def _best_over_vpn(stack: Stack) -> Mapping[int, tuple[tuple[Resource, int], ...]]:
    """Return, by AS, the routers with VPN neighbors, each with the best local preference over those."""
    found: dict[int, list[tuple[Resource, int]]] = {}
    for router in stack.of(CONFIGURATION):
        lines = router_lines(router)
        rivals = [neighbor for neighbor in neighbors(lines) if neighbor.is_vpn]
        if rivals:
            best = _best_of(rivals, route_maps(lines)).local_preference
            found.setdefault(rivals[0].own_asn, []).append((router, best))
    return {asn: tuple(routers) for asn, routers in found.items()}


def _best_of(rivals: list[Neighbor], maps: _Maps) -> Preference:
    """Return the best that any of some neighbors' routes get; nothing beats it where none is let in."""
    return max(
        (outcome.preference for rival in rivals for outcome in _inbound(rival, maps)),
        default=Preference(0, 0),
    )


def _inbound(neighbor: Neighbor, maps: _Maps) -> tuple[Outcome, ...]:
    """Return what a neighbor's routes get.

    With an undefined route-map, what they get without one: releases differ, and that is the worst case.
    """
    name = neighbor.filters.get(("route-map", "in"))
    if name is None or name not in maps:
        return (Outcome(Preference(neighbor.weight, neighbor.default_local_preference), None),)
    return tuple(outcomes(name, maps[name], neighbor))


def _not_above(neighbor: Neighbor, maps: _Maps, best: Preference) -> Findings:
    """Yield a finding for each way in over ExpressRoute that does not beat a preference."""
    name = neighbor.filters.get(("route-map", "in"))
    mend = (
        f'Set "neighbor {neighbor.address} route-map NAME in" to a route-map each of whose permitting '
        f'entries has "set local-preference {max(best.local_preference + 100, 200)}"'
    )
    if name is None:
        if neighbor.weight <= best.weight:
            yield Finding(wrong=f"{_spell(neighbor)} has no inbound route-map", mend=mend)
        return
    if name not in maps:
        yield Finding(wrong=f"{_spell(neighbor)} has inbound route-map {name}, which is undefined", mend=mend)
        return
    reachable = _inbound(neighbor, maps)
    if not reachable:
        yield Finding(
            wrong=f"{_spell(neighbor)} has inbound route-map {name}, which lets nothing in", mend=mend
        )
    for outcome in reachable:
        if outcome.preference <= best:
            yield Finding(wrong=_lost(neighbor, name, outcome, best), mend=mend)


def _lost(neighbor: Neighbor, route_map: str, outcome: Outcome, best: Preference) -> str:
    entry = f"entry {outcome.entry} of route-map {route_map}"
    if outcome.preference.weight < best.weight:
        return (
            f"{_spell(neighbor)} gets weight {outcome.preference.weight} from {entry}, and the weight over "
            f"VPN is {best.weight}, which counts before the local preference"
        )
    return (
        f"{_spell(neighbor)} gets local preference {outcome.preference.local_preference} from {entry}, not "
        f"above the {best.local_preference} that routes over VPN get"
    )


def _spell(neighbor: Neighbor) -> str:
    where = f" in VRF {neighbor.vrf}" if neighbor.vrf else ""
    kind = "ExpressRoute" if neighbor.is_expressroute else "VPN" if neighbor.is_vpn else "BGP"
    return f"{kind} neighbor {neighbor.address}{where} (line {neighbor.line})"


# --- what a router tells ------------------------------------------------------------------------------


def _outbound_filter(case: Case) -> Findings:
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    for neighbor in sessions:
        if not (neighbor.is_expressroute or neighbor.is_vpn):
            continue
        hole = _hole(neighbor, lines)
        if hole:
            yield Finding(
                wrong=f"{_spell(neighbor)} {hole}, so routes from one side of the router reach the other",
                mend=f'Set "neighbor {neighbor.address} prefix-list NAME out" with only the site\'s prefixes',
            )


def _hole(neighbor: Neighbor, lines: tuple[Line, ...]) -> str | None:
    """Say what is wrong with a neighbor's outbound filters, None if one of them holds something back."""
    filters = {kind: name for (kind, direction), name in neighbor.filters.items() if direction == "out"}
    if not filters:
        return "has no outbound filter"
    holes = [hole for kind, name in filters.items() if (hole := _filter_hole(kind, name, lines))]
    return holes[0] if len(holes) == len(filters) else None


def _filter_hole(kind: str, name: str, lines: tuple[Line, ...]) -> str | None:
    if kind == "prefix-list":
        entries = prefix_lists(lines).get(name)
        if entries is None:
            return f"has outbound prefix-list {name}, which is undefined"
        return (
            f"has outbound prefix-list {name}, which lets everything pass"
            if lets_everything_pass(entries)
            else None
        )
    if kind == "route-map":
        return _route_map_hole(name, lines)
    return None


def _route_map_hole(name: str, lines: tuple[Line, ...]) -> str | None:
    entries = route_maps(lines).get(name)
    if entries is None:
        return f"has outbound route-map {name}, which is undefined"
    for entry in entries:
        if not entry.matches:
            permits = f"has outbound route-map {name}, whose entry {entry.number} permits everything"
            return permits if entry.permits else None
    return None


def _neighbor_activated(case: Case) -> Findings:
    for neighbor in neighbors(router_lines(case.resource)):
        if not neighbor.is_active:
            yield Finding(
                wrong=f"{_spell(neighbor)} is not activated, so it exchanges no routes",
                mend=f'Set "neighbor {neighbor.address} activate" in its address family',
            )


RULES = (
    Rule(
        name="router-expressroute-preferred",
        level=Level.MANDATORY,
        holds="A router with ExpressRoute and VPN prefers ExpressRoute for every route it can get over both.",
        kinds=(CONFIGURATION,),
        sources=("PATH-4",),
        page=VPN_AS_BACKUP,
        check=_expressroute_preferred,
    ),
    Rule(
        name="router-expressroute-local-preference",
        level=Level.ADVISORY,
        holds="A router with ExpressRoute alone raises its preference too, for the day its site has a VPN.",
        kinds=(CONFIGURATION,),
        sources=("PATH-4",),
        page=VPN_AS_BACKUP,
        check=_expressroute_local_preference,
    ),
    Rule(
        name="router-site-expressroute-preferred",
        level=Level.MANDATORY,
        holds="Routers of one AS, joined by iBGP, prefer one router's ExpressRoute to another's VPN.",
        kinds=(CONFIGURATION,),
        sources=("PATH-4",),
        page=VPN_AS_BACKUP,
        scope=Scope.STACK,
        check=_site_expressroute_preferred,
    ),
    Rule(
        name="router-outbound-filter",
        level=Level.MANDATORY,
        holds="A router tells Azure of its site's own prefixes only, over ExpressRoute and over VPN.",
        kinds=(CONFIGURATION,),
        sources=("VPN-10", "PATH-8"),
        page=VPN_AS_BACKUP,
        check=_outbound_filter,
    ),
    Rule(
        name="router-neighbor-activated",
        level=Level.MANDATORY,
        holds="Every BGP neighbor is activated in its address family.",
        kinds=(CONFIGURATION,),
        sources=("IOS",),
        page=CISCO_BGP,
        check=_neighbor_activated,
    ),
)
