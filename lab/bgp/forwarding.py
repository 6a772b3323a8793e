"""Where packets go: the kernel's tables of all nodes, followed from wire to wire along every alternative.

What is read is what forwards. A trail is told in the words of the prediction, by the elements and segments
that its wires and nodes stand for, and shares no code with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeVar

from lab.bgp.blueprint import Blueprint, NodeKind, Port, Segment, Wire
from lab.bgp.kernel_tables import KernelEntry, read_main_tables

_Item = TypeVar("_Item")

_Entry = tuple[IPv4Network, tuple[str, ...]]
"""A prefix and the interfaces it leaves by; none where packets are thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One way that a packet may take."""

    delivered: bool
    hops: tuple[str, ...] = ()
    """Element names, as in the prediction."""
    segments: tuple[Segment, ...] = ()
    nodes: tuple[str, ...] = ()
    """Every node on the way, both ends included."""


class ForwardingTables:
    """All nodes' tables at one moment."""

    def __init__(self, blueprint: Blueprint, entries: Mapping[str, tuple[_Entry, ...]]) -> None:
        self._blueprint = blueprint
        self.entries = entries
        """By node; the longest prefix first."""
        self._far_ends = {
            (here.node, here.interface): (wire, there)
            for wire in blueprint.wires
            for here, there in (wire.ends, wire.ends[::-1])
        }

    def follow(self, source: str, destination: str) -> tuple[Trail, ...]:
        """Return every trail from a site's host to another's."""
        start = self._blueprint.sites[source].node
        address = self._blueprint.sites[destination].host
        first = Trail(delivered=False, nodes=(start,))
        return tuple(dict.fromkeys(self._walk(start, address, destination, first)))

    def _walk(self, node: str, address: IPv4Address, site: str, trail: Trail) -> Iterator[Trail]:
        for far_end in self._next(node, address):
            if far_end is None:
                yield trail
                continue
            wire, there = far_end
            if self._blueprint.nodes[there.node].kind is NodeKind.HOST:
                own = there.node == self._blueprint.sites[site].host_node
                yield Trail(delivered=own, hops=trail.hops, segments=trail.segments, nodes=trail.nodes)
                continue
            onward = self._cross(trail, wire, there.node)
            if there.node in trail.nodes:
                yield onward
            else:
                yield from self._walk(there.node, address, site, onward)

    def _next(self, node: str, address: IPv4Address) -> Iterator[tuple[Wire, Port] | None]:
        interfaces = next((ways for prefix, ways in self.entries[node] if address in prefix), ())
        if not interfaces:
            yield None
        for interface in interfaces:
            yield self._far_ends.get((node, interface))

    def _cross(self, trail: Trail, wire: Wire, node: str) -> Trail:
        entered = self._blueprint.nodes[node]
        elements = (*wire.elements, *((entered.element,) if entered.element else ()))
        segments = tuple(one for one in (wire.segment, entered.segment) if one)
        return Trail(
            delivered=False,
            hops=_without_repeats((*trail.hops, *elements)),
            segments=_without_repeats((*trail.segments, *segments)),
            nodes=(*trail.nodes, node),
        )


def _without_repeats(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    return tuple(item for index, item in enumerate(items) if index == 0 or items[index - 1] != item)


def read_tables(blueprint: Blueprint) -> ForwardingTables:
    """Read every node's table from the kernel."""
    tables = read_main_tables(blueprint.nodes)
    return ForwardingTables(blueprint, {node: _in_use(table) for node, table in tables.items()})


def _in_use(table: tuple[KernelEntry, ...]) -> tuple[_Entry, ...]:
    """Keep the entry with the lowest metric of each prefix."""
    best: dict[IPv4Network, KernelEntry] = {}
    for one in table:
        if one.prefix not in best or one.metric < best[one.prefix].metric:
            best[one.prefix] = one
    order = sorted(best, key=lambda prefix: (-prefix.prefixlen, prefix))
    return tuple((prefix, best[prefix].interfaces) for prefix in order)
