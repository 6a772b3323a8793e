"""Which path every pair of sites takes, in the steady state and after the failure of each single element.

- The way back is found by itself, from the other site's tables.
- A site stands for its host, or for some address if none is described; where other parts of its prefixes are
  reached differently, the reason says so.
- After a failure only what looked into a table that changed is worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from routing.construction import build_graph
from routing.course import Course, Direction, chart
from routing.destinations import destinations
from routing.elements import check_element, element_names
from routing.graph import Node
from routing.propagation import Outage, Tables, outage_of, propagate, settle_without
from topology import Network

MANY_SITES = 20
"""Above this many sites, a failure's scenario among all of them lists only the pairs that it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """From one site to another, and back."""

    source: str
    destination: str
    reachable: bool
    """Whether traffic from the source arrives; the way back may be another matter."""
    forward: Direction
    back: Direction
    symmetric: bool
    """Whether all traffic comes back over the same segments in reverse."""
    determined: bool
    """Whether the design decides both directions, instead of chance (PATH-4)."""
    reason: str
    """One sentence."""

    def differs_from(self, other: Path) -> bool:
        """Whether traffic goes otherwise, whatever the reason."""
        return (self.forward, self.back) != (other.forward, other.back)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All paths in the steady state (`failure` is None), or after the failure of one element."""

    failure: str | None
    paths: tuple[Path, ...]


def predict_paths(network: Network, failure: str | None = None) -> Iterator[Scenario]:
    """Predict all paths: the steady state first, then one failure, or every element's if none is named.

    With more than `MANY_SITES` sites and no failure named, a failure's scenario lists only the pairs whose
    path it changes.

    Raises:
        UnknownElementError: if the network has no such element.
        UnstableRoutingError: if routing never settles.
    """
    if failure is not None:
        check_element(network, failure)
    forecast = _Forecast(network)
    yield Scenario(failure=None, paths=forecast.steady_paths())
    only_changes = failure is None and len(network.sites) > MANY_SITES
    for element in element_names(network) if failure is None else (failure,):
        changed = forecast.courses_after(element)
        paths = forecast.changed_paths(changed) if only_changes else forecast.all_paths(changed)
        yield Scenario(failure=element, paths=paths)


_Pair = tuple[str, str]
_Courses = dict[_Pair, Course]


class _Forecast:
    """The steady state, and what changes in it when an element fails."""

    def __init__(self, network: Network) -> None:
        self._graph = build_graph(network)
        self._tables = propagate(self._graph)
        self._destinations = {
            name: destinations(site, _host(network, name), self._tables)
            for name, site in self._graph.sites.items()
        }
        sites = network.sites
        self._steady: _Courses = {
            (source, to): self._chart(self._tables, Outage(), (source, to))
            for source in sites
            for to in sites
            if source != to
        }
        self._dependents: dict[tuple[IPv4Network, Node], set[_Pair]] = {}
        for pair, course in self._steady.items():
            for table in course.looked_into:
                self._dependents.setdefault(table, set()).add(pair)

    def _chart(self, tables: Tables, outage: Outage, pair: _Pair) -> Course:
        source, destination = pair
        site = self._graph.sites[source]
        return chart(self._graph, tables, outage, site, self._destinations[destination])

    def courses_after(self, element: str) -> _Courses:
        """Return the courses that an element's failure may change."""
        outage = outage_of(self._graph, element)
        tables = settle_without(self._graph, self._tables, outage)
        affected = {
            pair
            for prefix, table in tables.items()
            if table is not self._tables[prefix]
            for node in table.touched
            for pair in self._dependents.get((prefix, node), ())
        }
        return {pair: self._after(tables, outage, pair) for pair in affected}

    def _after(self, tables: Tables, outage: Outage, pair: _Pair) -> Course:
        course, before = self._chart(tables, outage, pair), self._steady[pair]
        if course.delivered or before.delivered:
            return course
        return replace(course, reason=before.reason)  # the failure is not what ends it

    def steady_paths(self) -> tuple[Path, ...]:
        return tuple(_path(self._steady, self._steady, pair) for pair in self._steady)

    def all_paths(self, changed: _Courses) -> tuple[Path, ...]:
        return tuple(_path(changed, self._steady, pair) for pair in self._steady)

    def changed_paths(self, changed: _Courses) -> tuple[Path, ...]:
        candidates = {pair for source, to in changed for pair in ((source, to), (to, source))}
        return tuple(
            path
            for pair in self._steady
            if pair in candidates
            and (path := _path(changed, self._steady, pair)).differs_from(
                _path(self._steady, self._steady, pair)
            )
        )


def _host(network: Network, site: str) -> IPv4Address | None:
    if site in network.virtual_networks:
        return network.virtual_networks[site].host
    return network.locations[site].host


def _path(changed: _Courses, steady: _Courses, pair: _Pair) -> Path:
    source, destination = pair
    there = changed.get(pair) or steady[pair]
    back = changed.get((destination, source)) or steady[destination, source]
    return Path(
        source=source,
        destination=destination,
        reachable=there.delivered,
        forward=there.direction,
        back=back.direction,
        symmetric=there.returns_over(back) and len(there.alternatives) <= 1,
        determined=there.direction.determined and back.direction.determined,
        reason=_reason(there, back),
    )


def _reason(there: Course, back: Course) -> str:
    clauses = [there.reason]
    if there.delivered and not back.delivered:
        clauses.append(f"nothing comes back: {back.reason}")
    elif back.delivered and not there.delivered:
        clauses.append("the other direction works")
    elif not back.direction.determined:
        clauses.append(f"the way back is open: {back.reason}")
    elif not there.returns_over(back):
        clauses.append(f"the way back differs: {back.reason}")
    return "; ".join(clauses) + "."
