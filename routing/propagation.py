"""Which node holds which routes: what is told is chosen from and told on, until nothing changes.

- Prefixes do not influence one another, so each origin has a table of its own.
- A failure starts from the steady state's tables, takes away what the failed adjacencies told, and lets
  the rest settle; tables that it does not touch are shared, not copied.
- What a node has once chosen from some routes, or told of one, it would choose and tell again for any other
  prefix: both are remembered, so that most of a large network costs look-ups.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from routing.best_path import Selection, select
from routing.elements import RoutingError
from routing.exchange import offered_default, refusal_of, tell_any
from routing.graph import Adjacency, Graph, Node
from routing.origins import Origin
from routing.routes import Protocol, Route

Held = dict[Node, tuple[Route, ...]]
"""All routes of each node, in the order of the adjacencies that told them; a node's own first."""

Choices = dict[Node, Selection]

_ROUNDS = 1000
"""How often a node may change its mind about one prefix before the design is called unstable."""


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


class Table:
    """Every node's routes to one origin's prefixes, and which of them it goes by."""

    __slots__ = ("_held", "origin", "selections", "touched")

    def __init__(
        self, origin: Origin, held: Held, selections: Choices, touched: frozenset[Node] = frozenset()
    ) -> None:
        self.origin = origin
        self._held = held
        self.selections: Mapping[Node, Selection] = selections
        self.touched = touched
        """The nodes whose choice differs from the table that this was derived from."""

    def candidates(self, node: Node) -> tuple[Route, ...]:
        """Return all the routes that a node holds, chosen or not."""
        return self._held.get(node, ())

    @property
    def held(self) -> Mapping[Node, tuple[Route, ...]]:
        """All nodes' routes."""
        return self._held


Tables = tuple[Table, ...]
"""Those of all origins, by their numbers."""


def outage_of(graph: Graph, *elements: str) -> Outage:
    """Return what elements take away that fail together: every adjacency that needs one of them."""
    lost = (adjacency for element in elements for adjacency in graph.by_element.get(element, ()))
    return Outage(elements=elements, lost=frozenset(lost))


class Propagation:
    """Lets routes spread over a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._routes: dict[Route, Route] = {}
        self._own = self._one(Route(protocol=Protocol.CONNECTED))
        self._told: dict[tuple[int, int], Route | None] = {}
        self._chosen: dict[tuple[int, ...], Selection | None] = {}
        self._selections: list[tuple[Route, ...]] = []
        """What the keys above are the identities of, so that they stay."""

    def steady(self) -> Tables:
        """Return the tables with everything up."""
        return tuple(map(self._originate, self.graph.origins))

    def without(self, tables: Tables, outage: Outage) -> Tables:
        """Return the tables after an outage."""
        if not outage.lost:
            return tables
        return tuple(self._after(table, outage.lost) for table in tables)

    def _originate(self, origin: Origin) -> Table:
        held: Held = dict.fromkeys(origin.owners, (self._own,))
        if origin.is_default:
            for adjacency in self.graph.default_originators:
                offered = self._one(offered_default(adjacency))
                held[adjacency.receiver] = (*held.get(adjacency.receiver, ()), offered)
        selections: Choices = {}
        self._settle(origin, held, selections, tuple(held), frozenset())
        return Table(origin, held, selections)

    def _after(self, table: Table, lost: frozenset[Adjacency]) -> Table:
        """Return a table after some adjacencies have gone; the same one if none of them mattered."""
        bereft: dict[Node, tuple[Route, ...]] = {}
        for node in {adjacency.receiver for adjacency in lost}:
            routes = table.candidates(node)
            kept = tuple(route for route in routes if route.learned_over not in lost)
            if len(kept) < len(routes):
                bereft[node] = kept
        if not bereft:
            return table
        held = {**table.held, **bereft}
        selections = dict(table.selections)
        changed = self._settle(table.origin, held, selections, bereft, lost)
        touched = (node for node in changed if table.selections.get(node) is not selections.get(node))
        return Table(table.origin, held, selections, frozenset(touched))

    def _settle(
        self,
        origin: Origin,
        held: Held,
        selections: Choices,
        changed: Collection[Node],
        lost: frozenset[Adjacency],
    ) -> set[Node]:
        """Let nodes choose and tell until none changes its mind. Both mappings are updated in place.

        Return the nodes that have changed their minds at least once; some may be back where they were.
        """
        waiting, queued = deque(changed), set(changed)
        budget = _ROUNDS * max(1, len(self.graph.told))
        moved: set[Node] = set()
        while waiting:
            budget -= 1
            if not budget:
                raise UnstableRoutingError(f"routing never settles around {waiting[0].name}")
            node = waiting.popleft()
            queued.discard(node)
            chosen = self._choose(node, held[node])
            if chosen is selections.get(node):
                continue
            moved.add(node)
            if chosen is None:
                del selections[node]
            else:
                selections[node] = chosen
            for adjacency in self.graph.told.get(node, ()):
                receiver = adjacency.receiver
                if (
                    adjacency not in lost
                    and self._tell(adjacency, chosen, origin, held)
                    and receiver not in queued
                ):
                    queued.add(receiver)
                    waiting.append(receiver)
        return moved

    def _choose(self, node: Node, routes: tuple[Route, ...]) -> Selection | None:
        """Choose, as before if the same routes were there to choose from: they say whose they are."""
        key = tuple(map(id, routes))
        if key not in self._chosen:
            self._chosen[key] = select(node, routes)
            self._selections.append(routes)
        return self._chosen[key]

    def _tell(self, adjacency: Adjacency, chosen: Selection | None, origin: Origin, held: Held) -> bool:
        """Update what the receiver knows from the sender; return whether that changed.

        Of several routes the first that may be told is: they are equal in all that the receiver compares.
        """
        told = None
        for route in chosen.routes if chosen else ():
            told = self._route_told(adjacency, route, origin)
            if told is not None:
                break
        receiver = adjacency.receiver
        routes = held.get(receiver, ())
        known = next((route for route in routes if route.learned_over is adjacency), None)
        if told is known:
            return False
        others = [route for route in routes if route is not known]
        if told is not None:
            others.append(told)
            others.sort(key=_order)
        held[receiver] = tuple(others)
        return True

    def _route_told(self, adjacency: Adjacency, route: Route, origin: Origin) -> Route | None:
        if refusal_of(adjacency, route, origin):
            return None
        key = (id(adjacency), id(route))
        if key not in self._told:
            told = tell_any(adjacency, route)
            self._told[key] = self._one(told) if isinstance(told, Route) else None
        return self._told[key]

    def _one(self, route: Route) -> Route:
        """Return the one route that stands for all that are equal to it."""
        return self._routes.setdefault(route, route)


def _order(route: Route) -> int:
    return route.learned_over.number if route.learned_over else -1


def propagate(graph: Graph) -> Tables:
    """Return the tables of the steady state."""
    return Propagation(graph).steady()
