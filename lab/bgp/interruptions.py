"""How something fails: cables pulled, packets silently dropped, a daemon killed, or a planned drain."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from lab.bgp.blueprint import Blueprint, NodeKind
from lab.bgp.configuration import Neighbor
from lab.bgp.daemons import RUN, Daemons
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import Cut, cut, mend
from lab.bgp.namespaces import inside, run
from lab.bgp.vty import Vty

_SILENCE = "silence"
_SILENT_RULES = """\
table inet {table} {{
    chain arriving {{
        type filter hook prerouting priority -300
        iifname "{interface}" drop
    }}
}}
"""
_DRAIN = "drained"
_PAUSE = 3.0


class Manner(StrEnum):
    """How an element fails."""

    DOWN = "down"
    """Interfaces lose their carrier at both ends."""
    SILENT = "silent"
    """Packets vanish both ways, and no interface notices."""
    KILLED = "killed"
    """The routers' BGP process is killed, and started anew to mend it."""
    DRAIN = "drain"
    """A planned change: withdraw, lower the preference, and only then shut."""


Step = tuple[str, Callable[[], None]]
"""What is done, in words, and the doing."""


def interruption(
    blueprint: Blueprint, planned: Cut, manner: Manner, logs: Path
) -> tuple[list[Step], list[Step]]:
    """Return the steps that interrupt, and those that mend.

    Raises:
        UnsupportedDesignError: if the element cannot fail in this manner.
    """
    name = planned.element
    match manner:
        case Manner.DOWN:
            return (
                [(f"{name} goes down", lambda: cut(planned))],
                [(f"{name} comes up", lambda: mend(blueprint, planned))],
            )
        case Manner.SILENT:
            return (
                [(f"{name} drops everything, both ways", lambda: _silence(planned))],
                [(f"{name} drops nothing any more", lambda: _unsilence(planned))],
            )
        case Manner.KILLED:
            return _killing(blueprint, planned, logs)
    return _draining(blueprint, planned)


def _silence(planned: Cut) -> None:
    """Drop what arrives at both ends of each wire."""
    for node, interface in planned.ports:
        run(*inside(node, "nft", "-f", "-"), text=_SILENT_RULES.format(table=_SILENCE, interface=interface))


def _unsilence(planned: Cut) -> None:
    for node in {node for node, _ in planned.ports}:
        lines = f"add table inet {_SILENCE}\ndelete table inet {_SILENCE}\n"  # also if it was never added
        run(*inside(node, "nft", "-f", "-"), text=lines)


# --- a killed daemon -------------------------------------------------------------------------------------


def _killing(blueprint: Blueprint, planned: Cut, logs: Path) -> tuple[list[Step], list[Step]]:
    nodes = [
        node
        for node in blueprint.speakers
        if node.element == planned.element and node.routing and node.routing.bgp
    ]
    if not nodes:
        raise UnsupportedDesignError(f"{planned.element} runs no BGP: name a router, a gateway or a circuit")
    daemons = Daemons(blueprint, logs)

    def kill() -> None:
        for node in nodes:
            pid = int((RUN / node.name / "bgpd.pid").read_text())
            os.kill(pid, signal.SIGKILL)

    def restart() -> None:
        for node in nodes:
            (RUN / node.name / "bgpd.vty").unlink(missing_ok=True)
            daemons.start_frr(node.name, "bgpd")
            daemons.load_frr(node)

    name = planned.element
    return [(f"{name}'s BGP process is killed", kill)], [(f"{name}'s BGP process starts anew", restart)]


# --- a planned drain -------------------------------------------------------------------------------------


def _draining(blueprint: Blueprint, planned: Cut) -> tuple[list[Step], list[Step]]:
    """Withdraw, lower the preference, shut; and back in reverse."""
    ends = list(_router_ends(blueprint, planned))
    if not ends:
        raise UnsupportedDesignError(f"{planned.element} ends on no router: name a link or a tunnel")
    forbid = [f"route-map {_DRAIN}-out deny 10", "exit", f"route-map {_DRAIN}-in permit 10"]
    forbid += ["set local-preference 10", "set tag 1", "exit"]

    def configure(direction: str, *, drained: bool) -> None:
        for node, neighbor in ends:
            own = neighbor.import_map if direction == "in" else neighbor.export_map
            _apply_map(
                blueprint, node, neighbor, direction, f"{_DRAIN}-{direction}" if drained else own, forbid
            )
        time.sleep(_PAUSE)

    name = planned.element
    return (
        [
            (f"the prefixes are withdrawn from {name}", lambda: configure("out", drained=True)),
            (f"{name} is preferred least", lambda: configure("in", drained=True)),
            (f"{name} is shut", lambda: cut(planned)),
        ],
        [
            (f"{name} comes up, still drained", lambda: mend(blueprint, planned)),
            (f"{name} is preferred again", lambda: configure("in", drained=False)),
            (f"the prefixes are advertised over {name} again", lambda: configure("out", drained=False)),
        ],
    )


def _router_ends(blueprint: Blueprint, planned: Cut) -> Iterator[tuple[str, Neighbor]]:
    for wire in planned.wires:
        for here, there in (wire.ends, wire.ends[::-1]):
            node = blueprint.nodes[here.node]
            if node.kind is NodeKind.ROUTER and node.routing and node.routing.bgp:
                addresses = {address.ip for address in there.addresses}
                yield from (
                    (node.name, one) for one in node.routing.bgp.neighbors if one.address in addresses
                )


def _apply_map(
    blueprint: Blueprint,
    node: str,
    neighbor: Neighbor,
    direction: str,
    route_map: str | None,
    forbid: list[str],
) -> None:
    routing = blueprint.nodes[node].routing
    assert routing is not None
    assert routing.bgp is not None
    use = f"neighbor {neighbor.address} route-map {route_map or f'{_DRAIN}-{direction}'} {direction}"
    lines = [*forbid, f"router bgp {routing.bgp.asn}", "address-family ipv4 unicast"]
    lines.append(use if route_map else f"no {use}")
    with Vty(RUN / node / "bgpd.vty") as vty:
        for line in ("enable", "configure terminal", *lines, "end"):
            vty.run(line)
        vty.run(f"clear bgp ipv4 unicast {neighbor.address} soft {direction}")
