"""What a planned drain changes on a router, typed in IOS's words where the router lives by its lines.

Everything that is typed has a name of its own, and is taken back by its own lines: what the router ran before
stays as it is. The neighbors' own policy is read from the running configuration first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from lab.bgp.blueprint import NodeKind
from lab.bgp.drained import FIRST_NUMBER, IN, LAST, OUT, PREPENDED, End
from lab.bgp.errors import LivingLabError
from lab.bgp.ios.lines import Section, read_lines

_LONGER = "drained-longer"
"""The prefix list towards VPN: the session's own, and each prefix in halves."""

Type = Callable[[str, tuple[str, ...]], str]
"""Types lines on a router, found by its host, and returns what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """What a router ran before, as far as a drain needs it."""

    root: Section
    family: Section
    process: str
    address_family: str
    vrf: str

    def own(self, neighbor: str, what: str) -> str | None:
        """Return the name of a neighbor's own route map or prefix list."""
        kind, _, direction = what.partition(" ")
        found = self.family.first(rf"neighbor {neighbor} {kind} (\S+) {direction}")
        return found[1] if found else None


class TypedHands:
    """Types on routers; `hosts` has each router's by its node."""

    def __init__(self, hosts: Mapping[str, str], type_lines: Type) -> None:
        self._hosts, self._type = hosts, type_lines
        self._running: dict[str, _Running] = {}

    def make_other_way(self, end: End, *, on: bool) -> None:
        """Tell longer prefixes over VPN, and a longer AS path over what is drained."""
        running = self._run_before(end)
        path = " ".join([str(end.bgp.asn)] * PREPENDED)
        self._use_map(end, "out", LAST, (f"route-map {LAST} permit 10", f"set as-path prepend {path}"), on=on)
        lines = list(_longer(end, running, on=on))
        if lines:
            self._configure(end, *lines)

    def withdraw(self, end: End, *, on: bool) -> None:
        """Tell nothing over what is drained."""
        self._use_map(end, "out", OUT, (f"route-map {OUT} deny 10",), on=on)

    def prefer_least(self, end: End, *, on: bool) -> None:
        """Use what is drained only if there is nothing else."""
        self._use_map(end, "in", IN, (f"route-map {IN} permit 10", "set local-preference 10"), on=on)

    def _use_map(self, end: End, direction: str, name: str, definition: tuple[str, ...], *, on: bool) -> None:
        """Put a route map in the place of the session's own, or its own back."""
        running = self._run_before(end)
        use = f"neighbor {end.neighbor.address} route-map"
        own = running.own(str(end.neighbor.address), f"route-map {direction}")
        family = (running.process, running.address_family)
        if on:
            self._configure(end, *definition, "exit", *family, f"{use} {name} {direction}")
            return
        line = f"{use} {own} {direction}" if own else f"no {use} {name} {direction}"
        self._configure(end, *family, line, "exit", "exit", f"no route-map {name}")

    def _run_before(self, end: End) -> _Running:
        if end.node.name not in self._running:
            said = self._type(self._hosts[end.node.name], ("show running-config",))
            self._running[end.node.name] = _read(end, said)
        return self._running[end.node.name]

    def _configure(self, end: End, *lines: str) -> None:
        host = self._hosts[end.node.name]
        said = self._type(host, ("configure terminal", *lines, "end"))
        refused = [line for line in said.splitlines() if line.lstrip().startswith("% ")]
        if refused:
            raise LivingLabError(f"{host} refuses what a drain types: {' '.join(refused)}")


def _read(end: End, said: str) -> _Running:
    root = read_lines(said.replace("\r", ""))
    for process, below in root.take(r"router bgp \d+"):
        for found, family in below.take(r"address-family ipv4 vrf (\S+)"):
            return _Running(
                root=root, family=family, process=process[0], address_family=found[0], vrf=found[1]
            )
    router = end.node.name.removeprefix(f"{NodeKind.ROUTER}.")
    raise LivingLabError(f"{router} runs no BGP in a VRF: there is nothing to drain")


def _longer(end: End, running: _Running, *, on: bool) -> Iterator[str]:
    """Yield the lines by which VPN has longer prefixes, or no longer has them."""
    no = "" if on else "no "
    peers = [str(one.address) for one in end.tunnels]
    peers = [peer for peer in peers if running.family.has(rf"neighbor {peer} remote-as \d+")]
    if not peers:
        return
    uses = []
    for number, peer in enumerate(peers):
        if own := running.own(peer, "prefix-list out"):
            name = f"{_LONGER}-{number}"
            if on:
                yield from _prefix_list(end, running, own, name)
            uses.append(f"neighbor {peer} prefix-list {name if on else own} out")
    for half in end.halves:
        yield f"{no}ip route vrf {running.vrf} {_masked(half)} {end.lan_address}"
    yield running.process
    yield running.address_family
    if not on:
        yield from uses
    for half in end.halves:
        yield f"{no}network {half.network_address} mask {half.netmask}"
    if on:
        yield from uses
    yield "exit"
    yield "exit"
    if not on:
        yield from (f"no ip prefix-list {_LONGER}-{number}" for number, _ in enumerate(uses))


def _prefix_list(end: End, running: _Running, own: str, name: str) -> Iterator[str]:
    for found, _ in running.root.take(rf"ip prefix-list {own} ((?:seq \d+ )?(?:permit|deny) .+)"):
        yield f"ip prefix-list {name} {found[1]}"
    for number, half in enumerate(end.halves):
        yield f"ip prefix-list {name} seq {FIRST_NUMBER + number} permit {half}"


def _masked(prefix: IPv4Network) -> str:
    return f"{prefix.network_address} {prefix.netmask}"
