"""Spokes that differ in nothing but their names are worked out once: two of them stand for all.

- Alike are virtual networks that have nothing but one peering, as spokes of the same hub under the same
  terms, the same route table, and prefixes that overlap with no other site's. Nobody's traffic goes through
  them, so that all that can be said of one, or of two, can be said of any others.
- The two have marks for names, which no real name contains: what is said of them is put into the names of
  those that are asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network

from routing.appliances import UserRouting
from routing.elements import ElementKind, element_name
from topology import Network, Peering, RouteTable, Subnet, VirtualNetwork, overlapping

Pair = tuple[str, str]
Names = Mapping[str, str]
"""Real names by the marks that stand for them."""

_FEWEST = 3
"""Of how many spokes two may stand for all."""

_PRIVATE_USE = 0xE000
"""Where Unicode's characters begin that nobody gives a meaning."""


class MarkedPrefix(IPv4Network):
    """A prefix that sentences write as a mark."""

    mark = ""

    def __str__(self) -> str:
        return self.mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One of the two that stand for a group: what its site, its peering and its prefix are called."""

    site: str
    peering: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A spoke that another one stands for."""

    site: str
    peering: str
    prefix: str
    """The one that its host is in."""
    table: str | None
    """The route table that its host's traffic looks into."""

    def named(self, mark: Mark) -> Names:
        """Return its names by a mark's."""
        return {
            mark.site: self.site,
            mark.peering: self.peering,
            mark.prefix: self.prefix,
            element_name(ElementKind.PEERING, mark.peering): element_name(ElementKind.PEERING, self.peering),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Spokes that are alike, in the order of the file."""

    members: tuple[Member, ...]
    first: Mark
    second: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a spoke stands: its group, and its names by each of the two marks."""

    group: Group
    as_first: Names
    as_second: Names


_NO_NAMES: Names = {}


class Alike:
    """A network as it was described, and the smaller one that says all that can be said of it."""

    def __init__(self, described: Network, apart: frozenset[str] = frozenset(), *, reduces: bool) -> None:
        self.described = described
        self.groups = tuple(_groups(described, apart)) if reduces else ()
        self.network = _reduced(described, self.groups) if self.groups else described
        self._places = {
            member.site: _Place(
                group=group, as_first=member.named(group.first), as_second=member.named(group.second)
            )
            for group in self.groups
            for member in group.members
        }
        self._leaves = {
            element_name(ElementKind.PEERING, member.peering): member.site
            for group in self.groups
            for member in group.members
        }
        """The peerings whose failure only their spokes notice, and those spokes."""

    def is_grouped(self, name: str) -> bool:
        """Whether a site, or an element, is one that another stands for."""
        return name in self._places or name in self._leaves

    def site_of(self, name: str) -> str:
        """Return the spoke of a peering element; any other name as it is."""
        return self._leaves.get(name, name)

    def standing_for(self, pair: Pair) -> Pair:
        """Return the pair that stands for another."""
        there, back = self._places.get(pair[0]), self._places.get(pair[1])
        source = there.group.first.site if there else pair[0]
        if back is None:
            return source, pair[1]
        together = there is not None and there.group is back.group
        return source, back.group.second.site if together else back.group.first.site

    def is_together(self, pair: Pair) -> bool:
        """Whether one group stands for both ends of a pair."""
        there, back = self._places.get(pair[0]), self._places.get(pair[1])
        return there is not None and back is not None and there.group is back.group

    def names_of(self, pair: Pair) -> Names:
        """Return the names to put into what is said of what stands for a pair."""
        there, back = self._places.get(pair[0]), self._places.get(pair[1])
        if back is None:
            return there.as_first if there else _NO_NAMES
        if there is None:
            return back.as_first
        return {**there.as_first, **(back.as_second if there.group is back.group else back.as_first)}

    def elements_for(self, pair: Pair, elements: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of some elements a pair may notice the loss of, as what stands for them is called."""
        if not any(element in self._leaves for element in elements):
            return elements
        marks = {name: mark for mark, name in self.names_of(pair).items()}
        return tuple(
            element_name(ElementKind.PEERING, marks[element.partition(":")[2]])
            if element in self._leaves
            else element
            for element in elements
            if self._leaves.get(element) in {None, *pair}
        )

    def split(self, elements: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the elements that many notice, and the spokes that alone notice the others."""
        return (
            tuple(element for element in elements if element not in self._leaves),
            tuple(self._leaves[element] for element in elements if element in self._leaves),
        )

    def pairs_of(self, standing: Pair) -> Iterator[Pair]:
        """Yield the pairs that one stands for; none if another one stands for the same."""
        if not self.groups:
            yield standing
            return
        source, destination = standing
        first, second = self._by_mark.get(source), self._by_mark.get(destination)
        together = first is not None and first is second
        if not (self._is_first(source) and (together or self._is_first(destination))):
            return
        for start in _sites(source, first):
            for end in _sites(destination, second):
                if start != end:
                    yield start, end

    @cached_property
    def _by_mark(self) -> dict[str, Group]:
        return {mark.site: group for group in self.groups for mark in (group.first, group.second)}

    def _is_first(self, site: str) -> bool:
        group = self._by_mark.get(site)
        return group is None or group.first.site == site


def rename(text: str, names: Names) -> str:
    """Return a sentence, or an element's name, with the names of those that it is about."""
    for mark, name in names.items():
        text = text.replace(mark, name)
    return text


def _sites(site: str, group: Group | None) -> tuple[str, ...]:
    return tuple(member.site for member in group.members) if group else (site,)


# --- who is alike ----------------------------------------------------------------------------------------


def _groups(network: Network, apart: frozenset[str]) -> Iterator[Group]:
    by_terms: dict[tuple[object, ...], list[Member]] = {}
    crowded, named = _overlaps(network)
    routing = UserRouting(network)
    crowded |= {appliance.virtual_network for appliance in routing.appliances}
    for peering in _sole_peerings(network):
        vnet = network.virtual_networks[peering.spoke]
        if vnet.name not in crowded | apart and _is_plain(vnet):
            table = routing.host_table(vnet)
            terms = (
                peering.hub,
                peering.gateway_transit,
                peering.allow_forwarded_traffic,
                table.name if table else None,
                frozenset(named.get(vnet.name, ())),
            )
            by_terms.setdefault(terms, []).append(_member(vnet, peering, table))
    number = 0
    for members in by_terms.values():
        if len(members) >= _FEWEST:
            first, second = _mark(number), _mark(number + 1)
            yield Group(members=tuple(members), first=first, second=second)
            number += 2


def _sole_peerings(network: Network) -> Iterator[Peering]:
    """Yield the peerings of spokes that are joined to nothing else."""
    joined: dict[str, int] = {}
    for peering in network.peerings.values():
        for name in (peering.hub, peering.spoke):
            joined[name] = joined.get(name, 0) + 1
    for peering in network.peerings.values():
        if joined[peering.spoke] == 1:
            yield peering


def _overlaps(network: Network) -> tuple[set[str], dict[str, dict[Pair, int]]]:
    """Return sites whose prefixes others or parts have, and the user-defined routes around each site's."""
    sites = [
        ((None, site, prefix), prefix) for site in network.sites for prefix in network.site_prefixes(site)
    ]
    routes = [
        ((table.name, name, route.prefix), route.prefix)
        for table in network.route_tables.values()
        for name, route in table.routes.items()
    ]
    crowded: set[str] = set()
    named: dict[str, dict[Pair, int]] = {}
    for one, other in overlapping([*sites, *routes]):
        for (table, name, prefix), (owner, site, own) in ((one, other), (other, one)):
            if owner is not None or (table is None and name == site):
                continue
            if table is None or own.prefixlen < prefix.prefixlen:
                crowded.add(site)
            else:
                around = named.setdefault(site, {})
                around[table, name] = around.get((table, name), 0) + 1
    parted = (
        site
        for site, around in named.items()
        if any(held < len(network.site_prefixes(site)) for held in around.values())
    )
    return crowded.union(parted), named


def _is_plain(vnet: VirtualNetwork) -> bool:
    return not vnet.has_gateway and vnet.route_server is None


def _member(vnet: VirtualNetwork, peering: Peering, table: RouteTable | None) -> Member:
    host = vnet.host
    prefix = next((each for each in vnet.prefixes if host and host in each), vnet.prefixes[0])
    name = table.name if table else None
    return Member(site=vnet.name, peering=peering.name, prefix=str(prefix), table=name)


def _mark(number: int) -> Mark:
    site, peering, prefix = (chr(_PRIVATE_USE + 3 * number + part) for part in range(3))
    return Mark(site=site, peering=peering, prefix=prefix)


# --- what is said of them --------------------------------------------------------------------------------


def _reduced(network: Network, groups: tuple[Group, ...]) -> Network:
    """Return the network with two spokes in the place of each group, as the first two of it are."""
    gone = {member.site for group in groups for member in group.members}
    virtual_networks = {name: vnet for name, vnet in network.virtual_networks.items() if name not in gone}
    peerings = {name: each for name, each in network.peerings.items() if each.spoke not in gone}
    for group in groups:
        for mark, member in zip((group.first, group.second), group.members, strict=False):
            vnet = network.virtual_networks[member.site]
            prefix = MarkedPrefix(member.prefix)
            prefix.mark = mark.prefix
            subnets = {"workload": Subnet(prefix=prefix, route_table=member.table)}
            virtual_networks[mark.site] = vnet.model_copy(
                update={"name": mark.site, "address_space": (prefix,), "host": None, "subnets": subnets}
            )
            peerings[mark.peering] = network.peerings[member.peering].model_copy(
                update={"name": mark.peering, "spoke": mark.site}
            )
    sections = {"virtual_networks": virtual_networks, "peerings": peerings}
    fields = {name: getattr(network, name) for name in Network.model_fields}
    return Network.model_construct(**{**fields, **sections})  # nothing that the other one has worked out
