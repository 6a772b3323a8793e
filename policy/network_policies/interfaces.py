"""A router's interfaces and static routes, as its lines configure them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import pairwise

from network_policies.router_lines import Line

_OPENS = re.compile(r"interface (\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"ip address (\d+(?:\.\d+){3}) (\d+(?:\.\d+){3})( secondary)?$", re.IGNORECASE)
_VLANS = re.compile(r"encapsulation dot1q (\d+)(?: native)?(?: second-dot1q (\d+))?$", re.IGNORECASE)
_ROUTE = re.compile(r"ip route (?:vrf (?P<vrf>\S+) )?(?P<to>\S+) (?P<mask>\S+) (?P<via>.+)$", re.IGNORECASE)

_DEFAULT_DISTANCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface."""

    name: str
    line: int
    settings: Mapping[str, str]
    """What its lines set, by their first words: the last one counts."""
    addresses: tuple[IPv4Interface, ...]
    loses_address: bool
    """Whether its VRF is set after an address, which IOS then takes away."""
    vlans: tuple[int, ...]
    """Outer tag, inner tag; one alone where frames have one tag."""

    @property
    def vrf(self) -> str:
        """Its VRF, empty for the global table."""
        return _vrf(self.settings)

    @property
    def is_shut(self) -> bool:
        """Whether it is switched off."""
        return "shutdown" in self.settings

    def number(self, name: str) -> int | None:
        """Return a setting that is a number, None if it is not set."""
        text = self.settings.get(name, "").partition(" ")[0]
        return int(text) if text.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRoute:
    """A static route; its destination may be a placeholder."""

    line: int
    vrf: str
    destination: str
    mask: str
    via: tuple[str, ...]
    """The words behind the mask: interface, next hop, distance, name."""

    @property
    def is_host(self) -> bool:
        """Whether it is for one address."""
        return self.mask == "255.255.255.255"

    @property
    def distance(self) -> int:
        """Its administrative distance: a number by itself, not one that belongs to a word before it."""
        for before, word in pairwise(self.via):
            if word.isdecimal() and before.casefold() not in ("tag", "name", "track"):
                return int(word)
        return _DEFAULT_DISTANCE

    def leads_to(self, interface: str) -> bool:
        """Whether it leaves by an interface."""
        return self.via[0].casefold() == interface.casefold()


_SETTINGS = (
    *("ip vrf forwarding", "vrf forwarding", "ip unnumbered", "ip mtu", "ip tcp adjust-mss", "bfd interval"),
    *("tunnel source", "tunnel destination", "tunnel mode", "tunnel vrf", "tunnel protection ipsec profile"),
    *("shutdown", "bfd template"),
)


@lru_cache(maxsize=1024)
def interfaces(lines: tuple[Line, ...]) -> Mapping[str, Interface]:
    """Return the interfaces by their name in small letters."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        opened = _OPENS.match(line.section)
        if opened:
            found.setdefault(opened[1].casefold(), []).append(line)
    read = {name: _interface(section) for name, section in found.items()}
    for name, interface in read.items():
        parent = read.get(name.partition(".")[0])
        if parent is not None and parent.is_shut:  # which takes its subinterfaces down
            read[name] = replace(interface, settings={**interface.settings, "shutdown": ""})
    return read


def _interface(section: list[Line]) -> Interface:
    opened = _OPENS.match(section[0].section)
    assert opened is not None, "only lines of an interface are here"
    settings: dict[str, str] = {}
    addresses: list[IPv4Interface] = []
    vlans: tuple[int, ...] = ()
    loses_address = False
    for line in section:
        vrf = _vrf(settings)
        _read_setting(settings, line.text)
        if _vrf(settings) != vrf:
            loses_address = bool(addresses)
        address, tags = _ADDRESS.match(line.text), _VLANS.match(line.text)
        if address:
            addresses += _read_address(address[1], address[2])
            loses_address = False
        if tags:
            vlans = tuple(int(tag) for tag in tags.groups() if tag)
    return Interface(
        name=opened[1],
        line=section[0].number,
        settings=settings,
        addresses=tuple(addresses),
        loses_address=loses_address,
        vlans=vlans,
    )


def _vrf(settings: Mapping[str, str]) -> str:
    return settings.get("ip vrf forwarding") or settings.get("vrf forwarding") or ""


def _read_setting(settings: dict[str, str], text: str) -> None:
    folded = text.casefold()
    negated = folded.startswith("no ")
    for name in _SETTINGS:
        if folded.removeprefix("no ") == name or folded.removeprefix("no ").startswith(f"{name} "):
            settings.pop(name, None)
            if not negated:
                settings[name] = text[len(name) :].strip()


def _read_address(address: str, mask: str) -> Iterator[IPv4Interface]:
    try:
        yield IPv4Interface(f"{address}/{mask}")
    except ValueError:
        return


def azure_tunnels(found: Mapping[str, Interface]) -> frozenset[str]:
    """Return the tunnels that may lead to Azure, by their name in small letters.

    Azure speaks IPsec and no GRE: a tunnel that says GRE leads elsewhere, unless Azure gives its destination.
    """
    return frozenset(name for name, each in found.items() if name.startswith("tunnel") and _may_lead(each))


def _may_lead(tunnel: Interface) -> bool:
    if tunnel.settings.get("tunnel destination", "").startswith("<"):
        return True
    mode = tunnel.settings.get("tunnel mode", "").casefold()
    if mode:
        return mode.startswith("ipsec")
    return "tunnel protection ipsec profile" in tunnel.settings


def holding(found: Mapping[str, Interface], address: IPv4Address) -> tuple[Interface, ...]:
    """Return the interfaces that have an address, or lend it from one that has it."""
    owners = {name for name, each in found.items() if address in [own.ip for own in each.addresses]}
    return tuple(
        each
        for name, each in found.items()
        if name in owners or each.settings.get("ip unnumbered", "").casefold() in owners
    )


def address_on(found: Mapping[str, Interface], name: str) -> IPv4Address | None:
    """Return the first address of an interface, or the address that a text is itself."""
    interface = found.get(name.casefold())
    if interface is not None:
        return interface.addresses[0].ip if interface.addresses else None
    try:
        return IPv4Address(name)
    except ValueError:
        return None


def connected(
    found: Mapping[str, Interface], vrf: str, address: IPv4Address
) -> tuple[Interface, IPv4Interface] | None:
    """Return the interface of a VRF on whose network an address is, with the interface's own address."""
    for each in found.values():
        for own in each.addresses:
            if each.vrf == vrf and address in own.network:
                return each, own
    return None


def static_routes(lines: tuple[Line, ...]) -> Iterator[StaticRoute]:
    """Yield the static routes."""
    for line in lines:
        match = _ROUTE.match(line.text)
        if match:
            yield StaticRoute(
                line=line.number,
                vrf=match["vrf"] or "",
                destination=match["to"],
                mask=match["mask"],
                via=tuple(match["via"].split()),
            )


def network_of_route(route: StaticRoute) -> IPv4Network | None:
    """Return where a static route leads, None for a placeholder."""
    try:
        return IPv4Network(f"{route.destination}/{route.mask}", strict=False)
    except ValueError:
        return None
