"""Which prefixes the network knows, and which of them routing treats alike.

- Prefixes of one site that every session carries, or none does, share one table.
- Sites may overlap: a location's summary around virtual networks, or around another location's prefix. A
  prefix that does has a table of its own, since gateways look at it (VPN-9, VPN-10).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from routing.nodes import Adjacency, LanNode, Node, VirtualNetworkNode
from routing.routes import OWN_AS, Route
from topology import overlapping

DEFAULT = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """Prefixes that are told alike, and the sites that they are of."""

    number: int
    """The place of its table among all tables."""
    prefixes: tuple[IPv4Network, ...]
    """At least one."""
    owners: tuple[Node, ...]
    is_whole: bool = True
    """Whether other sites know a site by it, and not by a prefix around it."""
    overlaps: bool = False
    """Whether another site's prefix shares addresses with it."""
    asns: tuple[int, ...] = ()
    """Those of the locations that it is of: none of a virtual network, several only where they share it."""

    @property
    def prefix(self) -> IPv4Network:
        """One of the prefixes, which stands for all."""
        return self.prefixes[0]

    def as_path(self, route: Route) -> tuple[int, ...]:
        """Return a route's AS path as the node that holds it sees it, the nearest AS first."""
        return tuple(self.asns[0] if asn in OWN_AS else asn for asn in route.as_path)

    @property
    def is_default(self) -> bool:
        """Whether it is the default route."""
        return self.prefixes[0].prefixlen == 0


def find_origins(
    sites: Collection[VirtualNetworkNode | LanNode], adjacencies: Iterable[Adjacency]
) -> tuple[Origin, ...]:
    """Return the origins of all prefixes, in the order of the sites; the default route's is always there."""
    owners: dict[IPv4Network, list[Node]] = {}
    for site in sites:
        for prefix in site.prefixes:
            owners.setdefault(prefix, []).append(site)
    owners.setdefault(DEFAULT, [])
    carried = _carried(adjacencies)
    whole = frozenset(prefix for site in sites for prefix in site.advertised_whole)
    crowded = set(_overlapping(owners))
    groups: dict[tuple[object, ...], list[IPv4Network]] = {}
    for prefix, nodes in owners.items():
        alone = prefix in crowded or prefix == DEFAULT
        key = (prefix,) if alone else (*nodes, prefix in whole, carried.get(prefix, frozenset()))
        groups.setdefault(key, []).append(prefix)
    return tuple(
        Origin(
            number=number,
            prefixes=tuple(prefixes),
            owners=tuple(owners[prefixes[0]]),
            is_whole=prefixes[0] in whole,
            overlaps=prefixes[0] in crowded,
            asns=_asns(owners[prefixes[0]]),
        )
        for number, prefixes in enumerate(groups.values())
    )


def _asns(owners: Iterable[Node]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(asn for owner in owners if (asn := owner.location_asn) is not None))


def _carried(adjacencies: Iterable[Adjacency]) -> Mapping[IPv4Network, frozenset[int]]:
    """Return on which sessions, by number, a router may tell each prefix."""
    sets: dict[IPv4Network, set[int]] = {}
    for adjacency in adjacencies:
        for prefix in adjacency.terms.advertised:
            sets.setdefault(prefix, set()).add(adjacency.number)
    return {prefix: frozenset(numbers) for prefix, numbers in sets.items()}


def _overlapping(owners: Mapping[IPv4Network, list[Node]]) -> Iterator[IPv4Network]:
    """Yield prefixes that share addresses with another site's, the default route excepted."""
    labelled = [(prefix, prefix) for prefix in owners if prefix != DEFAULT]
    for first, second in overlapping(labelled):
        if set(owners[first]) != set(owners[second]):
            yield from (first, second)
    for prefix, nodes in owners.items():
        if len(nodes) > 1 and prefix != DEFAULT:
            yield prefix
