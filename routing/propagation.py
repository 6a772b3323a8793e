"""Which node holds which routes: what is told is chosen from and told on, until nothing changes.

- Prefixes do not influence one another, so each has tables of its own.
- A failure starts from the steady state's tables, takes away what the failed adjacencies told, and lets
  the rest settle; tables that it does not touch are shared, not copied.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType

from routing.best_path import Selection, select
from routing.elements import RoutingError
from routing.exchange import offered_default, tell
from routing.graph import Adjacency, Graph, Node
from routing.routes import Protocol, Route

Candidates = Mapping[Adjacency | None, Route]
"""A node's routes to one prefix by the adjacency that told it; None for its own."""

_ROUNDS = 1000
"""How often a node may change its mind about one prefix before the design is called unstable."""

_DEFAULT = IPv4Network("0.0.0.0/0")


class UnstableRoutingError(RoutingError):
    """Two nodes keep changing each other's choice, so that routing never settles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What a failure takes away; nothing in the steady state."""

    elements: tuple[str, ...] = ()
    lost: frozenset[Adjacency] = frozenset()

    def cause_of(self, adjacency: Adjacency) -> str:
        """Return the element whose failure takes an adjacency away."""
        return next(element for element in self.elements if element in adjacency.required)


class PrefixTables:
    """Every node's routes to one prefix, and which of them it goes by."""

    __slots__ = ("_candidates", "prefix", "selections", "touched")

    def __init__(
        self,
        prefix: IPv4Network,
        candidates: dict[Node, Candidates],
        selections: dict[Node, Selection],
        touched: frozenset[Node] = frozenset(),
    ) -> None:
        self.prefix = prefix
        self._candidates = candidates
        self.selections = selections
        self.touched = touched
        """The nodes whose choice differs from the tables that these were derived from."""

    def candidates(self, node: Node) -> tuple[Route, ...]:
        """Return all the routes that a node holds to the prefix, chosen or not."""
        return tuple(self._candidates.get(node, _NO_CANDIDATES).values())

    def without(self, graph: Graph, lost: frozenset[Adjacency]) -> PrefixTables:
        """Return the tables after some adjacencies have gone; the same ones if none of them mattered."""
        bereft: dict[Node, set[Adjacency]] = {}
        for adjacency in lost:
            if adjacency in self._candidates.get(adjacency.receiver, _NO_CANDIDATES):
                bereft.setdefault(adjacency.receiver, set()).add(adjacency)
        if not bereft:
            return self
        candidates = dict(self._candidates)
        for node, gone in bereft.items():
            candidates[node] = {over: route for over, route in candidates[node].items() if over not in gone}
        selections = dict(self.selections)
        changed = _settle(graph, candidates, selections, bereft, lost)
        touched = frozenset(node for node in changed if self.selections.get(node) != selections.get(node))
        return PrefixTables(self.prefix, candidates, selections, touched)


_NO_CANDIDATES: Candidates = MappingProxyType({})

Tables = Mapping[IPv4Network, PrefixTables]


def propagate(graph: Graph) -> Tables:
    """Return the tables of the steady state, by prefix."""
    owners: dict[IPv4Network, list[Node]] = {}
    for site in graph.sites.values():
        for prefix in site.prefixes:
            owners.setdefault(prefix, []).append(site)
    tables = {prefix: _originate(graph, prefix, nodes) for prefix, nodes in owners.items()}
    tables[_DEFAULT] = _offer_defaults(graph)
    return tables


def outage_of(graph: Graph, *elements: str) -> Outage:
    """Return what elements take away that fail together: every adjacency that needs one of them."""
    lost = (adjacency for element in elements for adjacency in graph.by_element.get(element, ()))
    return Outage(elements=elements, lost=frozenset(lost))


def settle_without(graph: Graph, tables: Tables, outage: Outage) -> Tables:
    """Return the tables after an outage."""
    return {prefix: table.without(graph, outage.lost) for prefix, table in tables.items()}


def _originate(graph: Graph, prefix: IPv4Network, owners: Iterable[Node]) -> PrefixTables:
    own = Route(prefix=prefix, protocol=Protocol.CONNECTED)
    candidates: dict[Node, Candidates] = {node: {None: own} for node in owners}
    selections: dict[Node, Selection] = {}
    _settle(graph, candidates, selections, tuple(candidates), frozenset())
    return PrefixTables(prefix, candidates, selections)


def _offer_defaults(graph: Graph) -> PrefixTables:
    default = Route(prefix=_DEFAULT, protocol=Protocol.CONNECTED)
    candidates: dict[Node, Candidates] = {}
    for adjacency in graph.default_originators:
        offered = offered_default(adjacency, default)
        candidates[adjacency.receiver] = {**candidates.get(adjacency.receiver, {}), adjacency: offered}
    selections: dict[Node, Selection] = {}
    _settle(graph, candidates, selections, tuple(candidates), frozenset())
    return PrefixTables(_DEFAULT, candidates, selections)


def _settle(
    graph: Graph,
    candidates: dict[Node, Candidates],
    selections: dict[Node, Selection],
    changed: Iterable[Node],
    lost: frozenset[Adjacency],
) -> set[Node]:
    """Let nodes choose and tell until none changes its mind. Both mappings are updated in place.

    Return the nodes that have changed their minds at least once; some may have come back to where they were.
    """
    waiting = deque(dict.fromkeys(changed))
    queued = set(waiting)
    budget = _ROUNDS * max(1, len(graph.told))
    moved: set[Node] = set()
    while waiting:
        budget -= 1
        if not budget:
            raise UnstableRoutingError(f"routing never settles around {waiting[0].name}")
        node = waiting.popleft()
        queued.discard(node)
        chosen = select(node, candidates[node].values())
        if chosen == selections.get(node):
            continue
        moved.add(node)
        if chosen is None:
            del selections[node]
        else:
            selections[node] = chosen
        for adjacency in graph.told.get(node, ()):
            if adjacency not in lost and _tell(adjacency, chosen, candidates):
                receiver = adjacency.receiver
                if receiver not in queued:
                    queued.add(receiver)
                    waiting.append(receiver)
    return moved


def _tell(adjacency: Adjacency, chosen: Selection | None, candidates: dict[Node, Candidates]) -> bool:
    """Update what the receiver knows from the sender; return whether that changed.

    Of several routes the first that may be told is: they are equal in everything that the receiver compares.
    """
    routes = chosen.routes if chosen else ()
    told = next((told for route in routes if isinstance(told := tell(adjacency, route), Route)), None)
    known = candidates.get(adjacency.receiver, _NO_CANDIDATES)
    if told == known.get(adjacency):
        return False
    others = {over: route for over, route in known.items() if over is not adjacency}
    candidates[adjacency.receiver] = {**others, adjacency: told} if told else others
    return True
