"""Every pair's course in the steady state, and which courses a failure changes.

- A site stands for its host, or for some address if none is described; where other parts of its prefixes are
  reached differently, the reason says so.
- After a failure only what looked into a table that changed is worked out again.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network

from routing.alike import Alike, Pair
from routing.construction import build_graph
from routing.course import Course, Setting, chart
from routing.destinations import AddressBook, destinations
from routing.forwarding import Destination, Onward, Trail, explain_failure
from routing.nodes import Adjacency, Node
from routing.propagation import Outage, Propagation, Tables, outage_of
from topology import Network

MANY_SITES = 20
"""Above this many sites, a failure's scenario among all of them lists only the pairs that it changes."""

Courses = dict[Pair, Course]


class Forecast:
    """The steady state of a network, and what changes in it when elements fail.

    Raises:
        UnstableRoutingError: if routing never settles.
    """

    def __init__(self, network: Network, apart: frozenset[str] = frozenset()) -> None:
        self.alike = Alike(network, apart, reduces=len(network.sites) > MANY_SITES)
        self.network = self.alike.network
        """What is worked out: of many spokes that are alike, two."""
        self.graph = build_graph(self.network)
        self._propagation = Propagation(self.graph)
        with uncollected():
            self.tables = self._propagation.steady()
        book = AddressBook(self.graph.origins, _cuts(self.network))
        self.destinations: dict[str, tuple[Destination, ...]] = {
            name: destinations(site, _host(self.network, name), book)
            for name, site in self.graph.sites.items()
        }
        with uncollected():
            self.steady: Courses = self._steady()
        self._known: dict[tuple[str, ...], Courses] = {}

    @property
    def described(self) -> Network:
        """The network as it was described."""
        return self.alike.described

    def of_these(self, *names: str) -> Forecast:
        """Return a forecast in which none of some sites and elements is stood for by another."""
        apart = frozenset(self.alike.site_of(name) for name in names if self.alike.is_grouped(name))
        return Forecast(self.described, apart) if apart else self

    def of_all(self) -> Forecast:
        """Return a forecast that has every spoke by its own name, for tables that list them."""
        everyone = frozenset(self.described.virtual_networks)
        return Forecast(self.described, everyone) if self.alike.groups else self

    def _steady(self) -> Courses:
        ways, sites = _Ways(self, self.tables, Outage()), self.network.sites
        courses = {
            (source, to): ways.course((source, to)) for to in sites for source in sites if source != to
        }
        return {(source, to): courses[source, to] for source in sites for to in sites if source != to}

    def course(self, pair: Pair, *elements: str) -> Course:
        """Return the course of a described pair, or of what stands for it, after elements have failed."""
        standing = self.alike.standing_for(pair)
        failed = self.alike.elements_for(pair, elements) if elements else ()
        after = self.courses_after(*failed).get(standing) if failed else None
        return after or self.steady[standing]

    def changed(self, *elements: str) -> list[Pair]:
        """Return the described pairs that a failure changes, one direction or both, in the table's order."""
        many, alone = self.alike.split(elements)
        found = {
            pair
            for standing, course in (self.courses_after(*many) if many else {}).items()
            if course.direction != self.steady[standing].direction
            for pair in self.alike.pairs_of(standing)
        }
        for site in alone:
            for other in self.described.sites:
                for pair in ((site, other), (other, site)) if site != other else ():
                    if self.course(pair, *elements).direction != self.course(pair).direction:
                        found.add(pair)
        found |= {(to, source) for source, to in found}
        order = self._order
        return sorted(found, key=lambda pair: (order[pair[0]], order[pair[1]]))

    @cached_property
    def _order(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.described.sites)}

    @cached_property
    def _dependents(self) -> tuple[dict[tuple[int, Node], set[Pair]], dict[Adjacency, set[Pair]]]:
        """The pairs that looked into each node's table, by its number, and that followed each user route."""
        lookers: dict[tuple[int, Node], set[Pair]] = {}
        followers: dict[Adjacency, set[Pair]] = {}
        for to, parts in self.destinations.items():
            numbers = {number for part in parts for _, number in part.matches}
            onward = self.setting(self.tables, Outage(), to).onward()
            for source, site in self.graph.sites.items():
                trails = [trail for each in onward for trail in each.trails(site) if source != to]
                for node in {stage.node.fabric for trail in trails for stage in trail}:
                    for number in numbers:
                        lookers.setdefault((number, node), set()).add((source, to))
                for over in _user_ways(trails) if self.graph.instructions else ():
                    followers.setdefault(over, set()).add((source, to))
        return lookers, followers

    def setting(self, tables: Tables, outage: Outage, destination: str) -> Setting:
        """Return what courses to a site follow from."""
        return Setting(
            graph=self.graph, tables=tables, outage=outage, destination=self.destinations[destination]
        )

    def outage(self, *elements: str) -> tuple[Outage, Tables]:
        """Return what elements take away that fail together, and the tables after it."""
        outage = outage_of(self.graph, *elements)
        return outage, self._propagation.without(self.tables, outage)

    def courses_after(self, *elements: str) -> Courses:
        """Return the courses that the failure of some elements, together, may change.

        Those of a single element's are kept for whoever asks next.
        """
        if elements in self._known:
            return self._known[elements]
        outage, tables = self.outage(*elements)
        lookers, followers = self._dependents
        affected = {
            pair
            for table, before in zip(tables, self.tables, strict=True)
            if table is not before
            for node in table.touched
            for pair in lookers.get((table.origin.number, node), ())
        }
        for over, pairs in followers.items():
            if over in outage.lost:
                affected |= pairs
        ways = _Ways(self, tables, outage)
        with uncollected():
            courses = {pair: self._after(ways, pair) for pair in affected}
        if len(elements) == 1:
            self._known[elements] = courses
        return courses

    def _after(self, ways: _Ways, pair: Pair) -> Course:
        before = self.steady[pair]
        course, elements = ways.course(pair), ways.outage.elements
        if course.delivered:
            return course
        if not before.delivered:  # then the failure is not what ends it
            return course.because(before.reason)
        if len(elements) == 1 and not course.looped and not course.forbidden:  # then it is
            return course.because(explain_failure(elements[0]))
        return course

    def trails(self, tables: Tables, outage: Outage, pair: Pair) -> tuple[tuple[Trail, ...], ...]:
        """Return the trails of a pair to each part of its destination, the host's part first."""
        source, destination = pair
        return self.setting(tables, outage, destination).trails(self.graph.sites[source])


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from looking for rubbish in circles while much is made, all of it to be kept."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Ways:
    """The courses of one state of the network: what is known of a destination serves all sources."""

    def __init__(self, forecast: Forecast, tables: Tables, outage: Outage) -> None:
        self.outage = outage
        self._forecast = forecast
        self._tables = tables
        self._onward: dict[str, tuple[Setting, tuple[Onward, ...]]] = {}

    def course(self, pair: Pair) -> Course:
        """Return a pair's course."""
        source, to = pair
        if to not in self._onward:
            setting = self._forecast.setting(self._tables, self.outage, to)
            self._onward[to] = (setting, setting.onward())
        setting, onward = self._onward[to]
        site = self._forecast.graph.sites[source]
        return chart(setting, site, tuple(each.trails(site) for each in onward))


def _cuts(network: Network) -> Iterator[IPv4Network]:
    return (route.prefix for table in network.route_tables.values() for route in table.routes.values())


def _user_ways(trails: list[Trail]) -> set[Adjacency]:
    instructions = (decision.instruction for trail in trails for decision in trail.decisions)
    return {each.over for each in instructions if each and each.over}


def _host(network: Network, site: str) -> IPv4Address | None:
    if site in network.virtual_networks:
        return network.virtual_networks[site].host
    return network.locations[site].host
