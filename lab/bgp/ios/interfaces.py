"""Interfaces, VRFs and static routes of a router, as they were typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lab.bgp.ios.lines import Section

_OSPF_LINES = r"ip ospf (?:network|cost|hello-interval|dead-interval|priority) .+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """What makes an interface the end of a tunnel; None for what is not typed yet."""

    source: str | None
    """An address, or an interface's name."""
    destination: IPv4Address | None
    profile: str | None
    """The IPsec profile that protects it."""
    vrf: str = ""
    """The table in which its packets leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface or sub-interface."""

    name: str
    vrf: str
    """Empty for the global table."""
    addresses: tuple[IPv4Interface, ...]
    shut: bool
    tags: tuple[int, ...]
    """VLAN tags, the outer one first."""
    ospf: tuple[str, ...] = ()
    bfd: tuple[int, int, int] | None = None
    """Transmission and reception in milliseconds, multiplier."""
    tunnel: Tunnel | None = None

    @property
    def port(self) -> str:
        """The port of the box that a sub-interface is on."""
        return self.name.partition(".")[0]

    @property
    def is_ethernet(self) -> bool:
        """Whether a cable may be in it."""
        return not self.name.startswith(("Loopback", "Tunnel"))

    @property
    def is_loopback(self) -> bool:
        """Whether it is a loopback."""
        return self.name.startswith("Loopback")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRoute:
    """A static route of one table."""

    vrf: str
    destination: IPv4Network
    via: IPv4Address | None = None
    interface: str | None = None
    distance: int | None = None
    tag: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All interfaces and static routes, and the VRF that routes."""

    interfaces: dict[str, Interface]
    routes: tuple[StaticRoute, ...]
    vrf: str | None
    """The VRF that is brought to life: the one that BGP has, else OSPF, else the first interface in one."""
    remarks: tuple[str, ...] = ()

    @property
    def living(self) -> tuple[Interface, ...]:
        """The interfaces of that VRF."""
        return tuple(one for one in self.interfaces.values() if self.vrf and one.vrf == self.vrf)

    def address_of(self, name: str) -> IPv4Address | None:
        """Return an interface's first address."""
        one = self.interfaces.get(name)
        return one.addresses[0].ip if one is not None and one.addresses else None

    def interface_towards(self, address: IPv4Address) -> Interface | None:
        """Return the interface on whose network an address is."""
        return next(
            (one for one in self.living if any(address in own.network for own in one.addresses)), None
        )


def read_tables(root: Section) -> Tables:
    """Read interfaces, VRFs and static routes."""
    for _, section in root.take(r"(?:ip vrf|vrf definition) \S+"):
        section.accept("rd .+")
        section.accept("address-family ipv4")
    interfaces = {one.name: one for one in _interfaces(root)}
    vrf = _living_vrf(root, interfaces)
    others = {one.vrf for one in interfaces.values() if one.vrf not in {"", vrf} and one.addresses}
    remarks = tuple(
        f"VRF {name} is not brought to life: one VRF of a router is" for name in sorted(others - _HIDDEN)
    )
    return Tables(interfaces=interfaces, routes=tuple(_routes(root)), vrf=vrf, remarks=remarks)


_HIDDEN = {"Mgmt-intf"}
"""The management port's, which only SSH comes in by."""


def _living_vrf(root: Section, interfaces: dict[str, Interface]) -> str | None:
    for _, bgp in root.take(r"router bgp \d+"):
        for found, _ in bgp.take(r"address-family ipv4 vrf (\S+)"):
            return found[1]
    for found, _ in root.take(r"router ospf \d+ vrf (\S+)"):
        return found[1]
    return next((one.vrf for one in interfaces.values() if one.vrf and one.vrf not in _HIDDEN), None)


def _interfaces(root: Section) -> Iterator[Interface]:
    sections = {found[1]: section for found, section in root.take(r"interface (\S+)")}
    for name, section in sections.items():
        parent = sections.get(name.partition(".")[0])
        shut = section.has("shutdown")
        if parent is not None and parent is not section:
            shut = shut or any(child.text == "shutdown" for child in parent.children)
        found = section.first(r"(?:ip )?vrf forwarding (\S+)")
        bfd = section.first(r"bfd interval (\d+) min_rx (\d+) multiplier (\d+)")
        yield Interface(
            name=name,
            vrf=found[1] if found else "",
            addresses=tuple(_addresses(section)) or tuple(_borrowed(section, sections)),
            shut=shut,
            tags=_tags(section),
            ospf=tuple(line[0] for line, _ in section.take(_OSPF_LINES)),
            bfd=(int(bfd[1]), int(bfd[2]), int(bfd[3])) if bfd else None,
            tunnel=_tunnel(section) if name.startswith("Tunnel") else None,
        )


def _addresses(section: Section) -> Iterator[IPv4Interface]:
    for found, _ in section.take(r"ip address (\S+) (\S+)(?: secondary)?"):
        yield IPv4Interface(f"{found[1]}/{found[2]}")


def _borrowed(section: Section, sections: dict[str, Section]) -> Iterator[IPv4Interface]:
    """Yield the address of the interface that `ip unnumbered` names, as a host's."""
    found = section.first(r"ip unnumbered (\S+)")
    if found and found[1] in sections:
        yield from (IPv4Interface(one.ip) for one in list(_addresses(sections[found[1]]))[:1])


def _tags(section: Section) -> tuple[int, ...]:
    found = section.first(r"encapsulation dot1Q (\d+)(?: second-dot1q (\d+))?( native)?")
    if not found or found[3]:
        return ()
    return tuple(int(tag) for tag in (found[1], found[2]) if tag)


def _tunnel(section: Section) -> Tunnel:
    source = section.first(r"tunnel source (\S+)")
    destination = section.first(r"tunnel destination (\S+)")
    profile = section.first(r"tunnel protection ipsec profile (\S+)(?: shared)?")
    vrf = section.first(r"tunnel vrf (\S+)")
    ipsec = section.has("tunnel mode ipsec ipv4")
    return Tunnel(
        source=source[1] if source else None,
        destination=IPv4Address(destination[1]) if destination else None,
        profile=profile[1] if profile and ipsec else None,
        vrf=vrf[1] if vrf else "",
    )


def _routes(root: Section) -> Iterator[StaticRoute]:
    pattern = (
        r"ip route (?:vrf (?P<vrf>\S+) )?(?P<network>[\d.]+) (?P<mask>[\d.]+)(?: (?P<interface>[A-Z]\S+))?"
        r"(?: (?P<via>\d+\.[\d.]+))?(?: (?P<distance>\d+))?(?: tag (?P<tag>\d+))?(?: name \S+)?"
    )
    for found, _ in root.take(pattern):
        yield StaticRoute(
            vrf=found["vrf"] or "",
            destination=IPv4Network(f"{found['network']}/{found['mask']}"),
            via=IPv4Address(found["via"]) if found["via"] else None,
            interface=found["interface"],
            distance=int(found["distance"]) if found["distance"] else None,
            tag=int(found["tag"]) if found["tag"] else None,
        )
