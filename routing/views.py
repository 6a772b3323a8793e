"""The route table that a place sees, predicted, in the columns in which Azure or IOS shows it.

- What only the deployment knows (addresses of Azure's own gateways and edges, ages, versions) is a name in
  angle brackets, or left out and said so; it is never computed (VPN-2).
- Whether a row is there, its AS path, weight and preference follow from the same tables as the paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from routing.best_path import Selection
from routing.graph import Graph
from routing.nodes import MicrosoftEdgeNode, Node
from routing.origins import Origin
from routing.propagation import Tables
from topology import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """One table, to be laid beside the output of a command."""

    command: str
    """What shows the real one."""
    columns: tuple[str, ...]
    """As that command heads them."""
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    """What differs from the real output for certain, or is not certain."""
    text: str
    """Columns and rows as that command prints them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """A place with the routes that it holds."""

    network: Network
    node: Node
    name: str
    """The place's name without its kind."""
    tables: Tables
    graph: Graph
    failed: tuple[str, ...] = ()
    """The elements that are down."""

    def at(self, node: Node, name: str) -> Vantage:
        """Return what another place sees at the same time."""
        return replace(self, node=node, name=name)

    def node_of(self, element: str) -> Node | None:
        """Return the node that is an element, unless it has failed."""
        if element in self.failed:
            return None
        ends = (
            node for each in self.graph.by_element.get(element, ()) for node in (each.sender, each.receiver)
        )
        return next((node for node in ends if node.element == element), None)

    def number_of(self, prefix: IPv4Network) -> int:
        """Return the number of a prefix's table."""
        return next(table.origin.number for table in self.tables if prefix in table.origin.prefixes)

    def held(self) -> Iterator[tuple[IPv4Network, Origin, Selection]]:
        """Yield each prefix that the node knows, with whose it is and what it goes by; by address."""
        named = ((prefix, table) for table in self.tables for prefix in table.origin.prefixes)
        for prefix, table in sorted(named, key=lambda each: each[0]):
            if selection := table.selections.get(self.node):
                yield prefix, table.origin, selection


def unknown_address(node: Node, instance: int | None = None) -> str:
    """Return what stands for an address that only the deployment knows, a gateway's or one instance's."""
    if instance is not None:
        return f"<{node.name}, instance {instance}>"
    if isinstance(node, MicrosoftEdgeNode):
        return f"<{node.name.replace(' Microsoft edge', ' edge')}>"
    return f"<{node.name}>"


def classful(prefix: IPv4Network) -> str:
    """Return a prefix as BGP tables of IOS write it: without its length where that follows from its class."""
    first = int(prefix.network_address) >> 24
    natural = 8 if first < _CLASS_B else 16 if first < _CLASS_C else 24
    return str(prefix.network_address) if prefix.prefixlen == natural else str(prefix)


_CLASS_B, _CLASS_C = 128, 192
"""The first octets of class B and of class C."""


def dashed(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    """Return a table as `az ... -o table` prints it: two spaces between columns, dashes under headings."""
    widths = [max(len(row[number]) for row in (columns, *rows)) for number in range(len(columns))]
    lines = (columns, tuple("-" * width for width in widths), *rows)
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)
