"""Where packets go: from table to table, longest prefix first, along every equal-cost alternative.

- Azure lets a peering's own route beat even a longer prefix from BGP (PATH-5). That cannot arise here: sites
  do not overlap, and a VNet is advertised as its whole address space.
- A trail is one way that a packet may take; it ends where it is delivered or where a table has no way on.
- Each node decides by its own table. A VPN gateway that a packet reaches through a tunnel goes by what its
  tunnels told it, not by what the VNet prefers (PATH-3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeVar

from routing.best_path import Selection
from routing.graph import (
    Node,
    RouterNode,
    Segment,
)
from routing.propagation import Tables
from routing.routes import Route

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a node on the way went by."""

    node: Node
    prefix: IPv4Network
    selection: Selection
    shorter: tuple[tuple[IPv4Network, Selection], ...] = ()
    """What it would go by for the rest of a shorter prefix, the longest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One way that a packet may take."""

    delivered: bool
    end: Node
    """The destination, or the node that has no way on."""
    hops: tuple[str, ...]
    """Element names, without the two ends."""
    segments: tuple[Segment, ...]
    decisions: tuple[Decision, ...]
    looped: bool = False
    described: bool = True
    """Whether the stack file describes every router on the way."""

    @property
    def by_chance(self) -> bool:
        """Whether a node on the way may just as well have chosen otherwise."""
        return any(decision.selection.chance for decision in self.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An address, and every prefix of the network that holds it, the longest first."""

    site: Node
    address: IPv4Address
    prefixes: tuple[IPv4Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A packet on its way, with what is behind it."""

    node: Node
    hops: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    visited: tuple[Node, ...] = ()


def follow(tables: Tables, source: Node, destination: Destination) -> tuple[Trail, ...]:
    """Return every trail from a site to an address, those of the first adjacency first."""
    return tuple(_walk(tables, destination, _Step(node=source, visited=(source,))))


def _walk(tables: Tables, destination: Destination, step: _Step) -> Iterator[Trail]:
    if step.node is destination.site:
        yield _trail(step, delivered=True)
        return
    decision = _decide(tables, destination, step.node)
    if decision is None:
        yield _trail(step, delivered=False)
        return
    for route in decision.selection.routes:
        onward = _cross(step, decision, route)
        if onward is None:
            yield _trail(step, delivered=False)
        elif onward.node in step.visited:
            yield _trail(onward, delivered=False, looped=True)
        else:
            yield from _walk(tables, destination, onward)


def _decide(tables: Tables, destination: Destination, node: Node) -> Decision | None:
    matching = [
        (prefix, selection)
        for prefix in destination.prefixes
        if (selection := tables[prefix].selections.get(node)) is not None
    ]
    if not matching:
        return None
    (prefix, selection), *shorter = matching
    return Decision(node=node, prefix=prefix, selection=selection, shorter=tuple(shorter))


def _cross(step: _Step, decision: Decision, route: Route) -> _Step | None:
    """Return the packet at the next hop; None if the node itself is the prefix's end, but not the site's."""
    if (adjacency := route.learned_over) is None:
        return None
    entered = adjacency.sender
    elements = (*adjacency.elements, *((entered.element,) if entered.element else ()))
    segments = tuple(one for one in (adjacency.segment, entered.segment) if one)
    return _Step(
        node=entered,
        hops=_without_repeats((*step.hops, *elements)),
        segments=_without_repeats((*step.segments, *segments)),
        decisions=(*step.decisions, decision),
        visited=(*step.visited, entered),
    )


def _without_repeats(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    return tuple(item for index, item in enumerate(items) if index == 0 or items[index - 1] != item)


def _trail(step: _Step, *, delivered: bool, looped: bool = False) -> Trail:
    return Trail(
        delivered=delivered,
        end=step.node,
        hops=step.hops,
        segments=step.segments,
        decisions=step.decisions,
        looped=looped,
        described=all(node.described for node in step.visited if isinstance(node, RouterNode)),
    )
