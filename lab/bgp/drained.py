"""What a planned drain changes on a router: as FRR is told it, where nobody types lines.

`typed_drain.py` types the same on the lab's routers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Protocol

from lab.bgp.blueprint import Blueprint, Node, NodeKind
from lab.bgp.configuration import Bgp, Neighbor
from lab.bgp.failures import Cut
from lab.bgp.places import RUN
from lab.bgp.vty import Vty, configure

OUT, IN, LAST = "drained-out", "drained-in", "drained-last"
"""Route maps: that withdraw, prefer least, and make the AS path longer."""
FIRST_NUMBER = 1000
"""Of the entries that a prefix list gains."""
PREPENDED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A router that ends what is drained."""

    node: Node
    bgp: Bgp
    neighbor: Neighbor
    others: tuple[Neighbor, ...]
    """The router's sessions that are not drained."""
    lan: Node
    lan_address: IPv4Address
    """The LAN's own address, where the longer prefixes are, too."""

    @property
    def tunnels(self) -> tuple[Neighbor, ...]:
        """The sessions over VPN that take over."""
        return tuple(one for one in self.others if one.multihop)

    @property
    def halves(self) -> tuple[IPv4Network, ...]:
        """The prefixes, each in two longer ones; a single address cannot be halved."""
        halving = (prefix for prefix in self.bgp.networks if prefix.prefixlen < prefix.max_prefixlen)
        return tuple(half for prefix in halving for half in prefix.subnets())


class Hands(Protocol):
    """Who changes a router, and takes it back."""

    def make_other_way(self, end: End, *, on: bool) -> None:
        """Tell longer prefixes over VPN, and a longer AS path over what is drained."""

    def withdraw(self, end: End, *, on: bool) -> None:
        """Tell nothing over what is drained."""

    def prefer_least(self, end: End, *, on: bool) -> None:
        """Use what is drained only if there is nothing else."""


def find_ends(blueprint: Blueprint, planned: Cut) -> Iterator[End]:
    """Yield each session of a router that a cut takes away."""
    for node in blueprint.speakers:
        if node.kind is not NodeKind.ROUTER or node.routing is None or node.routing.bgp is None:
            continue
        bgp = node.routing.bgp
        lost = {
            address.ip
            for wire in planned.wires
            for here, there in (wire.ends, wire.ends[::-1])
            if here.node == node.name
            for address in there.addresses
        }
        lan, address = _lan(blueprint, node.name)
        others = tuple(one for one in bgp.neighbors if one.address not in lost)
        for neighbor in bgp.neighbors:
            if neighbor.address in lost and neighbor.expected:
                yield End(node=node, bgp=bgp, neighbor=neighbor, others=others, lan=lan, lan_address=address)


def _lan(blueprint: Blueprint, router: str) -> tuple[Node, IPv4Address]:
    return next(
        (blueprint.nodes[there.node], there.addresses[0].ip)
        for wire in blueprint.cables
        for here, there in (wire.ends, wire.ends[::-1])
        if here.node == router and blueprint.nodes[there.node].kind is NodeKind.LAN
    )


def is_established(end: End) -> bool:
    """Whether the session is up."""
    with Vty(RUN / end.node.name / "bgpd.vty") as vty:
        peers = vty.json("show bgp ipv4 unicast summary json").get("peers", {})
    return bool(peers.get(str(end.neighbor.address), {}).get("state") == "Established")


class FrrHands:
    """Changes FRR's own configuration."""

    def make_other_way(self, end: End, *, on: bool) -> None:
        """Tell longer prefixes over VPN, and a longer AS path over what is drained."""
        if end.tunnels:
            _lengthen_prefixes(end, on=on)
        path = " ".join([str(end.bgp.asn)] * PREPENDED)
        definition = (f"route-map {LAST} permit 10", f"set as-path prepend {path}", "exit")
        _use_map(end, "out", LAST, definition, on=on)

    def prefer_least(self, end: End, *, on: bool) -> None:
        """Use what is drained only if there is nothing else."""
        definition = (f"route-map {IN} permit 10", "set local-preference 10", "set tag 1", "exit")
        _use_map(end, "in", IN, definition, on=on)

    def withdraw(self, end: End, *, on: bool) -> None:
        """Tell nothing over what is drained."""
        _use_map(end, "out", OUT, (f"route-map {OUT} deny 10", "exit"), on=on)


def _lengthen_prefixes(end: End, *, on: bool) -> None:
    no = "" if on else "no "
    _configure(end, "staticd", [f"{no}ip route {half} {end.lan_address}" for half in end.halves])
    lists = [
        f"{no}ip prefix-list {tunnel.export_prefixes} seq {FIRST_NUMBER + number} permit {half}"
        for tunnel in end.tunnels
        for number, half in enumerate(end.halves)
    ]
    networks = [f"{no}network {half}" for half in end.halves]
    _configure(end, "bgpd", [*lists, f"router bgp {end.bgp.asn}", "address-family ipv4 unicast", *networks])
    for tunnel in end.tunnels:
        _clear(end, tunnel, "out")


def _use_map(end: End, direction: str, name: str, definition: tuple[str, ...], *, on: bool) -> None:
    """Put a route map in the place of the session's own, or its own back."""
    own = end.neighbor.import_map if direction == "in" else end.neighbor.export_map
    wanted = name if on else own
    use = f"neighbor {end.neighbor.address} route-map {wanted or name} {direction}"
    line = use if wanted else f"no {use}"
    _configure(end, "bgpd", [*definition, f"router bgp {end.bgp.asn}", "address-family ipv4 unicast", line])
    _clear(end, end.neighbor, direction)


def _configure(end: End, daemon: str, lines: list[str]) -> None:
    configure(RUN / end.node.name / f"{daemon}.vty", lines)


def _clear(end: End, neighbor: Neighbor, direction: str) -> None:
    with Vty(RUN / end.node.name / "bgpd.vty") as vty:
        vty.run("enable")
        vty.run(f"clear bgp ipv4 unicast {neighbor.address} soft {direction}")
