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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from onprem.changes import Change, Command
from onprem.commands import Path, place_of, removal_of
from onprem.sections import Section

_VRF = ("ip vrf forwarding ", "vrf forwarding ")
_ADDRESS = "ip address "
_NO_ADDRESS = "no ip address"
_UNNUMBERED = "ip unnumbered "


@dataclass(slots=True)
class _Interface:
    """An interface as it is and as it will be."""

    line: str
    vrf: str = ""
    addresses: list[str] = field(default_factory=list)
    later_vrf: str = ""
    later: list[str] = field(default_factory=list)

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
        kept = {text for text in self.later if not self.moves}
        yield from ((self.vrf, net) for text in self.addresses if text not in kept for net in _network(text))

    def takes(self) -> Iterator[tuple[str, IPv4Network]]:
        """Yield the VRF and network of each address that it does not have yet."""
        had = {text for text in self.addresses if not self.moves}
        yield from ((self.later_vrf, net) for text in self.later if text not in had for net in _network(text))


def readdress(
    running: Section, additions: list[Command], removals: list[Command], changes: Iterable[Change]
) -> tuple[list[Command], list[Command], list[Command]]:
    """Return what to send first, and additions and removals as interfaces take them."""
    back = [command for command in removals if _brings_back(command)]
    additions = [*additions, *back]
    removals = [_naming_the_address(running, command) for command in removals if command not in back]
    early = _tags_in_the_way(additions, removals, changes)
    interfaces = _interfaces(running, additions, removals)
    for interface in interfaces:
        if Command(section=(), text=removal_of((), interface.line)) in {*early, *removals}:
            if _is_in_the_way(interface, interfaces):
                early.append(Command(section=(), text=removal_of((), interface.line)))
            continue
        clears = interface.needs_all_again or _is_in_the_way(interface, interfaces)
        if clears and interface.addresses:
            early.append(Command(section=interface.path, text=_NO_ADDRESS))
        additions, removals = _rearranged(interface, additions, removals, clears=clears)
    early = list(dict.fromkeys(early))
    return early, additions, [command for command in removals if command not in early]


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


def _rearranged(
    interface: _Interface, additions: list[Command], removals: list[Command], *, clears: bool
) -> tuple[list[Command], list[Command]]:
    """The VRF before the addresses; all of them after it has changed, or after all were taken away."""
    path = interface.path
    unnumbered = [c for c in additions if c.section == path and c.text.startswith(_UNNUMBERED)]
    resend = interface.moves or clears
    emptied = any(command.section == path and command.text == _NO_ADDRESS for command in additions)
    if not resend and not emptied and not unnumbered:
        return additions, removals
    leaving = [c for c in removals if c.section == path and c.text.startswith(tuple(f"no {v}" for v in _VRF))]
    gone = [c for c in removals if c.section == path and c.text.startswith(f"{_NO_ADDRESS} ")]
    removals = [command for command in removals if command not in gone and command not in leaving]
    if not interface.later and gone and not resend and not emptied:
        leaving = [Command(section=path, text=_NO_ADDRESS)]  # before `ip unnumbered`
    sent = [c for c in additions if c.section == path and c.text.startswith((_ADDRESS, _NO_ADDRESS))]
    later = sorted(interface.later, key=_is_secondary) if resend or emptied else []
    wanted = {command.text for command in sent}
    fresh = [command for command in sent if command.text in later or command.text == _NO_ADDRESS]
    again = [Command(section=path, text=text) for text in later if text not in wanted]
    block = sorted(
        (*fresh, *again), key=lambda command: (command.text != _NO_ADDRESS, _is_secondary(command.text))
    )
    if interface.moves:
        block = [command for command in block if command.text != _NO_ADDRESS]
    return _placed(interface, additions, sent if resend or emptied else [], leaving, block), removals


def _placed(
    interface: _Interface,
    additions: list[Command],
    sent: list[Command],
    leaving: list[Command],
    block: list[Command],
) -> list[Command]:
    """Puts the addresses in place of those that were to be sent, behind the VRF and the VLAN tags."""
    path = interface.path
    rest = [command for command in additions if command not in sent]
    before = ("interface ", "description ", "encapsulation ", *_VRF)
    heads = [
        place
        for place, command in enumerate(rest)
        if (command.section == path and command.text.startswith(before[1:]))
        or (not command.section and command.text == interface.line)
    ]
    first = [place for place, command in enumerate(rest) if command.section == path]
    place = heads[-1] + 1 if heads else first[0] if first else len(rest)
    return [*rest[:place], *leaving, *block, *rest[place:]]


def _interfaces(running: Section, additions: list[Command], removals: list[Command]) -> list[_Interface]:
    """Every interface that has, gets or loses a VRF or an address."""
    known: dict[str, _Interface] = {}
    for section in running.children.values():
        if section.line.startswith("interface "):
            interface = known.setdefault(section.line, _Interface(section.line))
            for line in section.children.values():
                interface.vrf = _vrf(line.line) or interface.vrf
                interface.addresses += [line.line] if line.line.startswith(_ADDRESS) else []
            interface.later_vrf, interface.later = interface.vrf, list(interface.addresses)
    for command in removals:
        interface_line = command.section[-1] if command.section else command.text.removeprefix("no ")
        found = known.get(interface_line)
        if found is not None:
            _foresee_removal(found, command)
    for command in additions:
        if command.section and command.section[0].startswith("interface "):
            _foresee_addition(known.setdefault(command.section[0], _Interface(command.section[0])), command)
    return list(known.values())


def _foresee_removal(interface: _Interface, command: Command) -> None:
    text = command.text.removeprefix("no ")
    if not command.section:
        interface.later, interface.later_vrf = [], ""
    elif _vrf(text) and _vrf(text) == interface.later_vrf:
        interface.later_vrf = ""
    elif text.startswith(_ADDRESS):
        interface.later = [address for address in interface.later if address != text]


def _foresee_addition(interface: _Interface, command: Command) -> None:
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


def _is_in_the_way(interface: _Interface, interfaces: list[_Interface]) -> bool:
    given_up = list(interface.gives_up())
    return bool(given_up) and any(
        vrf == other_vrf and network.overlaps(other_network)
        for other in interfaces
        if other is not interface
        for other_vrf, other_network in other.takes()
        for vrf, network in given_up
    )


def _tags_in_the_way(
    additions: list[Command], removals: list[Command], changes: Iterable[Change]
) -> list[Command]:
    taken = {
        (_port(command.section[-1]), command.text): command.section[-1]
        for command in additions
        if command.section and command.text.startswith("encapsulation ")
    }
    early: list[Command] = []
    for change in changes:
        if change.sign != "-" or not change.section or not change.text.startswith("encapsulation "):
            continue
        taker = taken.get((_port(change.section[-1]), change.text))
        if taker is not None and taker != change.section[-1]:
            whole = Command(section=(), text=removal_of((), change.section[-1]))
            single = Command(section=change.section, text=removal_of(change.section, change.text))
            early.append(whole if whole in removals else single)
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
