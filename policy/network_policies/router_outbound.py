"""Routers: no way from ExpressRoute to VPN, nor back. Azure is told of the site's own prefixes only.

Over ExpressRoute and over VPN a router learns Azure's prefixes. What it passes on from the one to the other
makes the site a way between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Network
from typing import NamedTuple

from network_policies import pages
from network_policies.address_spaces import address_spaces
from network_policies.bgp import (
    MICROSOFT_ASN,
    VPN_GATEWAY_ASN,
    Neighbor,
    azure_neighbors,
    neighbors,
    spell,
    with_unread,
)
from network_policies.prefix_ranges import prefix_lists
from network_policies.route_filters import Entry, access_list_passes_all, as_path_passes, route_maps
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Doubt, Finding, Findings, Level, Rule, Scope
from network_policies.stack import Stack

Lines = tuple[Line, ...]


class _Hole(NamedTuple):
    """How routes get past a filter; in doubt, what would have to be known."""

    what: str
    is_doubt: bool = False


def _outbound_filter(case: Case) -> Findings:
    lines = router_lines(case.resource)
    for neighbor in azure_neighbors(lines):
        hole = _hole(neighbor, lines)
        if hole is None:
            continue
        if hole.is_doubt:
            yield Doubt(what=f"{hole.what}, as a filter of {spell(neighbor)}")
        else:
            yield Finding(
                wrong=f"{spell(neighbor)} {hole.what}, so routes from one side of the router reach the other",
                mend=f'Set "neighbor {neighbor.address} prefix-list NAME out" with only the site\'s prefixes',
            )


def _hole(neighbor: Neighbor, lines: Lines) -> _Hole | None:
    """Say what is wrong with a neighbor's outbound filters, None if one of them holds something back."""
    filters = {kind: name for (kind, direction), name in neighbor.filters.items() if direction == "out"}
    if not filters:
        return _Hole("has no outbound filter")
    holes = [_filter_hole(kind, name, lines, neighbor) for kind, name in filters.items()]
    if None in holes:
        return None
    return next((hole for hole in holes if hole and hole.is_doubt), holes[0])


def _filter_hole(kind: str, name: str, lines: Lines, neighbor: Neighbor) -> _Hole | None:
    if kind == "route-map":
        hole = _route_map_hole(name, lines, neighbor)
    elif kind == "prefix-list":
        hole = _prefix_list_hole(name, lines)
    elif kind == "filter-list":
        hole = _as_path_hole(name, lines, neighbor)
    else:
        passes = access_list_passes_all(name, lines)
        hole = _Hole("lets everything pass") if passes else None
    if hole is None:
        return None
    return hole if hole.is_doubt else _Hole(f"has outbound {kind} {name}, which {hole.what}")


def _prefix_list_hole(name: str, lines: Lines) -> _Hole | None:
    found = prefix_lists(lines).get(name)
    if found is None:
        return _Hole("is undefined")
    for what in found.permitted():
        if what.is_everything:
            if found.denies_before(what):
                return _Hole(f"whether prefix-list {name} denies all that Azure tells", is_doubt=True)
            return _Hole("lets everything pass")
    return None


def _as_path_hole(name: str, lines: Lines, neighbor: Neighbor) -> _Hole | None:
    """Try the paths of routes that come from Azure over the router's other sessions."""
    for path in _foreign_paths(lines, neighbor):
        passes = as_path_passes(name, path, lines)
        if passes is None:
            return _Hole(f"what AS-path list {name} lets pass", is_doubt=True)
        if passes:
            return _Hole(f"lets routes with AS path {path} pass")
    return None


def _foreign_paths(lines: Lines, neighbor: Neighbor) -> Iterator[str]:
    asns = {other.remote_asn for other in azure_neighbors(lines) if other.vrf == neighbor.vrf}
    for asn in sorted(asns | {MICROSOFT_ASN, VPN_GATEWAY_ASN}):
        yield f"{asn}"
        yield f"{asn} {MICROSOFT_ASN}"


def _route_map_hole(name: str, lines: Lines, neighbor: Neighbor) -> _Hole | None:
    entries = route_maps(lines).get(name)
    if entries is None:
        return _Hole("is undefined")
    denied: list[Entry] = []
    for entry in entries:
        if not entry.permits:
            denied.append(entry)
        else:
            hole = _entry_hole(entry, lines, neighbor)
            if hole is not None:
                return hole if hole.is_doubt else _after_denials(name, hole, denied, lines, neighbor)
        if not entry.matches:
            return None
    return None


def _entry_hole(entry: Entry, lines: Lines, neighbor: Neighbor) -> _Hole | None:
    """Say how an entry lets foreign routes pass; every one of its matches must."""
    lists = prefix_lists(lines)
    hole = _Hole(f"permits everything in entry {entry.number}")
    for match in entry.matches:
        words = match.casefold().split()
        if words[:3] == ["ip", "address", "prefix-list"]:
            holes = [_prefix_list_hole(one, lines) for one in match.split()[3:] if one in lists]
        elif words[:1] == ["as-path"]:
            holes = [_as_path_hole(one, lines, neighbor) for one in match.split()[1:]]
        else:
            holes = []  # a community, a tag, a protocol: what is marked so passes, and no more
        open_ones = [one for one in holes if one is not None]
        if not open_ones:
            return None
        doubts = [one for one in open_ones if one.is_doubt]
        if doubts:
            return doubts[0]
    return hole


def _after_denials(
    name: str, hole: _Hole, denied: list[Entry], lines: Lines, neighbor: Neighbor
) -> _Hole | None:
    """Weigh what earlier entries deny: Azure's AS paths, or something that only the whole network tells."""
    if not denied:
        return hole
    lists = [
        match.split()[1:]
        for entry in denied
        for match in entry.matches
        if match.casefold().startswith("as-path ")
    ]
    paths = list(_foreign_paths(lines, neighbor))
    if all(any(as_path_passes(one, path, lines) for names in lists for one in names) for path in paths):
        return None  # the denying entries match each of Azure's paths
    return _Hole(f"whether route-map {name} denies all that Azure tells", is_doubt=True)


def _azures_own(case: Case) -> Findings:
    """Find a filter that lets a VNet's prefix pass, on a router that has it from elsewhere too."""
    lines = router_lines(case.resource)
    sessions = neighbors(lines)
    for neighbor in azure_neighbors(lines):
        hole = _hole(neighbor, lines)
        if hole is not None and not hole.is_doubt:
            continue  # router-outbound-filter has its say
        if not any(_brings_routes(other, neighbor) for other in sessions):
            continue
        passing = _passing_spaces(case.stack, neighbor, lines)
        if passing:
            yield Finding(
                wrong=f"{spell(neighbor)} is told of {_several(passing)}, which Azure itself has, so the "
                "site becomes a way between ExpressRoute and VPN",
                mend="Let its outbound filter pass only the site's prefixes",
            )


def _brings_routes(other: Neighbor, neighbor: Neighbor) -> bool:
    """Whether Azure's routes may come in from another session of the table."""
    is_azures = other.is_expressroute or other.is_vpn or other.is_internal
    return other.vrf == neighbor.vrf and other.address != neighbor.address and is_azures


def _passing_spaces(stack: Stack, neighbor: Neighbor, lines: Lines) -> list[str]:
    spaces = address_spaces(stack)
    return [
        f"{space} of {networks[0].name}"
        for space in spaces.ordered
        if (networks := spaces.networks[space]) and _passes(neighbor, space, lines)
    ]


def _several(found: list[str]) -> str:
    most = 3
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def _passes(neighbor: Neighbor, prefix: IPv4Network, lines: Lines) -> bool:
    """Whether a neighbor's outbound filters surely let a prefix of Azure's pass; not where it has none."""
    filters = {kind: name for (kind, direction), name in neighbor.filters.items() if direction == "out"}
    lists = prefix_lists(lines)
    for kind, name in filters.items():
        if kind == "prefix-list" and (name not in lists or lists[name].passes(prefix)):
            continue
        if kind == "route-map" and _map_passes(route_maps(lines).get(name, ()), prefix, lines):
            continue
        return False
    return bool(filters)


def _map_passes(entries: tuple[Entry, ...], prefix: IPv4Network, lines: Lines) -> bool:
    lists = prefix_lists(lines)
    for entry in entries:
        if not entry.matches_by_prefix_only:
            return False  # what else it asks for is not known of Azure's routes
        names = entry.prefix_lists
        if not names or any(name not in lists or lists[name].passes(prefix) for name in names):
            return entry.permits
    return False


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, page=pages.VPN_AS_BACKUP)

RULES = (
    _router(
        name="router-outbound-filter",
        holds="A router tells Azure of its site's own prefixes only, over ExpressRoute and over VPN.",
        sources=("VPN-10", "PATH-8"),
        check=with_unread(_outbound_filter, families=True),
    ),
    _router(
        name="router-outbound-azure",
        holds="A router passes none of Azure's prefixes back to Azure.",
        sources=("VPN-10", "PATH-8"),
        scope=Scope.STACK,
        check=with_unread(_azures_own),
    ),
)
