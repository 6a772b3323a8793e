"""A planned drain: traffic moves before anything is cut, so that no packet is lost.

1. The other way is made first: longer prefixes over the router's tunnels (PATH-1), and a longer AS path over
   a circuit. Azure's side moves, and the route that it leaves is still there for what is under way.
2. The location's prefixes are withdrawn from what is drained. Nothing comes back by it any more.
3. Its local preference is lowered, which moves the router's side.
4. It is shut. Nothing crosses it any more.

Without the first step, a withdrawal loses what is under way: each node forgets the route before the next one
hears of it, and while ExpressRoute's route stands Azure uses no other (PATH-2). `withdrawing` shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from lab.bgp.blueprint import Blueprint, Node, NodeKind
from lab.bgp.configuration import Bgp, Neighbor
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import Cut, cut, mend
from lab.bgp.forwarding import read_tables
from lab.bgp.places import RUN
from lab.bgp.steps import Sight, Step
from lab.bgp.vty import Vty, configure

_OUT, _IN, _LAST = "drained-out", "drained-in", "drained-last"
_FIRST_NUMBER = 1000
_PREPENDED = 3
_PAUSE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
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


Pair = tuple[str, str]
"""Two sites."""

Steps = tuple[list[Step], list[Step]]
"""Those of a drain, and those back."""


def draining(blueprint: Blueprint, planned: Cut, pair: Pair) -> Steps:
    """Return the steps of a drain that makes the other way first, and those back.

    Each step waits for what it does to the traffic between two sites.

    Raises:
        UnsupportedDesignError: if the element ends on no router.
    """
    drain = _Drain(blueprint, planned, pair)
    withdraw, prefer, shut = drain.away()
    come_up, advertise, restore = drain.back()
    first = Step(
        words="the other way is made first: longer prefixes over VPN, a longer AS path here",
        act=drain.for_all(_make_other_way, on=True),
        sight=drain.returns(away=True),
        pause=_PAUSE,
    )
    last = Step(
        words="the longer prefixes and the longer AS path are taken back",
        act=drain.for_all(_make_other_way, on=False),
        sight=drain.returns(away=False),
        pause=_PAUSE,
    )
    return [first, withdraw, prefer, shut], [come_up, advertise, restore, last]


def withdrawing(blueprint: Blueprint, planned: Cut, pair: Pair) -> Steps:
    """Return the same without the first step: what a withdrawal by itself does.

    Raises:
        UnsupportedDesignError: if the element ends on no router.
    """
    drain = _Drain(blueprint, planned, pair)
    come_up, advertise, restore = drain.back()
    advertise = replace(advertise, sight=drain.returns(away=False))
    return list(drain.away()), [come_up, restore, advertise]


class _Drain:
    """The steps of one element."""

    def __init__(self, blueprint: Blueprint, planned: Cut, pair: Pair) -> None:
        self._blueprint = blueprint
        self._planned = planned
        self._ends = list(_ends(blueprint, planned))
        if not self._ends:
            raise UnsupportedDesignError(
                f"{planned.element} ends on no router: name a link, tunnel or router"
            )
        lans = {end.lan.name for end in self._ends}
        self._outward = pair if blueprint.sites[pair[0]].node in lans else pair[::-1]
        self._inward = self._outward[::-1]
        self._crossed = {way for way in (self._outward, self._inward) if self._crosses(way)}

    def away(self) -> tuple[Step, Step, Step]:
        """Return the three steps that empty the element and shut it."""
        name = self._planned.element
        return (
            Step(
                words=f"the location's prefixes are withdrawn from {name}",
                act=self.for_all(_withdraw, on=True),
                sight=self.returns(away=True),
                pause=_PAUSE,
            ),
            Step(
                words=f"{name} is preferred least",
                act=self.for_all(_prefer_least, on=True),
                sight=self._moves(self._outward, away=True),
                pause=_PAUSE,
            ),
            Step(words=f"{name} is shut", act=lambda: cut(self._planned)),
        )

    def back(self) -> tuple[Step, Step, Step]:
        """Return the three steps that bring the element back."""
        name = self._planned.element
        return (
            Step(
                words=f"{name} comes up, still drained",
                act=lambda: mend(self._blueprint, self._planned),
                sight=self._sessions(),
                pause=_PAUSE,
            ),
            Step(
                words=f"the location's prefixes are advertised over {name} again",
                act=self.for_all(_withdraw, on=False),
                pause=_PAUSE,
            ),
            Step(
                words=f"{name} is preferred again",
                act=self.for_all(_prefer_least, on=False),
                sight=self._moves(self._outward, away=False),
                pause=_PAUSE,
            ),
        )

    def for_all(self, change: Callable[..., None], *, on: bool) -> Callable[[], None]:
        """Return an action that changes every end."""

        def act() -> None:
            for end in self._ends:
                change(end, on=on)

        return act

    # --- what is waited for --------------------------------------------------------------------------

    def returns(self, *, away: bool) -> Sight | None:
        """Wait until traffic to the location no longer crosses the element, or does so again."""
        return self._moves(self._inward, away=away)

    def _moves(self, way: Pair, *, away: bool) -> Sight | None:
        """Wait until traffic that crossed the element before does not, or does so again."""
        if way not in self._crossed:
            return None
        name, traffic = self._planned.element, f"traffic from {way[0]} to {way[1]}"
        gone, there = f"{traffic} no longer goes by {name}", f"{traffic} goes by {name}"
        return Sight(
            words=gone if away else f"{there} again",
            otherwise=f"{there} still" if away else gone,
            holds=lambda: self._crosses(way) is not away,
        )

    def _crosses(self, way: Pair) -> bool:
        trails = read_tables(self._blueprint).follow(*way)
        return any(self._planned.element in trail.hops for trail in trails)

    def _sessions(self) -> Sight:
        name = self._planned.element
        return Sight(
            words=f"{name}'s BGP sessions are up",
            otherwise=f"{name}'s BGP sessions are not up yet",
            holds=lambda: all(map(_is_established, self._ends)),
            seconds=30.0,
        )


def _ends(blueprint: Blueprint, planned: Cut) -> Iterator[_End]:
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
                yield _End(node=node, bgp=bgp, neighbor=neighbor, others=others, lan=lan, lan_address=address)


def _lan(blueprint: Blueprint, router: str) -> tuple[Node, IPv4Address]:
    return next(
        (blueprint.nodes[there.node], there.addresses[0].ip)
        for wire in blueprint.cables
        for here, there in (wire.ends, wire.ends[::-1])
        if here.node == router and blueprint.nodes[there.node].kind is NodeKind.LAN
    )


# --- what is changed -------------------------------------------------------------------------------------


def _make_other_way(end: _End, *, on: bool) -> None:
    if end.tunnels:
        _lengthen_prefixes(end, on=on)
    path = " ".join([str(end.bgp.asn)] * _PREPENDED)
    definition = (f"route-map {_LAST} permit 10", f"set as-path prepend {path}", "exit")
    _use_map(end, "out", _LAST, definition, on=on)


def _lengthen_prefixes(end: _End, *, on: bool) -> None:
    no = "" if on else "no "
    _configure(end, "staticd", [f"{no}ip route {half} {end.lan_address}" for half in end.halves])
    lists = [
        f"{no}ip prefix-list {tunnel.export_prefixes} seq {_FIRST_NUMBER + number} permit {half}"
        for tunnel in end.tunnels
        for number, half in enumerate(end.halves)
    ]
    networks = [f"{no}network {half}" for half in end.halves]
    _configure(end, "bgpd", [*lists, f"router bgp {end.bgp.asn}", "address-family ipv4 unicast", *networks])
    for tunnel in end.tunnels:
        _clear(end, tunnel, "out")


def _prefer_least(end: _End, *, on: bool) -> None:
    definition = (f"route-map {_IN} permit 10", "set local-preference 10", "set tag 1", "exit")
    _use_map(end, "in", _IN, definition, on=on)


def _withdraw(end: _End, *, on: bool) -> None:
    _use_map(end, "out", _OUT, (f"route-map {_OUT} deny 10", "exit"), on=on)


def _use_map(end: _End, direction: str, name: str, definition: tuple[str, ...], *, on: bool) -> None:
    """Put a route map in the place of the session's own, or its own back."""
    own = end.neighbor.import_map if direction == "in" else end.neighbor.export_map
    wanted = name if on else own
    use = f"neighbor {end.neighbor.address} route-map {wanted or name} {direction}"
    line = use if wanted else f"no {use}"
    _configure(end, "bgpd", [*definition, f"router bgp {end.bgp.asn}", "address-family ipv4 unicast", line])
    _clear(end, end.neighbor, direction)


def _configure(end: _End, daemon: str, lines: list[str]) -> None:
    configure(RUN / end.node.name / f"{daemon}.vty", lines)


def _clear(end: _End, neighbor: Neighbor, direction: str) -> None:
    with Vty(RUN / end.node.name / "bgpd.vty") as vty:
        vty.run("enable")
        vty.run(f"clear bgp ipv4 unicast {neighbor.address} soft {direction}")


def _is_established(end: _End) -> bool:
    with Vty(RUN / end.node.name / "bgpd.vty") as vty:
        peers = vty.json("show bgp ipv4 unicast summary json").get("peers", {})
    return bool(peers.get(str(end.neighbor.address), {}).get("state") == "Established")
