"""The kinds of argument in the command tables: what a router accepts there, and how it prints it."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

Canonicalise = Callable[[str], str | None]
"""The canonical spelling of one argument, or None where the router would not take it."""

TYPES = (
    "Loopback",
    "Tunnel",
    "Ethernet",
    "FastEthernet",
    "GigabitEthernet",
    "TwoGigabitEthernet",
    "FiveGigabitEthernet",
    "TenGigabitEthernet",
    "TwentyFiveGigE",
    "FortyGigabitEthernet",
    "FiftyGigE",
    "HundredGigE",
    "TwoHundredGigE",
    "FourHundredGigE",
    "Port-channel",
    "BDI",
    "Vlan",
)
"""Interface types, by Cisco-IOS-XE-interfaces.yang, in about the order of `show running-config`.

`topology/ports.py` reads the same file for itself: an emulator that took the description's word for what a
port is called could not contradict it.
"""
VIRTUAL = ("Loopback", "Tunnel", "Port-channel", "BDI", "Vlan")
_INTERFACE = re.compile(r"([a-z-]+)(\d+(?:/\d+)*(?:\.\d+)?)", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)-(\d+)")


def _address(word: str) -> str | None:
    try:
        return str(IPv4Address(word))
    except AddressValueError:
        return None


def _contiguous(word: str) -> str | None:
    """Subnet or wildcard mask; which of the two makes sense is the command's own matter."""
    return _address(word)


def _prefix(word: str) -> str | None:
    if "/" not in word:
        return None
    try:
        return str(IPv4Network(word, strict=False))
    except (AddressValueError, NetmaskValueError):
        return None


def _interface(word: str) -> str | None:
    found = _INTERFACE.fullmatch(word)
    if found is None:
        return None
    kind = [name for name in TYPES if name.lower().startswith(found[1].lower())]
    return f"{kind[0]}{found[2]}" if len(kind) == 1 else None


def _asn(word: str) -> str | None:
    if not word.isdecimal() or not 1 <= int(word) <= 2**32 - 1:
        return None
    return str(int(word))


def _area(word: str) -> str | None:
    return str(int(word)) if word.isdecimal() and int(word) < 2**32 else _address(word)


def _distinguisher(word: str) -> str | None:
    return word if re.fullmatch(r"(\d+|\d+(\.\d+){3}):\d+", word) else None


def _name(word: str) -> str | None:
    return word


def _one_of(*words: str) -> Canonicalise:
    def canonicalise(word: str) -> str | None:
        return word.lower() if word.lower() in words else None

    return canonicalise


_GROUPS = ("1", "2", "5", "14", "15", "16", "19", "20", "21", "24")

KINDS: dict[str, Canonicalise] = {
    "ip": _address,
    "mask": _contiguous,
    "wildcard": _contiguous,
    "peer": _address,
    "prefix": _prefix,
    "interface": _interface,
    "asn": _asn,
    "area": _area,
    "rd": _distinguisher,
    "word": _name,
    "vrf": _name,
    "text": _name,
    "secret": _name,
    "cipher": _one_of(
        "des", "3des", *(f"aes-{mode}-{bits}" for mode in ("cbc", "gcm") for bits in (128, 192, 256))
    ),
    "integrity": _one_of("md5", "sha1", "sha256", "sha384", "sha512"),
    "group": _one_of(*_GROUPS),
    "pfs": _one_of(*(f"group{number}" for number in _GROUPS)),
    "transform": _one_of(
        "esp-aes",
        "esp-gcm",
        "esp-gmac",
        "esp-3des",
        "esp-des",
        "esp-null",
        "esp-sha-hmac",
        "esp-sha256-hmac",
        "esp-sha384-hmac",
        "esp-sha512-hmac",
        "esp-md5-hmac",
    ),
    "transform-size": _one_of("128", "192", "256"),
}
REST_OF_LINE = ("text", "secret")
"""Kinds that take everything up to the end of the line, blanks included."""


def canonicaliser(kind: str) -> Canonicalise:
    """The check for `kind`: a name of KINDS, or `LOW-HIGH` for a whole number in that range."""
    bounds = _RANGE.fullmatch(kind)
    if bounds is None:
        return KINDS[kind]
    low, high = int(bounds[1]), int(bounds[2])

    def number(word: str) -> str | None:
        return str(int(word)) if word.isdecimal() and low <= int(word) <= high else None

    return number


def interface_order(name: str) -> tuple[int, tuple[int, ...]]:
    """Where `show running-config` prints an interface."""
    found = _INTERFACE.fullmatch(name)
    assert found is not None
    return TYPES.index(found[1]), tuple(int(part) for part in re.split(r"[/.]", found[2]))


def is_physical(name: str) -> bool:
    """A port of the box: it cannot be created or removed."""
    return "." not in name and not name.startswith(VIRTUAL)
