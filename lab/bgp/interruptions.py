"""How something fails: cables pulled, packets silently dropped, programs killed, or a planned drain."""

from __future__ import annotations

import asyncio
import os
import signal

from lab.bgp.blueprint import Blueprint, Node, NodeKind
from lab.bgp.client import ask
from lab.bgp.configuration import Neighbor
from lab.bgp.daemons import Daemons
from lab.bgp.directory import Directory
from lab.bgp.drained import Hands
from lab.bgp.draining import Pair, Steps, draining, withdrawing
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import Cut, cut, mend
from lab.bgp.manner import Manner
from lab.bgp.namespaces import inside, run
from lab.bgp.places import RUN
from lab.bgp.steps import Sight, Step
from lab.bgp.tunnels import load_ipsec
from lab.bgp.vty import Vty, configure

_SILENCE = "silence"
_JUST_NOW = 1.0
_KEEPALIVE_SECONDS = 65.0
"""Longer than the 60 s between two keepalives."""
_SILENT_RULES = """\
table inet {table} {{
    chain arriving {{
        type filter hook prerouting priority -300
        iifname "{interface}" drop
    }}
}}
"""


def interruption(
    blueprint: Blueprint, planned: Cut, manner: Manner, pair: Pair, directory: Directory, hands: Hands
) -> Steps:
    """Return the steps that interrupt, and those that mend; a planned change looks at the pair's traffic.

    `hands` change routers for it.

    Raises:
        UnsupportedDesignError: if the element cannot fail in this manner.
    """
    match manner:
        case Manner.DOWN:
            return _pulling(blueprint, planned)
        case Manner.SILENT:
            return _silencing(planned)
        case Manner.SILENT_WITHOUT_BFD:
            return _without_bfd(blueprint, planned)
        case Manner.KILLED:
            return _killing(blueprint, planned, directory)
        case Manner.GONE:
            return _losing_power(blueprint, planned, directory)
    return (draining if manner is Manner.DRAIN else withdrawing)(blueprint, planned, pair, hands)


def _pulling(blueprint: Blueprint, planned: Cut) -> Steps:
    name = planned.element
    return (
        [Step(words=f"{name} goes down", act=lambda: cut(planned))],
        [Step(words=f"{name} comes up", act=lambda: mend(blueprint, planned))],
    )


def _silencing(planned: Cut) -> Steps:
    name = planned.element
    return (
        [Step(words=f"{name} drops everything, both ways", act=lambda: _silence(planned))],
        [Step(words=f"{name} drops nothing any more", act=lambda: _unsilence(planned))],
    )


def _silence(planned: Cut) -> None:
    """Drop what arrives at both ends of each wire."""
    for node, interface in planned.ports:
        run(*inside(node, "nft", "-f", "-"), text=_SILENT_RULES.format(table=_SILENCE, interface=interface))


def _unsilence(planned: Cut) -> None:
    for node in {node for node, _ in planned.ports}:
        lines = f"add table inet {_SILENCE}\ndelete table inet {_SILENCE}\n"  # also if it was never added
        run(*inside(node, "nft", "-f", "-"), text=lines)


def _without_bfd(blueprint: Blueprint, planned: Cut) -> Steps:
    """Take BFD off the element's sessions first, and put it back at the end."""
    addresses = {
        here.node: {address.ip for address in there.addresses}
        for wire in planned.wires
        for here, there in (wire.ends, wire.ends[::-1])
    }
    sessions = [
        (node, neighbor)
        for node in blueprint.speakers
        for neighbor in (node.routing.bgp.neighbors if node.routing and node.routing.bgp else ())
        if neighbor.bfd and neighbor.address in addresses.get(node.name, ())
    ]
    if not sessions:
        raise UnsupportedDesignError(f"{planned.element} has no session with BFD: name a circuit's link")

    def switch(line: str) -> None:
        for node, neighbor in sessions:
            assert node.routing is not None
            assert node.routing.bgp is not None
            process = f"router bgp {node.routing.bgp.asn}"
            configure(RUN / node.name / "bgpd.vty", (process, line.format(neighbor.address)))

    name = planned.element
    off = Step(
        words=f"BFD is taken off {name}",
        act=lambda: switch("no neighbor {} bfd"),
        sight=Sight(
            words="a keepalive has come: BGP's hold time begins anew, which is the worst moment to fail",
            holds=lambda: any(_seconds_since_read(node, neighbor) < _JUST_NOW for node, neighbor in sessions),
            otherwise="no keepalive has come",
            seconds=_KEEPALIVE_SECONDS,
        ),
    )
    on = Step(words=f"BFD is back on {name}", act=lambda: switch("neighbor {} bfd 3 300 300"))
    silence, sound = _silencing(planned)
    return [off, *silence], [*sound, on]


def _seconds_since_read(node: Node, neighbor: Neighbor) -> float:
    address = str(neighbor.address)
    with Vty(RUN / node.name / "bgpd.vty") as vty:
        said = vty.json(f"show bgp neighbors {address} json")
    return float(said[address]["bgpTimerLastRead"]) / 1000


# --- killed programs -------------------------------------------------------------------------------------


def _killing(blueprint: Blueprint, planned: Cut, directory: Directory) -> Steps:
    nodes = _speakers(blueprint, planned)
    daemons = Daemons(blueprint, directory.logs)

    def kill() -> None:
        for node in nodes:
            os.kill(int((RUN / node.name / "bgpd.pid").read_text()), signal.SIGKILL)

    def restart() -> None:
        for node in nodes:
            daemons.start_frr(node.name, "bgpd")
            daemons.reload_frr(node.name)

    name = planned.element
    return (
        [Step(words=f"{name}'s BGP process is killed", act=kill)],
        [Step(words=f"{name}'s BGP process starts anew", act=restart)],
    )


def _losing_power(blueprint: Blueprint, planned: Cut, directory: Directory) -> Steps:
    """Behind the lab's routers, one starts from its startup-config; all else from what it was given last."""
    nodes = [
        node.name for node in blueprint.nodes.values() if planned.element in {node.element, node.instance}
    ]
    ending_tunnels = [name for name in nodes if blueprint.nodes[name].kind is NodeKind.PUBLIC]
    speakers = [node.name for node in _speakers(blueprint, planned)]
    undeployed = (directory.read_status() or {}).get("undeployed")
    told = [name for name in speakers if undeployed and blueprint.nodes[name].kind is NodeKind.ROUTER]
    daemons = Daemons(blueprint, directory.logs)

    def lose() -> None:
        _switch(told, directory, on=False)
        for node in nodes:
            for pid in run("ip", "netns", "pids", node).split():
                os.kill(int(pid), signal.SIGKILL)
        cut(planned)

    def start() -> None:
        mend(blueprint, planned)
        for name in speakers:
            for daemon in _programs(name):
                daemons.start_frr(name, daemon)
            if not told:
                daemons.reload_frr(name)
        for name in ending_tunnels:
            daemons.restart_charon(name)
            if not told:
                load_ipsec(name)
        _switch(told, directory, on=True)

    name = planned.element
    return (
        [Step(words=f"{name} loses its power", act=lose)],
        [
            Step(
                words=f"{name} has power again, and starts from {'what was saved' if told else 'nothing'}",
                act=start,
            )
        ],
    )


def _switch(routers: list[str], directory: Directory, *, on: bool) -> None:
    """Tell who takes routers' lines that they have power, or none."""
    for node in routers:
        asyncio.run(ask(directory, router=node.removeprefix(f"{NodeKind.ROUTER}."), power=on))


def _programs(node: str) -> list[str]:
    """Return the FRR daemons that a node has run, zebra first: the others speak with it."""
    return sorted((file.stem for file in (RUN / node).glob("*.pid")), key=lambda name: name != "zebra")


def _speakers(blueprint: Blueprint, planned: Cut) -> list[Node]:
    nodes = [
        node
        for node in blueprint.speakers
        if planned.element in {node.element, node.instance} and node.routing and node.routing.bgp
    ]
    if not nodes:
        raise UnsupportedDesignError(f"{planned.element} runs no BGP: name a router, a gateway or a circuit")
    return nodes
