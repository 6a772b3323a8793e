"""Which path every pair of sites takes, in the steady state and after the failure of each single element.

- A path is determined if the design alone says which circuits and tunnels it crosses; a choice that is left
  to chance is told as such, with every way that traffic may take.
- The way back is found by itself, from the other site's tables.
- A site stands for its host, or for its first prefix's first address if none is described; where other parts
  of its prefixes are reached differently, the reason says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from routing.construction import build_graph
from routing.elements import check_element, element_names
from routing.explanation import explain_delivery, explain_loss
from routing.forwarding import Destination, Trail, follow
from routing.graph import Adjacency, Graph, Node, Segment, SegmentKind
from routing.propagation import Tables, fail, propagate
from topology import Network

MANY_SITES = 20
"""Above this many sites, a failure's scenario among all of them lists only the pairs that it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """What traffic in one direction crosses."""

    via: str
    """The kinds in order, without peerings, joined by +; `peering` alone; `none` if nothing arrives."""
    circuits: tuple[str, ...]
    segments: tuple[Segment, ...]
    """In order. Where the alternatives differ, those of all of them, each once."""
    hops: tuple[tuple[str, ...], ...]
    """The alternatives: element names, without the two ends."""


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
        return (self.forward, self.back, self.determined) != (other.forward, other.back, other.determined)


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
    steady = _Forecast(network)
    yield Scenario(failure=None, paths=steady.paths())
    many = len(network.sites) > MANY_SITES
    for element in element_names(network) if failure is None else (failure,):
        yield steady.after(element, only_changes=many and failure is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """One direction between two sites, with what explains it."""

    direction: Direction
    delivered: bool
    determined: bool
    alternatives: frozenset[tuple[Segment, ...]]
    reason: str
    depends_on: frozenset[tuple[IPv4Network, Node]]
    """The tables that were looked into."""


_Pair = tuple[str, str]


class _Forecast:
    """The steady state, and what changes in it when an element fails."""

    def __init__(self, network: Network) -> None:
        self.graph = build_graph(network)
        self.tables = propagate(self.graph)
        self.sites = network.sites
        self.pairs = [(a, b) for a in self.sites for b in self.sites if a != b]
        self.destinations = {
            site: _destinations(network, self.graph, self.tables, site) for site in self.sites
        }
        self.courses = {pair: self._course(self.tables, frozenset(), pair) for pair in self.pairs}
        self.dependents: dict[tuple[IPv4Network, Node], set[_Pair]] = {}
        for pair, course in self.courses.items():
            for table in course.depends_on:
                self.dependents.setdefault(table, set()).add(pair)

    def paths(self) -> tuple[Path, ...]:
        return tuple(_path(self.courses, pair) for pair in self.pairs)

    def after(self, element: str, *, only_changes: bool) -> Scenario:
        lost = frozenset(self.graph.by_element.get(element, ()))
        tables = fail(self.graph, self.tables, element)
        affected = {
            pair
            for prefix, table in tables.items()
            if table is not self.tables[prefix]
            for node in table.touched
            for pair in self.dependents.get((prefix, node), ())
        }
        changed = {pair: self._course(tables, lost, pair) for pair in affected}
        courses = {**self.courses, **changed}
        if not only_changes:
            return Scenario(failure=element, paths=tuple(_path(courses, pair) for pair in self.pairs))
        candidates = affected | {(b, a) for a, b in affected}
        paths = (_path(courses, pair) for pair in self.pairs if pair in candidates)
        steady = {pair: _path(self.courses, pair) for pair in candidates}
        return Scenario(
            failure=element,
            paths=tuple(path for path in paths if path.differs_from(steady[path.source, path.destination])),
        )

    def _course(self, tables: Tables, lost: frozenset[Adjacency], pair: _Pair) -> _Course:
        source = self.graph.sites[pair[0]]
        first, *others = self.destinations[pair[1]]
        trails = follow(tables, source, first)
        course = _judge(self.graph, tables, lost, trails, first)
        elsewhere = [
            (part, _judge(self.graph, tables, lost, follow(tables, source, part), part)) for part in others
        ]
        differing = [
            f"{part.prefixes[0]} is reached by {other.direction.via}"
            for part, other in elsewhere
            if other.alternatives != course.alternatives
        ]
        if not elsewhere:
            return course
        return _Course(
            direction=course.direction,
            delivered=course.delivered,
            determined=course.determined and all(other.determined for _, other in elsewhere),
            alternatives=course.alternatives,
            reason="; ".join([course.reason, *differing]),
            depends_on=course.depends_on.union(*(other.depends_on for _, other in elsewhere)),
        )


# --- destinations ----------------------------------------------------------------------------------------


def _destinations(network: Network, graph: Graph, tables: Tables, site: str) -> list[Destination]:
    """Return one address for each part of a site that some table tells apart, the host's part first."""
    node = graph.sites[site]
    described = (
        network.virtual_networks[site] if site in network.virtual_networks else network.locations[site]
    )
    parts: dict[tuple[IPv4Network, ...], Destination] = {}
    for address in ([described.host] if described.host else []) + list(_samples(node.prefixes)):
        holding = sorted((p for p in tables if address in p), key=lambda prefix: -prefix.prefixlen)
        prefixes = tuple(holding)
        parts.setdefault(prefixes, Destination(site=node, address=address, prefixes=prefixes))
    return list(parts.values())


def _samples(prefixes: Iterable[IPv4Network]) -> Iterator[IPv4Address]:
    """Yield an address of each prefix that lies in no longer one of them."""
    ordered = tuple(prefixes)
    for prefix in ordered:
        remaining = [prefix]
        for longer in ordered:
            if longer != prefix and longer.subnet_of(prefix):
                remaining = [
                    left
                    for part in remaining
                    for left in (part.address_exclude(longer) if longer.subnet_of(part) else [part])
                    if not left.subnet_of(longer)
                ]
        if remaining:
            yield remaining[0].network_address + (1 if remaining[0].num_addresses > 1 else 0)


# --- judging ---------------------------------------------------------------------------------------------


def _judge(
    graph: Graph, tables: Tables, lost: frozenset[Adjacency], trails: tuple[Trail, ...], to: Destination
) -> _Course:
    arriving = tuple(trail for trail in trails if trail.delivered)
    ending = tuple(trail for trail in trails if not trail.delivered)
    alternatives = frozenset(trail.segments for trail in arriving)
    determined = _is_determined(arriving, ending, alternatives)
    if arriving:
        reason = explain_delivery(arriving)
    if ending:
        loss = explain_loss(graph, tables, lost, ending[0], to)
        reason = f"{reason}; of the other ways one ends: {loss}" if arriving else loss
    if not all(trail.described for trail in arriving):
        reason += "; a router on the way is not described, so nobody here knows what it prefers"
    return _Course(
        direction=_direction(arriving),
        delivered=bool(arriving),
        determined=determined,
        alternatives=alternatives,
        reason=reason,
        depends_on=frozenset(
            (prefix, node)
            for trail in trails
            for node in (*(decision.node for decision in trail.decisions), trail.end)
            for prefix in to.prefixes
        ),
    )


def _is_determined(
    arriving: tuple[Trail, ...], ending: tuple[Trail, ...], alternatives: frozenset[tuple[Segment, ...]]
) -> bool:
    """Whether the design says what traffic crosses.

    Two links of one circuit cross the same segments, whichever is used. A LAN that shares traffic between
    ExpressRoute and VPN leaves it to each flow's hash, and Azure has no such mode (PATH-7).
    """
    if not arriving:
        return True
    if ending or not all(trail.described for trail in arriving):
        return False
    if len(alternatives) == 1:
        return True
    by_chance = any(trail.by_chance for trail in arriving)
    return not by_chance and len({_via(segments) for segments in alternatives}) == 1


def _direction(trails: tuple[Trail, ...]) -> Direction:
    segments = tuple(dict.fromkeys(segment for trail in trails for segment in trail.segments))
    if len({trail.segments for trail in trails}) == 1:
        segments = trails[0].segments
    circuits = (segment.over for segment in segments if segment.kind is SegmentKind.EXPRESS_ROUTE)
    return Direction(
        via=_via(segments) if trails else "none",
        circuits=tuple(dict.fromkeys(circuits)),
        segments=segments,
        hops=tuple(dict.fromkeys(trail.hops for trail in trails)),
    )


def _via(segments: tuple[Segment, ...]) -> str:
    kinds = dict.fromkeys(segment.kind for segment in segments if segment.kind is not SegmentKind.PEERING)
    return "+".join(kinds) or SegmentKind.PEERING.value


def _path(courses: dict[_Pair, _Course], pair: _Pair) -> Path:
    source, destination = pair
    there, back = courses[pair], courses[destination, source]
    same = back.alternatives == {tuple(reversed(segments)) for segments in there.alternatives}
    return Path(
        source=source,
        destination=destination,
        reachable=there.delivered,
        forward=there.direction,
        back=back.direction,
        symmetric=same and len(there.alternatives) <= 1,
        determined=there.determined and back.determined,
        reason=_reason(there, back),
    )


def _reason(there: _Course, back: _Course) -> str:
    clauses = [there.reason]
    if there.delivered and not back.delivered:
        clauses.append(f"nothing comes back: {back.reason}")
    elif back.delivered and not there.delivered:
        clauses.append("the other direction works")
    elif not back.determined:
        clauses.append(f"the way back is open: {back.reason}")
    elif back.alternatives != {tuple(reversed(segments)) for segments in there.alternatives}:
        clauses.append(f"the way back differs: {back.reason}")
    return "; ".join(clauses) + "."
