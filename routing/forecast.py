"""Every pair's course in the steady state, and which courses a failure changes.

- A site stands for its host, or for some address if none is described; where other parts of its prefixes are
  reached differently, the reason says so.
- After a failure only what looked into a table that changed is worked out again.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from routing.construction import build_graph
from routing.course import Course, chart
from routing.destinations import destinations
from routing.explanation import explain_failure
from routing.forwarding import Destination, Trail, follow
from routing.graph import Node
from routing.propagation import Outage, Tables, outage_of, propagate, settle_without
from topology import Network

Pair = tuple[str, str]
Courses = dict[Pair, Course]


class Forecast:
    """The steady state of a network, and what changes in it when elements fail.

    Raises:
        UnstableRoutingError: if routing never settles.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.graph = build_graph(network)
        self.tables = propagate(self.graph)
        self.destinations: dict[str, tuple[Destination, ...]] = {
            name: destinations(site, _host(network, name), self.tables)
            for name, site in self.graph.sites.items()
        }
        sites = network.sites
        self.steady: Courses = {
            (source, to): self._chart(self.tables, Outage(), (source, to))
            for source in sites
            for to in sites
            if source != to
        }
        self._dependents: dict[tuple[IPv4Network, Node], set[Pair]] = {}
        for pair, course in self.steady.items():
            for table in course.looked_into:
                self._dependents.setdefault(table, set()).add(pair)
        self._known: dict[tuple[str, ...], Courses] = {}

    def _chart(self, tables: Tables, outage: Outage, pair: Pair, known_loss: str | None = None) -> Course:
        source, destination = pair
        site = self.graph.sites[source]
        return chart(self.graph, tables, outage, site, self.destinations[destination], known_loss)

    def outage(self, *elements: str) -> tuple[Outage, Tables]:
        """Return what elements take away that fail together, and the tables after it."""
        outage = outage_of(self.graph, *elements)
        return outage, settle_without(self.graph, self.tables, outage) if outage.lost else self.tables

    def courses_after(self, *elements: str) -> Courses:
        """Return the courses that the failure of some elements, together, may change.

        Those of a single element's are kept for whoever asks next.
        """
        if elements in self._known:
            return self._known[elements]
        outage, tables = self.outage(*elements)
        affected = {
            pair
            for prefix, table in tables.items()
            if table is not self.tables[prefix]
            for node in table.touched
            for pair in self._dependents.get((prefix, node), ())
        }
        courses = {pair: self._after(tables, outage, pair) for pair in affected}
        if len(elements) == 1:
            self._known[elements] = courses
        return courses

    def _after(self, tables: Tables, outage: Outage, pair: Pair) -> Course:
        before = self.steady[pair]
        if not before.delivered:  # then the failure is not what ends it
            course = self._chart(tables, outage, pair, known_loss=before.reason)
            return course if course.delivered else replace(course, reason=before.reason)
        if len(outage.elements) == 1:  # then it is
            return self._chart(tables, outage, pair, known_loss=explain_failure(outage.elements[0]))
        return self._chart(tables, outage, pair)

    def trails(self, tables: Tables, pair: Pair) -> tuple[tuple[Trail, ...], ...]:
        """Return the trails of a pair to each part of its destination, the host's part first."""
        source, destination = pair
        site = self.graph.sites[source]
        return tuple(follow(tables, site, part) for part in self.destinations[destination])


def _host(network: Network, site: str) -> IPv4Address | None:
    if site in network.virtual_networks:
        return network.virtual_networks[site].host
    return network.locations[site].host
