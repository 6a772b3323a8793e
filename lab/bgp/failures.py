"""What a failure cuts, by the element's name, and how it is mended."""

from __future__ import annotations

from dataclasses import dataclass

from lab.bgp.blueprint import Blueprint, TunnelWire, Wire
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.namespaces import restore_routes, set_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The wires that an element's failure takes away; nothing in the steady state."""

    element: str | None = None
    wires: tuple[Wire, ...] = ()

    @property
    def ports(self) -> frozenset[tuple[str, str]]:
        """Node and interface of both ends of each wire."""
        return frozenset((port.node, port.interface) for wire in self.wires for port in wire.ends)


def plan_cut(blueprint: Blueprint, element: str) -> Cut:
    """Return what an element's failure cuts: the wires that stand for it, and all those of its nodes.

    Raises:
        UnsupportedDesignError: if nothing in the living network stands for the element.
    """
    failing = {node.name for node in blueprint.nodes.values() if element in {node.element, node.instance}}
    wires = tuple(
        wire
        for wire in blueprint.wires
        if element in wire.elements or any(port.node in failing for port in wire.ends)
    )
    if not wires and not failing:
        raise UnsupportedDesignError(f"nothing in the living network stands for {element}")
    return Cut(element=element, wires=wires)


def cut(cut: Cut) -> None:
    """Switch interfaces off at both ends, as if cables were pulled."""
    for wire in cut.wires:
        for port in wire.ends:
            set_port(port, up=False)


def mend(blueprint: Blueprint, cut: Cut) -> None:
    """Switch the interfaces on again."""
    for wire in cut.wires:
        for port in wire.ends:
            set_port(port, up=True)
    touched = {port.node for wire in cut.wires if not isinstance(wire, TunnelWire) for port in wire.ends}
    for name in touched:
        restore_routes(blueprint.nodes[name])
