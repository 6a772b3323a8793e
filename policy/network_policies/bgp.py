"""BGP sessions of a router, as its lines configure them.

A session counts as one over VPN if its peer has a VPN gateway's usual ASN, if Azure gives its address (a
placeholder stands for it), or if it runs through a tunnel that may lead to Azure: by its update-source, by a
host route, or by the tunnel's own network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from network_policies.azure_types import address_of
from network_policies.bgp_lines import Attributes, asn_of, read_families, read_templates, resolve
from network_policies.interfaces import azure_tunnels, connected, interfaces, static_routes
from network_policies.resource import NotProvenError
from network_policies.router_lines import Line, router_lines
from network_policies.rules import Case, Check, Doubt, Findings

MICROSOFT_ASN = 12076
VPN_GATEWAY_ASN = 65515
"""A VPN gateway's ASN unless it is changed (ASN-7)."""

DEFAULT_LOCAL_PREFERENCE = 100

_ROUTER_BGP = re.compile(r"router bgp (\S+)", re.IGNORECASE)
_VRF = re.compile(r"address-family ipv4(?: unicast)? vrf (\S+)$", re.IGNORECASE)
_GLOBAL_IPV4 = re.compile(r"address-family ipv4(?: unicast)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """A BGP session, in one VRF's table or, without a VRF, in the global one."""

    address: str
    vrf: str
    remote_asn: int
    own_asn: int
    shown_asn: int
    """The AS that the peer sees: another one with `local-as` or in a confederation."""
    is_external: bool
    place: str
    is_active: bool
    has_tunnel: bool
    """Its session leaves over a tunnel that may lead to Azure."""
    update_source: str
    """The interface that its session starts from, as the line spells it; empty where none is set."""
    is_multihop: bool
    """Whether the peer may be further than one hop away."""
    has_bfd: bool
    is_shut: bool
    password: str
    """As the line spells it, empty where none is set; never for a message."""
    weight: int
    filters: Mapping[tuple[str, str], str]
    """Names of filters, by kind (`route-map`, `prefix-list`, ...) and direction (`in`, `out`)."""
    default_local_preference: int

    @property
    def is_expressroute(self) -> bool:
        """Whether Microsoft's edge is at the other end (ASN-10)."""
        return self.remote_asn == MICROSOFT_ASN

    @property
    def is_vpn(self) -> bool:
        """Whether the session runs over a VPN to Azure."""
        external = self.is_external and not self.is_expressroute
        return external and (self.has_tunnel or self.remote_asn == VPN_GATEWAY_ASN)

    @property
    def is_internal(self) -> bool:
        """Whether both ends are in one autonomous system."""
        return not self.is_external

    def filter(self, kind: str, direction: str) -> str | None:
        """Return the name of a filter."""
        return self.filters.get((kind, direction))

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"Neighbor({self.address!r}, vrf={self.vrf!r}, remote_asn={self.remote_asn})"


class Sessions(NamedTuple):
    """A router's sessions, and why others cannot be read."""

    known: tuple[Neighbor, ...]
    unread: tuple[str, ...]
    families: tuple[str, ...]
    """Why sessions of other families than IPv4 are not judged."""


def neighbors(lines: tuple[Line, ...]) -> tuple[Neighbor, ...]:
    """Return every IPv4 session that the lines configure, as far as it can be read.

    Raises:
        NotProvenError: The router's own ASN is a placeholder.
    """
    return _read_sessions(lines).known


def azure_neighbors(lines: tuple[Line, ...]) -> Iterator[Neighbor]:
    """Yield the neighbors that are Azure's, over ExpressRoute or VPN."""
    return (neighbor for neighbor in neighbors(lines) if neighbor.is_expressroute or neighbor.is_vpn)


def spell(neighbor: Neighbor) -> str:
    """Name a neighbor and its line."""
    where = f" in VRF {neighbor.vrf}" if neighbor.vrf else ""
    kind = "ExpressRoute" if neighbor.is_expressroute else "VPN" if neighbor.is_vpn else "BGP"
    return f"{kind} neighbor {neighbor.address}{where} ({neighbor.place})"


def with_unread(check: Check, *, families: bool = False) -> Check:
    """Let a rule about a router's neighbors also say which of them it could not read.

    Args:
        check: The rule's own.
        families: Whether it also says which other address families lead to Azure.
    """

    def run(case: Case) -> Findings:
        yield from check(case)
        sessions = _read_sessions(router_lines(case.resource))
        for what in (*sessions.unread, *(sessions.families if families else ())):
            yield Doubt(what=what)

    return run


@lru_cache(maxsize=1024)
def _read_sessions(lines: tuple[Line, ...]) -> Sessions:
    known: list[Neighbor] = []
    unread: list[str] = []
    families: list[str] = []
    for asn, section in _sections(lines).items():
        reader = _Reader(asn, section, lines)
        for attempt in reader.read():
            if isinstance(attempt, Neighbor):
                known.append(attempt)
            else:
                unread.append(attempt)
        families.extend(reader.unread_families())
    return Sessions(tuple(known), tuple(dict.fromkeys(unread)), tuple(families))


def _sections(lines: tuple[Line, ...]) -> Mapping[int, list[Line]]:
    sections: dict[int, list[Line]] = {}
    for line in lines:
        opened = _ROUTER_BGP.match(line.section)
        if opened:
            asn = asn_of(opened[1], f'the ASN of "{line.section}"')
            sections.setdefault(asn, []).append(line)
    return sections


def own_asns(lines: tuple[Line, ...]) -> Mapping[int, str]:
    """Return the router's own ASNs, each with the place of what sets it first.

    Raises:
        NotProvenError: One is a placeholder.
    """
    found: dict[int, str] = {}
    for line in lines:
        opened = _ROUTER_BGP.match(line.text)
        if opened:
            asn = asn_of(opened[1], f'the ASN of "{line.text}" ({line.place})')
            found.setdefault(asn, f'"{line.text}" ({line.place})')
    for neighbor in neighbors(lines):
        found.setdefault(neighbor.shown_asn, f"neighbor {neighbor.address} ({neighbor.place})")
    return found


class _Reader:
    """Reads the sessions of one BGP process."""

    def __init__(self, own_asn: int, section: list[Line], lines: tuple[Line, ...]) -> None:
        self._own_asn = own_asn
        self._section = section
        self._templates = read_templates(section)
        self._families = read_families(section)
        self._general = self._families.pop("", {})
        self._ways = _Ways(lines)
        self._preference = self._number(r"bgp default local-preference (\d+)$", DEFAULT_LOCAL_PREFERENCE)
        self._identifier = self._number(r"bgp confederation identifier (\d+)$", own_asn)
        self._members = {
            int(member)
            for line in section
            if line.text.casefold().startswith("bgp confederation peers ")
            for member in line.text.split()[3:]
            if member.isdecimal()
        }

    def read(self) -> Iterator[Neighbor | str]:
        """Yield each session, or why it cannot be read."""
        yield from self._read_vrfs()
        yield from self._read_global()

    def _read_vrfs(self) -> Iterator[Neighbor | str]:
        for name, family in self._families.items():
            in_vrf = _VRF.match(name)
            if in_vrf:  # in a VRF, IOS writes `activate` by itself
                yield from self._read_family(in_vrf[1], family, active=True)

    def _read_global(self) -> Iterator[Neighbor | str]:
        family: dict[str, Attributes] = {}
        for name, found in self._families.items():
            if _GLOBAL_IPV4.match(name):
                family.update(found)
        nothing = Attributes()
        merged = {
            peer: family.get(peer, nothing).over(self._general.get(peer, nothing))
            for peer in {**self._general, **family}
        }
        is_active = not any(
            line.text.casefold() in ("no bgp default ipv4-unicast", "no bgp default ipv4-activate")
            for line in self._section
        )
        yield from self._read_family("", merged, active=is_active)

    def _read_family(
        self, vrf: str, family: Mapping[str, Attributes], *, active: bool
    ) -> Iterator[Neighbor | str]:
        for peer, own in family.items():
            try:
                attributes = self._whole(peer, own, family)
                if attributes is not None:
                    yield self._session(peer, vrf, attributes, active=active)
            except NotProvenError as missing:
                yield missing.what

    def _whole(self, peer: str, own: Attributes, family: Mapping[str, Attributes]) -> Attributes | None:
        """Lay a neighbor's lines over those of its group and templates; None if it is no session itself."""
        nothing = Attributes()
        attributes = resolve(own, self._templates, peer)
        group = attributes.values.get("peer-group")
        if group == "":
            return None
        if group:
            shared = family.get(group, nothing).over(self._general.get(group, nothing))
            shared.values.pop("peer-group", None)
            attributes = attributes.over(resolve(shared, self._templates, group))
        return attributes if "remote-as" in attributes.values else None

    def _session(self, peer: str, vrf: str, attributes: Attributes, *, active: bool) -> Neighbor:
        values = attributes.values
        remote, external = self._remote(peer, values["remote-as"])
        local_as = values.get("local-as", "").partition(" ")[0]
        activation = values.get("activate")
        weight = values.get("weight", "")
        is_active = active if activation is None else activation == ""
        return Neighbor(
            address=peer,
            vrf=vrf,
            own_asn=self._own_asn,
            shown_asn=asn_of(local_as, f"local-as of neighbor {peer}") if local_as else self._identifier,
            remote_asn=remote,
            is_external=external,
            place=attributes.place,
            is_active=is_active or (activation is None and self._is_active_elsewhere(peer, values)),
            has_tunnel=self._ways.lead_into_tunnel(peer, vrf, values.get("update-source", "")),
            update_source=values.get("update-source", ""),
            is_multihop="ebgp-multihop" in values or "disable-connected-check" in values,
            has_bfd=values.get("fall-over", "").casefold().startswith("bfd"),
            is_shut="shutdown" in values,
            password=values.get("password", ""),
            weight=int(weight) if weight.isdecimal() else 0,
            filters=attributes.filters,
            default_local_preference=self._preference,
        )

    def _remote(self, peer: str, text: str) -> tuple[int, bool]:
        """Return a peer's ASN, and whether it is in another AS than this router."""
        word = text.partition(" ")[0].casefold()
        if word == "internal":
            return self._own_asn, False
        remote = asn_of(word, f"the ASN of neighbor {peer}")
        return remote, remote != self._own_asn and remote not in self._members

    def _is_active_elsewhere(self, peer: str, values: Mapping[str, str]) -> bool:
        """Whether a neighbor is meant for another family alone, as between provider edges."""
        names = {peer, values.get("peer-group", "")}
        return any(
            "activate" in attributes.values and name in names
            for family, found in self._families.items()
            if not _VRF.match(family) and not _GLOBAL_IPV4.match(family)
            for name, attributes in found.items()
        )

    def unread_families(self) -> Iterator[str]:
        """Yield the other families in which a session to Azure runs, or might."""
        for family, found in self._families.items():
            if _VRF.match(family) or _GLOBAL_IPV4.match(family):
                continue
            for peer in found:
                attributes = found[peer].over(self._general.get(peer, Attributes()))
                if self._may_be_azure(peer, attributes):
                    yield f'neighbor {peer} in "{family}": only IPv4 is judged'

    def _may_be_azure(self, peer: str, attributes: Attributes) -> bool:
        try:
            whole = self._whole(peer, attributes, {})
            if whole is None:
                return False
            session = self._session(peer, "", whole, active=True)
        except NotProvenError:
            return True
        return session.is_expressroute or session.is_vpn

    def _number(self, pattern: str, default: int) -> int:
        for line in self._section:
            match = re.match(pattern, line.text, re.IGNORECASE)
            if match:
                return int(match[1])
        return default


class _Ways:
    """Which addresses a router reaches through a tunnel that may lead to Azure."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        self._interfaces = interfaces(lines)
        self._tunnels = azure_tunnels(self._interfaces)
        self._hosts = {
            (route.vrf, route.destination)
            for route in static_routes(lines)
            if route.is_host and route.via[0].casefold() in self._tunnels
        }

    def lead_into_tunnel(self, peer: str, vrf: str, source: str) -> bool:
        """Whether a session to a peer runs through such a tunnel."""
        name = source.casefold()
        if peer.startswith("<") or name in self._tunnels or (vrf, peer) in self._hosts:
            return True
        if name.startswith("tunnel") and name not in self._interfaces:
            return True
        address = address_of(peer)
        link = connected(self._interfaces, vrf, address) if address else None
        return link is not None and link[0].name.casefold() in self._tunnels
