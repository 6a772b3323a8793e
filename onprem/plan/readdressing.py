"""What interfaces have to give up before they, or others, can have something else.

- An interface that joins or leaves a VRF loses its addresses: they are sent again, the primary one first.
- A primary address cannot go while there are secondary ones; `no ip address` takes all of them.
- An address that overlaps with another interface's in the same VRF is refused, as are VLAN tags that are in
  use on the port: whoever gives them up goes first.
- `ip unnumbered` and addresses exclude each other.

Sources: Cisco, "IP Addressing: IPv4" (`ip address`, `ip unnumbered`), "MPLS" (`ip vrf forwarding`); that a
single address of an interface is refused its removal when it is gone already, from published clients.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from onprem.plan.changes import Change, Command
from onprem.plan.commands import Path, place_of, removal_of
from onprem.plan.sections import Section

_VRF = ("ip vrf forwarding ", "vrf forwarding ")
_ADDRESS = "ip address "
_NO_ADDRESS = "no ip address"
_UNNUMBERED = "ip unnumbered "
_BEFORE_ADDRESSES = ("description ", "encapsulation ", *_VRF)


@dataclass(slots=True)
class _Interface:
    """An interface as it is and as it will be, and what was to be sent for that."""

    line: str
    vrf: str = ""
    addresses: list[str] = field(default_factory=list)
    later_vrf: str = ""
    later: list[str] = field(default_factory=list)
    additions: list[Command] = field(default_factory=list)
    removals: list[Command] = field(default_factory=list)
    goes: bool = False

    @property
    def path(self) -> Path:
        return (self.line,)

    @property
    def moves(self) -> bool:
        return self.vrf != self.later_vrf

    @property
    def needs_all_again(self) -> bool:
        """Whether its primary address goes and has no successor, while others are there."""
        primary = [text for text in self.addresses if not _is_secondary(text)]
        successor = [text for text in self.later if not _is_secondary(text)]
        return bool(primary) and not successor and len(self.addresses) > 1

    def gives_up(self) -> Iterator[tuple[str, IPv4Network]]:
        """Yield the VRF and network of each address that it does not keep."""
        kept = set() if self.moves else set(self.later)
        yield from ((self.vrf, net) for text in self.addresses if text not in kept for net in _network(text))

    def takes(self) -> Iterator[tuple[str, IPv4Network]]:
        """Yield the VRF and network of each address that it does not have yet."""
        had = set() if self.moves else set(self.addresses)
        yield from ((self.later_vrf, net) for text in self.later if text not in had for net in _network(text))


def readdress(
    running: Section, additions: list[Command], removals: list[Command], changes: Iterable[Change]
) -> tuple[list[Command], list[Command], list[Command]]:
    """Return what to send first, and additions and removals as interfaces take them."""
    back = [command for command in removals if _brings_back(command)]
    additions = [*additions, *back]
    removals = [_naming_the_address(running, command) for command in removals if not _brings_back(command)]
    early = _tags_in_the_way(additions, removals, changes)
    interfaces = _interfaces(running, additions, removals)
    wanted = _Wanted(interfaces.values())
    dropped: set[Command] = set()
    rearranged: dict[Path, list[Command]] = {}
    for interface in interfaces.values():
        in_the_way = wanted.overlaps(interface)
        whole = Command(section=(), text=removal_of((), interface.line))
        if interface.goes:
            early += [whole] if in_the_way else []
            continue
        clears = interface.needs_all_again or in_the_way
        if clears and interface.addresses:
            early.append(Command(section=interface.path, text=_NO_ADDRESS))
        commands, without = _rearrange(interface, clears=clears)
        dropped.update(without)
        if commands != interface.additions:
            rearranged[interface.path] = commands
    dropped.update(early)
    return (
        list(dict.fromkeys(early)),
        list(_in_their_places(additions, rearranged)),
        [command for command in removals if command not in dropped],
    )


def _rearrange(interface: _Interface, *, clears: bool) -> tuple[list[Command], list[Command]]:
    """The VRF before the addresses; all of them after it has changed, or after all were taken away.

    What is not to be sent any more at the end is returned beside it.
    """
    additions = interface.additions
    emptied = any(command.text == _NO_ADDRESS for command in additions)
    unnumbered = any(command.text.startswith(_UNNUMBERED) for command in additions)
    again = interface.moves or clears or emptied
    if not again and not unnumbered:
        return additions, []
    leaving = [c for c in interface.removals if c.text.startswith(tuple(f"no {front}" for front in _VRF))]
    gone = [c for c in interface.removals if c.text.startswith(f"{_NO_ADDRESS} ")]
    first = list(leaving)
    if gone and not again:
        first = [Command(section=interface.path, text=_NO_ADDRESS)]  # before `ip unnumbered`
    if not again:
        return _behind_its_vrf(additions, first), [*leaving, *gone]
    kept = [c for c in additions if not c.text.startswith((_ADDRESS, _NO_ADDRESS))]
    if emptied and not interface.moves:
        first.append(Command(section=interface.path, text=_NO_ADDRESS))
    later = sorted(interface.later, key=_is_secondary)
    first += [Command(section=interface.path, text=text) for text in later]
    return _behind_its_vrf(kept, first), [*leaving, *gone]


def _behind_its_vrf(commands: list[Command], block: list[Command]) -> list[Command]:
    places = [place for place, c in enumerate(commands, 1) if c.text.startswith(_BEFORE_ADDRESSES)]
    place = places[-1] if places else 0
    return [*commands[:place], *block, *commands[place:]]


def _in_their_places(additions: list[Command], rearranged: dict[Path, list[Command]]) -> Iterator[Command]:
    """Yield additions with those of some interfaces as a block, where the first of them stood."""
    left = dict(rearranged)
    for command in additions:
        if command.section in left:
            yield from left.pop(command.section)
        elif command.section not in rearranged:
            yield command
    for commands in left.values():
        yield from commands


def _brings_back(command: Command) -> bool:
    """Whether a removal puts an interface's earlier VRF or address in the place of ours."""
    return bool(command.section) and command.text.startswith((*_VRF, _ADDRESS, _UNNUMBERED))


def _naming_the_address(running: Section, command: Command) -> Command:
    """A removal of the primary address, which without it would take the secondary ones along."""
    if command.text != _NO_ADDRESS:
        return command
    interface = running.children.get(place_of((), command.section[-1]))
    lines = [line.line for line in interface.children.values()] if interface else []
    primary = [line for line in lines if line.startswith(_ADDRESS) and not _is_secondary(line)]
    return Command(section=command.section, text=f"no {primary[0]}") if primary else command


def _interfaces(
    running: Section, additions: list[Command], removals: list[Command]
) -> dict[Path, _Interface]:
    """Every interface for which something is to be sent."""
    known: dict[Path, _Interface] = {}
    for command in removals:
        line = command.section[0] if command.section else command.text.removeprefix("no ")
        if line.startswith("interface ") and len(command.section) <= 1:
            _foresee_removal(known.setdefault((line,), _as_it_is(running, line)), command)
    for command in additions:
        if len(command.section) == 1 and command.section[0].startswith("interface "):
            line = command.section[0]
            _foresee_addition(known.setdefault((line,), _as_it_is(running, line)), command)
    return known


def _as_it_is(running: Section, line: str) -> _Interface:
    interface = _Interface(line)
    section = running.children.get(place_of((), line))
    for child in section.children.values() if section else ():
        interface.vrf = _vrf(child.line) or interface.vrf
        interface.addresses += [child.line] if child.line.startswith(_ADDRESS) else []
    interface.later_vrf, interface.later = interface.vrf, list(interface.addresses)
    return interface


def _foresee_removal(interface: _Interface, command: Command) -> None:
    interface.removals.append(command)
    text = command.text.removeprefix("no ")
    if not command.section:
        interface.later, interface.later_vrf, interface.goes = [], "", True
    elif _vrf(text) and _vrf(text) == interface.later_vrf:
        interface.later_vrf = ""
    elif text.startswith(_ADDRESS):
        interface.later = [address for address in interface.later if address != text]


def _foresee_addition(interface: _Interface, command: Command) -> None:
    interface.additions.append(command)
    if command.text == _NO_ADDRESS:
        interface.later = [address for address in interface.later if _is_secondary(address)]
    elif _vrf(command.text):
        interface.later_vrf = _vrf(command.text)
    elif command.text.startswith(_UNNUMBERED):
        interface.later = []
    elif command.text.startswith(_ADDRESS):
        if not _is_secondary(command.text):
            interface.later = [address for address in interface.later if _is_secondary(address)]
        interface.later.append(command.text)


class _Wanted:
    """The networks that interfaces take, to be looked up by what others give up."""

    def __init__(self, interfaces: Iterable[_Interface]) -> None:
        self._takers: defaultdict[tuple[str, int, int], set[str]] = defaultdict(set)
        for interface in interfaces:
            for vrf, net in interface.takes():
                self._takers[vrf, int(net.network_address), net.prefixlen].add(interface.line)
        self._begins = sorted({(vrf, begin) for vrf, begin, _ in self._takers})
        self._lengths = sorted({length for _, _, length in self._takers})

    def overlaps(self, interface: _Interface) -> bool:
        """Whether another interface takes what this one gives up, or a part of it, or more."""
        return any(self._is_taken(interface.line, vrf, net) for vrf, net in interface.gives_up())

    def _is_taken(self, line: str, vrf: str, net: IPv4Network) -> bool:
        begin, end = int(net.network_address), int(net.broadcast_address)
        around = {(begin >> (32 - length) << (32 - length)) for length in self._lengths}
        within = self._begins[
            bisect_left(self._begins, (vrf, begin)) : bisect_left(self._begins, (vrf, end + 1))
        ]
        return any(
            self._takers.get((vrf, start, length), set()) - {line}
            for start in {*around, *(start for _, start in within)}
            for length in self._lengths
            if start <= end and begin <= start + 2 ** (32 - length) - 1
        )


def _tags_in_the_way(
    additions: list[Command], removals: list[Command], changes: Iterable[Change]
) -> list[Command]:
    taken = {
        (_port(command.section[-1]), command.text): command.section[-1]
        for command in additions
        if command.section and command.text.startswith("encapsulation ")
    }
    going = {command for command in removals if not command.section}
    early: list[Command] = []
    for change in changes:
        if change.sign != "-" or not change.section or not change.text.startswith("encapsulation "):
            continue
        taker = taken.get((_port(change.section[-1]), change.text))
        if taker is not None and taker != change.section[-1]:
            whole = Command(section=(), text=removal_of((), change.section[-1]))
            single = Command(section=change.section, text=removal_of(change.section, change.text))
            early.append(whole if whole in going else single)
    return early


def _port(interface: str) -> str:
    return interface.partition(".")[0]


def _vrf(text: str) -> str:
    return next((text.removeprefix(front) for front in _VRF if text.startswith(front)), "")


def _is_secondary(text: str) -> bool:
    return text.endswith(" secondary")


def _network(text: str) -> Iterator[IPv4Network]:
    try:
        yield IPv4Network("/".join(text.split()[2:4]), strict=False)
    except ValueError:  # a placeholder, or an address by DHCP
        return
