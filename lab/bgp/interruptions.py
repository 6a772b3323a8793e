"""How something fails: cables pulled, packets silently dropped, a daemon killed, or a planned drain."""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from pathlib import Path

from lab.bgp.blueprint import Blueprint
from lab.bgp.daemons import RUN, Daemons
from lab.bgp.draining import Step, draining
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import Cut, cut, mend
from lab.bgp.namespaces import inside, run

_SILENCE = "silence"
_SILENT_RULES = """\
table inet {table} {{
    chain arriving {{
        type filter hook prerouting priority -300
        iifname "{interface}" drop
    }}
}}
"""


class Manner(StrEnum):
    """How an element fails."""

    DOWN = "down"
    """Interfaces lose their carrier at both ends."""
    SILENT = "silent"
    """Packets vanish both ways, and no interface notices."""
    KILLED = "killed"
    """The routers' BGP process is killed, and started anew to mend it."""
    DRAIN = "drain"
    """A planned change: traffic moves first, then the element is shut."""


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
    return draining(blueprint, planned)


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
