"""Which node holds which routes: what is told is chosen from and told on, until nothing changes.

- Prefixes do not influence one another, so each origin has a table of its own.
- A failure starts from the steady state's tables, takes away what the failed adjacencies told, and lets
  the rest settle; tables that it does not touch are shared, not copied.
- What a node has once chosen from some routes, or told of one, it would choose and tell again for any other
  prefix: both are remembered, so that most of a large network costs look-ups.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from routing.best_path import Selection, select
from routing.elements import RoutingError
from routing.exchange import may_pass, offered_default, prefix_rule, tell_any
from routing.graph import Graph
from routing.histories import differing, latecomers
from routing.nodes import Adjacency, ExpressRouteGatewayNode, Node, RouterNode
from routing.origins import Origin
from routing.routes import OWN_AS, Protocol, Route

Choices = dict[Node, Selection]
Pending = dict[Node, tuple[Route, ...]]
"""What nodes have been told and not yet chosen from, in the order of the adjacencies that told it."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """What every node goes by to one origin's prefixes."""

    origin: Origin
    selections: Mapping[Node, Selection]
    touched: frozenset[Node] = frozenset()
    """The nodes whose choice differs from the table that this was derived from, or may do so."""
    rivals: tuple[Table, ...] = ()
    """What may come about as well, if other routes are there first; `selections` is one of several states."""


Tables = tuple[Table, ...]
"""Those of all origins, by their numbers."""


def rivals_of(tables: Tables) -> Iterator[Tables]:
    """Yield what each other state of the network has instead of some tables."""
    for number in range(max((len(table.rivals) for table in tables), default=0)):
        yield tuple(table.rivals[number] if number < len(table.rivals) else table for table in tables)


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
        """By the identities of an adjacency and of a route: both stay as long as this."""
        self._chosen: dict[tuple[int, ...], Selection | None] = {}
        self._tellers: dict[int, tuple[Adjacency, ...]] = {}
        """By the identity of what a node has chosen."""
        self._rules = {adjacency: prefix_rule(adjacency) for adjacency in graph.adjacencies}
        self._late = latecomers(graph)

    def steady(self) -> Tables:
        """Return the tables with everything up."""
        tables = tuple(map(self._originate, self.graph.origins))
        tables = tuple(self._with_rivals(table, table, frozenset()) for table in tables)
        self._told.clear()  # a failure asks for little of it again
        return tables

    def without(self, tables: Tables, outage: Outage) -> Tables:
        """Return the tables after an outage."""
        if not outage.lost:
            return tables
        receivers = {adjacency.receiver for adjacency in outage.lost}
        return tuple(
            self._with_rivals(self._after(table, outage.lost, receivers), table, outage.lost)
            for table in tables
        )

    def _originate(self, origin: Origin) -> Table:
        pending: Pending = dict.fromkeys(origin.owners, (self._own,))
        if origin.is_default:
            for adjacency in self.graph.default_originators:
                offered = self._one(offered_default(adjacency))
                pending[adjacency.receiver] = (*pending.get(adjacency.receiver, ()), offered)
        selections: Choices = {}
        self._settle(origin, pending, selections, frozenset())
        return Table(origin=origin, selections=selections)

    def _after(self, table: Table, lost: frozenset[Adjacency], receivers: set[Node]) -> Table:
        """Return a table after some adjacencies have gone; the same one if none of them mattered."""
        pending: Pending = {}
        for node in receivers:
            if (before := table.selections.get(node)) is not None:
                kept = tuple(route for route in before.held if route.learned_over not in lost)
                if len(kept) < len(before.held):
                    pending[node] = kept
        if not pending:
            return table
        selections = dict(table.selections)
        moved = self._settle(table.origin, pending, selections, lost)
        touched = (node for node in moved if table.selections.get(node) is not selections.get(node))
        return Table(origin=table.origin, selections=selections, touched=frozenset(touched))

    def _with_rivals(self, table: Table, before: Table, lost: frozenset[Adjacency]) -> Table:
        """Return a table with the other states in which routing may settle, if there are any."""
        if not any(late.bears_on(table.origin) for late in self._late):
            return table
        rivals = list[Table]()
        for late in self._late:
            rival = self._had_come_later(late.adjacencies, table, lost)
            if all(differing(rival.selections, other.selections) for other in (table, *rivals)):
                rivals.append(rival)
        if not rivals and not before.rivals:
            return table
        unsure = {node for each in rivals for node in differing(each.selections, table.selections)}
        unsure |= {node for each in before.rivals for node in differing(each.selections, before.selections)}
        return replace(table, touched=table.touched | unsure, rivals=tuple(rivals))

    def _had_come_later(self, late: frozenset[Adjacency], table: Table, lost: frozenset[Adjacency]) -> Table:
        """Return the table that comes about if some adjacencies come up when all others have settled."""
        receivers = {adjacency.receiver for adjacency in late}
        early = self._after(table, late | lost, receivers)
        selections, pending = dict(early.selections), Pending()
        for adjacency in sorted(late - lost, key=lambda each: each.number):
            told = self._told_over(adjacency, selections.get(adjacency.sender), table.origin)
            _hear(adjacency, told, pending, selections)
        self._settle(table.origin, pending, selections, lost, loyal=True)
        return Table(origin=table.origin, selections=selections)

    def _settle(
        self,
        origin: Origin,
        pending: Pending,
        selections: Choices,
        lost: frozenset[Adjacency],
        *,
        loyal: bool = False,
    ) -> set[Node]:
        """Let nodes choose and tell until none changes its mind. Both mappings are updated in place.

        Of equal routes a BGP speaker tells one. A Microsoft edge is taken to tell everyone one that he may be
        told; if it is loyal, it tells what it has from a gateway, which was there before its own link was.

        Return the nodes that have been told something else; some may be back where they were.
        """
        waiting = deque(pending)
        budget = _ROUNDS * max(1, len(self.graph.told))
        moved: set[Node] = set()
        while waiting:
            budget -= 1
            if not budget:
                raise UnstableRoutingError(
                    f"which way to {origin.prefix} never settles around {waiting[0].name}: "
                    "preferences there depend on each other in a circle"
                )
            node = waiting.popleft()
            before, chosen = selections.get(node), self._choose(node, pending.pop(node))
            if chosen is before:
                continue
            moved.add(node)
            if chosen is None:
                del selections[node]
            else:
                selections[node] = chosen
            if chosen and before and chosen.routes == before.routes:
                continue
            for adjacency in self._asked(before, chosen, node):
                if adjacency not in lost:
                    told = self._told_over(adjacency, _incumbent(chosen) if loyal else chosen, origin)
                    if _hear(adjacency, told, pending, selections):
                        waiting.append(adjacency.receiver)
        return moved

    def _asked(self, before: Selection | None, chosen: Selection | None, node: Node) -> Iterable[Adjacency]:
        """Return the adjacencies that may tell something of a choice, or have told something of the last."""
        if before is None:
            return self._telling(node, chosen)
        if chosen is None:
            return self._telling(node, before)
        return dict.fromkeys((*self._telling(node, before), *self._telling(node, chosen)))

    def _telling(self, node: Node, selection: Selection | None) -> tuple[Adjacency, ...]:
        assert selection
        if (known := self._tellers.get(id(selection))) is not None:
            return known
        kind = selection.routes[0].protocol
        telling = tuple(each for each in self.graph.told.get(node, ()) if may_pass(each, kind))
        if selection.routes[0] is not self._own:  # many nodes choose what is their own
            self._tellers[id(selection)] = telling
        return telling

    def _choose(self, node: Node, routes: tuple[Route, ...]) -> Selection | None:
        """Choose, as before if the same routes were there to choose from: they say whose they are."""
        key = tuple(map(id, routes))
        if key not in self._chosen:
            self._chosen[key] = select(node, routes)
        return self._chosen[key]

    def _told_over(self, adjacency: Adjacency, chosen: Selection | None, origin: Origin) -> Route | None:
        """Return what the receiver hears.

        Of several routes the first that may be told is: they are equal in all that the receiver compares.
        """
        for route in chosen.routes if chosen else ():
            rule = self._rules[adjacency]
            if rule is not None and rule(adjacency, route, origin) is not None:
                continue
            key = (id(adjacency), id(route))
            if key not in self._told:
                heard = tell_any(adjacency, route)
                self._told[key] = self._one(heard) if isinstance(heard, Route) else None
            if (told := self._told[key]) is not None:
                return self._concrete(told) if len(origin.asns) > 1 else told
        return None

    def _concrete(self, route: Route) -> Route:
        """Return a route with the AS of the router that told it, where several locations share a prefix."""
        assert route.learned_over
        router = route.learned_over.sender
        if not isinstance(router, RouterNode) or OWN_AS.isdisjoint(route.as_path):
            return route
        return self._one(replace(route, as_path=(router.asn,) * len(route.as_path)))

    def _one(self, route: Route) -> Route:
        """Return the one route that stands for all that are equal to it."""
        return self._routes.setdefault(route, route)


def _incumbent(chosen: Selection | None) -> Selection | None:
    """Return what an edge tells of equal routes if it keeps to the oldest: a gateway's."""
    if chosen is None or len(chosen.routes) == 1:
        return chosen
    oldest = [route for route in chosen.routes if isinstance(route.next_hop, ExpressRouteGatewayNode)]
    return replace(chosen, routes=(oldest[0],)) if oldest else chosen


def _hear(adjacency: Adjacency, told: Route | None, pending: Pending, selections: Choices) -> bool:
    """Note what an adjacency tells its receiver now; return whether that has no choice before it yet."""
    receiver = adjacency.receiver
    if (routes := pending.get(receiver)) is None:
        holding = selections.get(receiver)
        routes, is_first = holding.held if holding else (), True
    else:
        is_first = False
    known = None
    for route in routes:
        if route.learned_over is adjacency:
            known = route
    if told is known:
        return False
    others = [route for route in routes if route is not known]
    if told is not None:
        others.append(told)
        others.sort(key=_order)
    pending[receiver] = tuple(others)
    return is_first


def _order(route: Route) -> int:
    return route.learned_over.number if route.learned_over else -1


def propagate(graph: Graph) -> Tables:
    """Return the tables of the steady state."""
    return Propagation(graph).steady()
