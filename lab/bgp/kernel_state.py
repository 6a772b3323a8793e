"""What a node has in the kernel: addresses, interfaces that are up, routes; and how it becomes another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab.bgp.namespaces import try_batch

Item = tuple[str, str]
"""A node, and what follows `ip`'s verb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelState:
    """Everything that is there; what is not named is not touched."""

    addresses: frozenset[Item] = frozenset()
    """Such as `10.0.0.1/32 dev lo`."""
    up: frozenset[Item] = frozenset()
    """Interfaces."""
    routes: frozenset[Item] = frozenset()

    def become(self, after: KernelState) -> tuple[str, ...]:
        """Turn this state into another; return what the kernel says to what it is to add.

        What is to go may have gone already: the kernel forgets routes with an interface.
        """
        gone = (
            ("route delete", self.routes - after.routes),
            ("address delete", self.addresses - after.addresses),
            ("link set", ((node, f"{name} down") for node, name in self.up - after.up)),
        )
        new = (
            ("address replace", after.addresses - self.addresses),
            ("link set", ((node, f"{name} up") for node, name in after.up - self.up)),
            ("route replace", after.routes - self.routes),
        )
        tuple(_carry_out(gone))
        return tuple(_carry_out(new))

    def restore_routes(self) -> None:
        """Put routes back that the kernel forgot when an interface went down; what cannot be, waits."""
        tuple(_carry_out((("route replace", self.routes),)))


def _carry_out(steps: Iterable[tuple[str, Iterable[Item]]]) -> Iterator[str]:
    lines: dict[str, list[str]] = defaultdict(list)
    for verb, items in steps:
        for node, rest in sorted(items):
            lines[node].append(f"{verb} {rest}")
    for node, commands in lines.items():
        if complaint := try_batch(node, commands):
            yield f"the kernel, to {node}: {complaint}"
