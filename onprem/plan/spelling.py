"""Lines as IOS-XE prints them, where that differs from what may be typed and means the same."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from onprem.plan.commands import Path, section_kind, with_printed_keywords

_INTERFACES = (
    "Loopback",
    "Tunnel",
    "Ethernet",
    "FastEthernet",
    "GigabitEthernet",
    "TenGigabitEthernet",
    "TwentyFiveGigE",
    "FortyGigabitEthernet",
    "HundredGigE",
    "Port-channel",
    "Serial",
    "Vlan",
    "BDI",
    "Null",
    "Dialer",
    "Virtual-Template",
)
_INTERFACE = re.compile(r"([A-Za-z-]+) ?(\d[\d/.:]*)")
_NAMES_INTERFACE = re.compile(
    r"(?P<front>interface|tunnel source|ip unnumbered|neighbor \S+ update-source|passive-interface"
    r"|ip route (?:vrf \S+ )?\S+ \S+) (?P<interface>[A-Za-z-]+ ?\d[\d/.:]*)(?P<rest> .*|)"
)
_DOTTED_ASN = re.compile(
    r"(?P<front>router bgp|neighbor \S+ (?:remote-as|local-as)|redistribute bgp) (?P<high>\d+)\.(?P<low>\d+)"
    r"(?P<rest> .*|)"
)
_HALF = 2**16
_ALL = 2**32 - 1


def canonical(path: Path, line: str) -> str:
    """A line as IOS-XE prints it: keywords, interfaces and AS numbers spelt out, masks in its own form."""
    line = with_printed_keywords(path, " ".join(line.split()))
    named = _NAMES_INTERFACE.fullmatch(line)
    if named is not None:
        line = f"{named['front']} {full_interface(named['interface'])}{named['rest']}"
    dotted = _DOTTED_ASN.fullmatch(line)
    if dotted is not None and int(dotted["high"]) < _HALF > int(dotted["low"]):
        line = f"{dotted['front']} {int(dotted['high']) * _HALF + int(dotted['low'])}{dotted['rest']}"
    rule = _CANONICAL.get(section_kind(path))
    return line if rule is None else rule(line)


def full_interface(name: str) -> str:
    """An interface's name in full, if one kind of interface alone begins like it.

    >>> full_interface("te0/0/0.300"), full_interface("Loopback 30"), full_interface("t1")
    ('TenGigabitEthernet0/0/0.300', 'Loopback30', 't1')
    """
    found = _INTERFACE.fullmatch(name)
    if found is None:
        return name
    kinds = [kind for kind in _INTERFACES if kind.lower().startswith(found[1].lower())]
    exact = [kind for kind in kinds if kind.lower() == found[1].lower()]
    return f"{(exact or kinds)[0]}{found[2]}" if len(exact or kinds) == 1 else name


def _canonical_global(line: str) -> str:
    return f"{line} permit 10" if re.fullmatch(r"route-map \S+", line) else line


def _canonical_interface(line: str) -> str:
    return re.sub(r"^encapsulation dot1q\b", "encapsulation dot1Q", line, flags=re.IGNORECASE)


def _canonical_peer(line: str) -> str:
    return line.removesuffix(" 255.255.255.255") if line.startswith("address ") else line


def _canonical_ikev2_profile(line: str) -> str:
    host = re.fullmatch(r"match identity remote address \S+", line)
    return f"{line} 255.255.255.255" if host else line


def _canonical_bgp(line: str) -> str:
    """A BGP network statement is printed without its mask if that is its class's own."""
    if line.endswith(" send-community standard"):
        return line.removesuffix(" standard")
    words = line.split()
    address = _address(words[1]) if words[0] == "network" and words[2:3] == ["mask"] else None
    if address is None:
        return line
    first = address >> 24
    own = "255.0.0.0" if first < 128 else "255.255.0.0" if first < 192 else "255.255.255.0"  # noqa: PLR2004
    return " ".join(words[:2] + words[4:]) if words[3:4] == [own] else line


def _canonical_ospf(line: str) -> str:
    """An OSPF network statement has its area as an address, and for a mask the wildcard that it means."""
    words = line.split()
    if words[0] != "network" or len(words) != 5:  # noqa: PLR2004
        return line
    mask, area = _address(words[2]), words[4]
    if mask is not None and mask & 0x80000000 and mask != _ALL:
        words[2] = str(IPv4Address(mask ^ _ALL))
    if area.isdecimal() and int(area) <= _ALL:
        words[4] = str(IPv4Address(int(area)))
    return " ".join(words)


def _address(word: str) -> int | None:
    try:
        return int(IPv4Address(word))
    except ValueError:
        return None


_CANONICAL = {
    "global": _canonical_global,
    "interface": _canonical_interface,
    "peer": _canonical_peer,
    "ikev2-profile": _canonical_ikev2_profile,
    "bgp": _canonical_bgp,
    "ospf": _canonical_ospf,
}
