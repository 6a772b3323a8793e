"""Where packets go: the kernel's tables of all nodes, followed from wire to wire along every alternative.

What is read is what forwards. A trail is told in the words of the prediction, by the elements and segments
that its wires and nodes stand for, and shares no code with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TypeVar

from lab.bgp.blueprint import Blueprint, NodeKind, Port, Segment, Wire
from lab.bgp.kernel_tables import KernelEntry, read_all_tables
from lab.bgp.policy_rules import MAIN_ONLY, Entry, Packet, PolicyRule, leave_by, read_rules

_Item = TypeVar("_Item")

NodeTables = Mapping[int, tuple[Entry, ...]]
"""By number; the longest prefix first."""


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

    def __init__(
        self,
        blueprint: Blueprint,
        tables: Mapping[str, NodeTables],
        rules: Mapping[str, tuple[PolicyRule, ...]],
    ) -> None:
        self._blueprint = blueprint
        self.tables = tables
        """By node."""
        self._rules = rules
        """Of nodes that have others than every node has."""
        self._far_ends = {
            (here.node, here.interface): (wire, there)
            for wire in blueprint.wires
            for here, there in (wire.ends, wire.ends[::-1])
        }

    def follow(self, source: str, destination: str) -> tuple[Trail, ...]:
        """Return every trail from a site's host to another's."""
        site, target = (self._blueprint.sites[name] for name in (source, destination))
        packet = Packet(source=site.host, destination=target.host)
        entry = next(port for wire, port in self._far_ends_of(site.host_node) if port.node == site.node)
        first = Trail(delivered=False, nodes=(site.node,))
        return tuple(dict.fromkeys(self._walk(entry, packet, target.host_node, first, frozenset())))

    def _walk(
        self, entry: Port, packet: Packet, target: str, trail: Trail, passed: frozenset[str | Port]
    ) -> Iterator[Trail]:
        """Yield every trail from where a packet has come in; one that passes a place twice goes round."""
        passed |= {self._place(entry)}
        for far_end in self._next(entry, packet):
            if far_end is None:
                yield trail
                continue
            wire, there = far_end
            if self._blueprint.nodes[there.node].kind is NodeKind.HOST:
                own = there.node == target
                yield Trail(delivered=own, hops=trail.hops, segments=trail.segments, nodes=trail.nodes)
                continue
            onward = self._cross(trail, wire, there.node)
            if self._place(there) in passed:
                yield onward
            else:
                yield from self._walk(there, packet, target, onward, passed)

    def _next(self, entry: Port, packet: Packet) -> Iterator[tuple[Wire, Port] | None]:
        node = entry.node
        rules = self._rules.get(node, MAIN_ONLY)
        interfaces = leave_by(rules, self.tables[node], packet, entry.interface)
        if not interfaces:
            yield None
        for interface in interfaces:
            yield self._far_ends.get((node, interface))

    def _place(self, entry: Port) -> str | Port:
        """Return what a node's decision depends on: with rules also where a packet has come in."""
        return entry if entry.node in self._rules else entry.node

    def _far_ends_of(self, node: str) -> Iterator[tuple[Wire, Port]]:
        return (far_end for (name, _), far_end in self._far_ends.items() if name == node)

    def _cross(self, trail: Trail, wire: Wire, node: str) -> Trail:
        entered, left = self._blueprint.nodes[node], self._blueprint.nodes[trail.nodes[-1]]
        elements = (*wire.elements, *((entered.element,) if entered.element else ()))
        segments = tuple(one for one in (wire.segment, entered.segment) if one)
        return Trail(
            delivered=False,
            hops=_without_repeats((*trail.hops, *elements)),
            segments=(*trail.segments, *segments)
            if left.kind is NodeKind.APPLIANCE  # back over what it came by, if that is the same
            else _without_repeats((*trail.segments, *segments)),
            nodes=(*trail.nodes, node),
        )


def _without_repeats(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    return tuple(item for index, item in enumerate(items) if index == 0 or items[index - 1] != item)


def read_tables(blueprint: Blueprint) -> ForwardingTables:
    """Read every node's tables from the kernel, and the rules of those that have some."""
    return ForwardingTables(
        blueprint,
        {
            node: {number: in_use(table) for number, table in tables.items()}
            for node, tables in read_all_tables(blueprint.nodes).items()
        },
        {node.name: read_rules(node.name) for node in blueprint.nodes.values() if node.rules},
    )


def in_use(table: tuple[KernelEntry, ...]) -> tuple[Entry, ...]:
    """Keep the entry with the lowest metric of each prefix."""
    best: dict[IPv4Network, KernelEntry] = {}
    for one in table:
        if one.prefix not in best or one.metric < best[one.prefix].metric:
            best[one.prefix] = one
    order = sorted(best, key=lambda prefix: (-prefix.prefixlen, prefix))
    return tuple((prefix, best[prefix].interfaces) for prefix in order)
