"""Routers: the prefixes of their site, told to ExpressRoute all of them, and to VPN in no longer ones.

A longer prefix over VPN draws the traffic there, whatever the preferences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from ipaddress import IPv4Network
from typing import NamedTuple

from network_policies import pages
from network_policies.address_spaces import address_spaces
from network_policies.azure_types import prefix_of
from network_policies.bgp import Neighbor, azure_neighbors, neighbors, with_unread
from network_policies.prefix_ranges import PrefixRange, exactly, prefix_lists
from network_policies.resource import NotProvenError
from network_policies.route_filters import Entry, route_maps
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Doubt, Finding, Findings, Level, Rule, Scope
from network_policies.stack import Stack

_NETWORK = re.compile(r"network (\S+)(?: mask (\S+))?", re.IGNORECASE)
_OTHER_SOURCES = ("redistribute ", "aggregate-address ")

Lines = tuple[Line, ...]


# --- what the site has --------------------------------------------------------------------------------


def _networks(lines: Lines, vrf: str) -> Iterator[tuple[IPv4Network, str]]:
    """Yield the prefixes that a table originates, each with the place of its line."""
    for line in lines:
        match = _NETWORK.match(line.text)
        if match and _vrf_of(line.subsection) == vrf and line.section.casefold().startswith("router bgp "):
            prefix = prefix_of(f"{match[1]}/{match[2]}") if match[2] else _classful(match[1])
            if prefix is not None:
                yield prefix, line.place


def _classful(text: str) -> IPv4Network | None:
    """Return the network of an address without a mask: of its class."""
    first = int(text.partition(".")[0]) if text.partition(".")[0].isdecimal() else 224
    length = 8 if first < 128 else 16 if first < 192 else 24  # noqa: PLR2004 (classes A and B)
    return prefix_of(f"{text}/{length}") if first < 224 else None  # noqa: PLR2004 (multicast)


def _vrf_of(address_family: str) -> str:
    words = address_family.split()
    lowered = [word.casefold() for word in words]
    return words[lowered.index("vrf") + 1] if "vrf" in lowered[:-1] else ""


def _network_apart(case: Case) -> Findings:
    """Find a prefix of the site that a VNet has: Azure then never sends there."""
    lines = router_lines(case.resource)
    spaces = address_spaces(case.stack)
    for vrf in dict.fromkeys(neighbor.vrf for neighbor in azure_neighbors(lines)):
        for prefix, place in _networks(lines, vrf):
            for space, network in spaces.overlapping(prefix):
                if prefix.subnet_of(space):
                    yield Finding(
                        wrong=f'"network {prefix}" ({place}) is {space} of {network.name}, or a part '
                        "of it, which Azure takes from no router",
                        mend="Tell Azure of prefixes outside its VNets, or of one around them",
                    )


def _networks_told(case: Case) -> Findings:
    """Find a site's prefix that a filter holds back over ExpressRoute."""
    lines = router_lines(case.resource)
    for neighbor in neighbors(lines):
        told = _told(neighbor, lines) if neighbor.is_expressroute else None
        for prefix, place in _networks(lines, neighbor.vrf) if told is not None else ():
            if not any(other.covers(exactly(prefix)) for other in told or ()):
                yield Finding(
                    wrong=f'"network {prefix}" ({place}) is held back by the outbound filter of '
                    f"ExpressRoute neighbor {neighbor.address}",
                    mend=f"Add {prefix} to the filter, or take the network out",
                )


# --- longer prefixes ----------------------------------------------------------------------------------


def _told(neighbor: Neighbor, lines: Lines) -> tuple[PrefixRange, ...] | None:
    """Return what a neighbor's filters let it be told of, None if no prefix-list says so."""
    lists, maps = prefix_lists(lines), route_maps(lines)
    name = neighbor.filter("prefix-list", "out")
    if name is not None and name in lists:
        names = [name]
    else:
        names = _matched(maps.get(neighbor.filter("route-map", "out") or "", ()))
    if not names:
        return None
    return tuple(what for one in names if one in lists for what in lists[one].permitted())


def _matched(entries: tuple[Entry, ...]) -> list[str]:
    """Return the prefix-lists that a route-map permits by, none if an entry permits by something else."""
    names: list[str] = []
    for entry in entries:
        if entry.permits:
            if not entry.prefix_lists:
                return []
            names += entry.prefix_lists
    return names


def _only_networks(lines: Lines, vrf: str) -> tuple[IPv4Network, ...] | None:
    """Return a table's `network` lines, None if routes come from elsewhere too."""
    for line in lines:
        is_here = line.section.casefold().startswith("router bgp ") and _vrf_of(line.subsection) == vrf
        if is_here and line.text.casefold().startswith(_OTHER_SOURCES):
            return None
    if any(
        neighbor.vrf == vrf and not (neighbor.is_expressroute or neighbor.is_vpn)
        for neighbor in neighbors(lines)
    ):
        return None
    return tuple(prefix for prefix, _ in _networks(lines, vrf))


def _more_specific(case: Case) -> Findings:
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    for neighbor in sessions:
        over_expressroute = _told(neighbor, lines) if neighbor.is_expressroute else None
        if over_expressroute is not None:  # without a filter, router-outbound-filter has its say
            for rival in (other for other in sessions if other.is_vpn and other.vrf == neighbor.vrf):
                who = f"ExpressRoute neighbor {neighbor.address}"
                yield from _longer(rival, lines, over_expressroute, who)


def _longer(rival: Neighbor, lines: Lines, over_expressroute: tuple[PrefixRange, ...], who: str) -> Findings:
    """Find what a VPN neighbor is told of in longer prefixes.

    A range may let longer prefixes pass that the router does not have: then nothing is proven.
    """
    own = _only_networks(lines, rival.vrf)
    for longer in _told(rival, lines) or ():
        shorter = _shorter(longer, over_expressroute)
        if shorter is None:
            continue
        is_range = longer.longest > longer.prefix.prefixlen
        told = [prefix for prefix in own or () if longer.covers(exactly(prefix))]
        if (
            own is not None
            and is_range
            and not any(_shorter(exactly(one), over_expressroute) for one in told)
        ):
            yield Doubt(
                what=f"whether VPN neighbor {rival.address} is told of prefixes in {longer} that are longer "
                f"than {shorter}, which {who} is told of"
            )
            continue
        yield Finding(
            wrong=f"VPN neighbor {rival.address} is told of {longer}, {who} of {shorter} only, so Azure "
            "sends this traffic over VPN",
            mend="Tell both of the same prefixes",
        )


def _shorter(longer: PrefixRange, others: tuple[PrefixRange, ...]) -> PrefixRange | None:
    """Return what is told of the same addresses in shorter prefixes; None if it is told of them alike."""
    if any(other.covers(longer) for other in others):
        return None
    around = [
        other for other in others if longer.prefix.overlaps(other.prefix) and other.shortest < longer.longest
    ]
    return min(around, key=lambda other: other.shortest) if around else None


class _Told(NamedTuple):
    """What a site's routers tell over ExpressRoute, and which routers those are."""

    ranges: tuple[PrefixRange, ...]
    routers: tuple[tuple[str, str], ...]
    """URN and name of each."""
    is_whole: bool
    """Whether a filter says what each of its neighbors is told."""


def _site_more_specific(case: Case) -> Findings:
    """Compare with the other routers of the AS: Azure chooses the longest prefix, whoever tells it."""
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    for rival in (neighbor for neighbor in sessions if neighbor.is_vpn):
        site = _told_over_expressroute(case.stack).get((rival.own_asn, rival.vrf))
        if site is None or case.resource.urn in [urn for urn, _ in site.routers]:
            continue  # where one router has both, router-prefix-as-long has its say
        if site.is_whole:
            yield from _longer(rival, lines, site.ranges, f"ExpressRoute by {site.routers[0][1]}")


@lru_cache(maxsize=2)
def _told_over_expressroute(stack: Stack) -> Mapping[tuple[int, str], _Told]:
    """Return, by AS and VRF, what its routers tell over ExpressRoute."""
    found: dict[tuple[int, str], _Told] = {}
    for router in stack.of(CONFIGURATION):
        try:
            lines = router_lines(router)
            sessions = [neighbor for neighbor in neighbors(lines) if neighbor.is_expressroute]
        except NotProvenError:  # said in that router's own turn
            continue
        for neighbor in sessions:
            told = _told(neighbor, lines)
            site = (neighbor.own_asn, neighbor.vrf)
            before = found.get(site, _Told((), (), is_whole=True))
            found[site] = _Told(
                (*before.ranges, *(told or ())),
                (*before.routers, (router.urn, router.name)),
                before.is_whole and told is not None,
            )
    return found


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, page=pages.VPN_AS_BACKUP)

RULES = (
    _router(
        name="router-network-apart",
        holds="A router tells Azure of no prefix that a VNet has.",
        sources=("VPN-9", "PATH-5"),
        page=pages.VPN_FAQ,
        scope=Scope.STACK,
        check=_network_apart,
    ),
    _router(
        name="router-network-told",
        level=Level.ADVISORY,
        holds="A router tells ExpressRoute every prefix of its site.",
        sources=("PATH-1", "PATH-2"),
        check=_networks_told,
    ),
    _router(
        name="router-prefix-as-long",
        holds="A router tells Azure no longer prefix over VPN than over ExpressRoute.",
        sources=("PATH-1",),
        check=with_unread(_more_specific),
    ),
    _router(
        name="router-site-prefix-as-long",
        holds="A router tells Azure no longer prefix over VPN than another router of its site over "
        "ExpressRoute.",
        sources=("PATH-1",),
        scope=Scope.STACK,
        check=_site_more_specific,
    ),
)
