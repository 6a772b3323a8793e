"""A planned drain: make the other way before the old one is broken, so that no packet is lost.

1. Longer prefixes over the router's tunnels move Azure's side to VPN, with ExpressRoute still there (PATH-1).
2. A lower local preference moves the router's side.
3. Then the prefixes are withdrawn and the link is shut; nothing crosses it any more.

Withdrawing first would lose what is under way: each node forgets the route before the next one hears of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.bgp.blueprint import Blueprint, Node, NodeKind
from lab.bgp.configuration import Bgp, Neighbor
from lab.bgp.daemons import RUN
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import Cut, cut, mend
from lab.bgp.vty import Vty

Step = tuple[str, Callable[[], None]]
"""What is done, in words, and the doing."""

_OUT, _IN = "drained-out", "drained-in"
_MAPS = (
    f"route-map {_OUT} deny 10",
    "exit",
    f"route-map {_IN} permit 10",
    "set local-preference 10",
    "set tag 1",
    "exit",
)
_FIRST_NUMBER = 1000
_PAUSE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """A router that ends what is drained."""

    node: Node
    bgp: Bgp
    neighbor: Neighbor
    lan: IPv4Address
    """The LAN's own address, where the longer prefixes are, too."""

    @property
    def tunnels(self) -> tuple[Neighbor, ...]:
        """The sessions over VPN that take over."""
        return tuple(
            one for one in self.bgp.neighbors if one.multihop and one.address != self.neighbor.address
        )

    @property
    def halves(self) -> tuple[IPv4Network, ...]:
        """The prefixes, each in two longer ones."""
        return tuple(half for prefix in self.bgp.networks for half in prefix.subnets())


def draining(blueprint: Blueprint, planned: Cut) -> tuple[list[Step], list[Step]]:
    """Return the steps of a drain, and those back.

    Raises:
        UnsupportedDesignError: if the element ends on no router.
    """
    ends = list(_ends(blueprint, planned))
    if not ends:
        raise UnsupportedDesignError(f"{planned.element} ends on no router: name a link or a tunnel")

    def for_all(change: Callable[..., None], *, drained: bool) -> Callable[[], None]:
        def apply() -> None:
            for end in ends:
                change(end, drained=drained)
            time.sleep(_PAUSE)

        return apply

    name = planned.element
    return (
        [
            ("longer prefixes are advertised over VPN", for_all(_lengthen, drained=True)),
            (f"{name} is preferred least", for_all(_prefer, drained=True)),
            (f"the prefixes are withdrawn from {name}", for_all(_withdraw, drained=True)),
            (f"{name} is shut", lambda: cut(planned)),
        ],
        [
            (f"{name} comes up, still drained", lambda: _come_up(blueprint, planned)),
            (f"the prefixes are advertised over {name} again", for_all(_withdraw, drained=False)),
            (f"{name} is preferred again", for_all(_prefer, drained=False)),
            ("the longer prefixes are withdrawn from VPN", for_all(_lengthen, drained=False)),
        ],
    )


def _ends(blueprint: Blueprint, planned: Cut) -> Iterator[_End]:
    for wire in planned.wires:
        for here, there in (wire.ends, wire.ends[::-1]):
            node = blueprint.nodes[here.node]
            if node.kind is not NodeKind.ROUTER or node.routing is None or node.routing.bgp is None:
                continue
            addresses = {address.ip for address in there.addresses}
            for neighbor in node.routing.bgp.neighbors:
                if neighbor.address in addresses:
                    lan = _lan_address(blueprint, node.name)
                    yield _End(node=node, bgp=node.routing.bgp, neighbor=neighbor, lan=lan)


def _lan_address(blueprint: Blueprint, router: str) -> IPv4Address:
    return next(
        there.addresses[0].ip
        for wire in blueprint.cables
        for here, there in (wire.ends, wire.ends[::-1])
        if here.node == router and blueprint.nodes[there.node].kind is NodeKind.LAN
    )


def _come_up(blueprint: Blueprint, planned: Cut) -> None:
    mend(blueprint, planned)
    time.sleep(2 * _PAUSE)  # the session has to be there before it is preferred


def _lengthen(end: _End, *, drained: bool) -> None:
    if not end.tunnels:
        return
    no = "" if drained else "no "
    _configure(end, "staticd", [f"{no}ip route {half} {end.lan}" for half in end.halves])
    lists = [
        f"{no}ip prefix-list {tunnel.export_prefixes} seq {_FIRST_NUMBER + number} permit {half}"
        for tunnel in end.tunnels
        for number, half in enumerate(end.halves)
    ]
    networks = [f"{no}network {half}" for half in end.halves]
    _configure(end, "bgpd", [*lists, f"router bgp {end.bgp.asn}", "address-family ipv4 unicast", *networks])
    for tunnel in end.tunnels:
        _clear(end, tunnel, "out")


def _prefer(end: _End, *, drained: bool) -> None:
    _use_map(end, "in", _IN if drained else end.neighbor.import_map, _IN)


def _withdraw(end: _End, *, drained: bool) -> None:
    _use_map(end, "out", _OUT if drained else end.neighbor.export_map, _OUT)


def _use_map(end: _End, direction: str, route_map: str | None, other: str) -> None:
    use = f"neighbor {end.neighbor.address} route-map {route_map or other} {direction}"
    line = use if route_map else f"no {use}"
    _configure(end, "bgpd", [*_MAPS, f"router bgp {end.bgp.asn}", "address-family ipv4 unicast", line])
    _clear(end, end.neighbor, direction)


def _configure(end: _End, daemon: str, lines: list[str]) -> None:
    with Vty(RUN / end.node.name / f"{daemon}.vty") as vty:
        for line in ("enable", "configure terminal", *lines, "end"):
            vty.run(line)


def _clear(end: _End, neighbor: Neighbor, direction: str) -> None:
    with Vty(RUN / end.node.name / "bgpd.vty") as vty:
        vty.run("enable")
        vty.run(f"clear bgp ipv4 unicast {neighbor.address} soft {direction}")
