"""Routers: ExpressRoute before VPN, and sessions that carry routes.

A router sees a prefix of Azure's with one AS in its path over either way, so only its own preference decides
(PATH-4). Every way for a route to come in is looked at: what an ExpressRoute neighbor's route-map makes of a
route must beat what a VPN neighbor's may make of one to the same prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from network_policies import pages
from network_policies.attachments import attachments
from network_policies.azure_types import LOCAL_GATEWAY
from network_policies.bgp import Neighbor, neighbors, spell, with_unread
from network_policies.resource import NotProvenError, Resource
from network_policies.route_filters import Outcome, Preference, inbound, route_maps
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Doubt, Finding, Findings, Level, Rule, Scope, each
from network_policies.stack import Stack

_VRF = re.compile(r"(?:ip vrf|vrf definition) (\S+)$", re.IGNORECASE)
_ROUTE_TARGET = re.compile(r"route-target (?:(import|export|both) )?(\S+)", re.IGNORECASE)

Lines = tuple[Line, ...]


# --- which way a router prefers -----------------------------------------------------------------------


def _expressroute_preferred(case: Case) -> Findings:
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    vpns = [neighbor for neighbor in sessions if neighbor.is_vpn]

    def judge(neighbor: Neighbor) -> Findings:
        rivals = [outcome for vpn in vpns if vpn.vrf == neighbor.vrf for outcome in inbound(vpn, lines)]
        yield from _not_above(neighbor, lines, rivals)

    expressroute = [neighbor for neighbor in sessions if neighbor.is_expressroute]
    yield from each(expressroute, judge)
    apart = {vpn.vrf for vpn in vpns} - {neighbor.vrf for neighbor in expressroute}
    if expressroute and apart and _leaks(lines):
        yield Doubt(what="whether ExpressRoute is preferred between VRFs that import each other's routes")


def _leaks(lines: Lines) -> bool:
    """Whether a VRF imports what another one exports."""
    imported: dict[str, set[str]] = {}
    exported: dict[str, set[str]] = {}
    for line in lines:
        vrf, target = _VRF.match(line.section), _ROUTE_TARGET.match(line.text)
        if vrf is None or target is None:
            continue
        direction = (target[1] or "both").casefold()
        for found, word in ((imported, "import"), (exported, "export")):
            if direction in (word, "both"):
                found.setdefault(target[2], set()).add(vrf[1])
    return any(len(imported[target] | exported[target]) > 1 for target in imported.keys() & exported.keys())


def _not_above(neighbor: Neighbor, lines: Lines, rivals: list[Outcome]) -> Findings:
    """Yield a finding for each way in over ExpressRoute that does not beat a rival to the same prefix."""
    if not rivals:
        return
    best = max(rival.preference for rival in rivals)
    mend = (
        f'Set "neighbor {neighbor.address} route-map NAME in" to a route-map each of whose permitting '
        f'entries has "set local-preference {max(best.local_preference + 100, 200)}"'
    )
    name = neighbor.filter("route-map", "in")
    if name is not None and name not in route_maps(lines):
        yield Finding(wrong=f"{spell(neighbor)} has inbound route-map {name}, which is undefined", mend=mend)
        return
    own = inbound(neighbor, lines)
    if not own:
        yield Finding(
            wrong=f"{spell(neighbor)} has inbound route-map {name}, which lets nothing in", mend=mend
        )
    for outcome in own:
        above = [rival.preference for rival in rivals if outcome.may_meet(rival)]
        if above and outcome.preference <= max(above):
            yield Finding(wrong=_lost(neighbor, name, outcome, max(above)), mend=mend)


def _lost(neighbor: Neighbor, route_map: str | None, outcome: Outcome, best: Preference) -> str:
    if outcome.entry is None:
        return f"{spell(neighbor)} has no inbound route-map that raises its routes above those over VPN"
    entry = f"entry {outcome.entry} of route-map {route_map}"
    if outcome.preference.weight < best.weight:
        return (
            f"{spell(neighbor)} gets weight {outcome.preference.weight} from {entry}, and the weight over "
            f"VPN is {best.weight}, which counts before the local preference"
        )
    return (
        f"{spell(neighbor)} gets local preference {outcome.preference.local_preference} from {entry}, not "
        f"above the {best.local_preference} that routes over VPN get"
    )


# --- several routers of a site ------------------------------------------------------------------------


def _site_expressroute_preferred(case: Case) -> Findings:
    """Compare with the VPNs of other routers: within an AS, iBGP carries the local preference, no weight."""
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    joined = {neighbor.vrf for neighbor in sessions if neighbor.is_internal}
    for neighbor in sessions:
        if not neighbor.is_expressroute or neighbor.vrf not in joined:
            continue
        for other, rivals in _over_vpn(case.stack).get((neighbor.own_asn, neighbor.vrf), ()):
            if other.urn != case.resource.urn:
                for finding in _not_above_elsewhere(neighbor, lines, rivals):
                    yield Finding(wrong=f"{finding.wrong} (of {other.name})", mend=finding.mend)


def _not_above_elsewhere(neighbor: Neighbor, lines: Lines, rivals: tuple[Outcome, ...]) -> Iterator[Finding]:
    """Leave the weights of the ExpressRoute router out: they stay on it."""
    own = inbound(neighbor, lines)
    name = neighbor.filter("route-map", "in")
    for outcome in own:
        carried = Preference(0, outcome.preference.local_preference)
        above = [rival.preference for rival in rivals if outcome.may_meet(rival)]
        if above and carried <= max(above):
            best = max(above)
            yield Finding(
                wrong=f"{spell(neighbor)} lets routes in with local preference {carried.local_preference}"
                + (f" by route-map {name}" if name else "")
                + (
                    f", and another router gives its own over VPN weight {best.weight}"
                    if best.weight
                    else f", not above the {best.local_preference} of another router's over VPN"
                ),
                mend=f'Set "set local-preference {max(best.local_preference + 100, 200)}" here, and no '
                "weight over VPN",
            )


@lru_cache(maxsize=2)
def _over_vpn(stack: Stack) -> Mapping[tuple[int, str], tuple[tuple[Resource, tuple[Outcome, ...]], ...]]:
    """Return, by AS and VRF, the routers with VPN neighbors, each with what routes over those get."""
    found: dict[tuple[int, str], list[tuple[Resource, tuple[Outcome, ...]]]] = {}
    for router in stack.of(CONFIGURATION):
        try:
            lines = router_lines(router)
            vpns = [neighbor for neighbor in neighbors(lines) if neighbor.is_vpn]
            for vrf in dict.fromkeys(vpn.vrf for vpn in vpns):
                here = [vpn for vpn in vpns if vpn.vrf == vrf]
                rivals = tuple(outcome for vpn in here for outcome in inbound(vpn, lines))
                found.setdefault((here[0].own_asn, vrf), []).append((router, rivals))
        except NotProvenError:  # said in that router's own turn
            continue
    return {key: tuple(routers) for key, routers in found.items()}


def _expressroute_local_preference(case: Case) -> Findings:
    """Judge the routers whose site has a VPN that no session here knows of, and no iBGP to its router."""
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    judged = {neighbor.vrf for neighbor in sessions if neighbor.is_vpn}
    if any(neighbor.is_internal for neighbor in sessions):
        judged |= {vrf for asn, vrf in _over_vpn(case.stack) if any(n.own_asn == asn for n in sessions)}
    for neighbor in sessions:
        if (
            neighbor.is_expressroute
            and neighbor.vrf not in judged
            and _has_vpn(case.stack, neighbor.shown_asn)
        ):
            rival = Outcome(Preference(0, neighbor.default_local_preference), None)
            yield from _not_above(neighbor, lines, [rival])


def _has_vpn(stack: Stack, asn: int) -> bool:
    """Whether a tunnel leads to the site of an AS."""
    for local in stack.of(LOCAL_GATEWAY):
        tunnels = attachments(stack).to_local_gateway.get(local.urn, ())
        if tunnels and local.number("bgpSettings", "asn") == asn:
            return True
    return False


def _neighbor_activated(case: Case) -> Findings:
    for neighbor in neighbors(router_lines(case.resource)):
        if not neighbor.is_active:
            yield Finding(
                wrong=f"{spell(neighbor)} is not activated, so it exchanges no routes",
                mend=f'Set "neighbor {neighbor.address} activate" in its address family',
            )


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, page=pages.VPN_AS_BACKUP)

RULES = (
    _router(
        name="router-expressroute-preferred",
        holds="A router with ExpressRoute and VPN prefers ExpressRoute for every route it can get over both.",
        sources=("PATH-4",),
        check=with_unread(_expressroute_preferred, families=True),
    ),
    _router(
        name="router-expressroute-local-preference",
        level=Level.ADVISORY,
        holds="A router whose site has a VPN elsewhere prefers its own ExpressRoute too.",
        sources=("PATH-4",),
        scope=Scope.STACK,
        check=_expressroute_local_preference,
    ),
    _router(
        name="router-site-expressroute-preferred",
        holds="Routers of one AS, joined by iBGP, prefer one router's ExpressRoute to another's VPN.",
        sources=("PATH-4",),
        scope=Scope.STACK,
        check=_site_expressroute_preferred,
    ),
    _router(
        name="router-neighbor-activated",
        holds="No BGP neighbor is left out of its address family.",
        sources=("IOS",),
        page=pages.CISCO_BGP,
        check=_neighbor_activated,
    ),
)
