"""BGP as a router's lines configure it: sessions, and what a route-map makes of the routes it lets in.

Best-path steps in the order of IOS: weight, then local preference
(https://www.cisco.com/c/en/us/support/docs/ip/border-gateway-protocol-bgp/13753-25.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from network_policies.router_lines import Line
from network_policies.stack import NotProvenError

MICROSOFT_ASN = 12076
DEFAULT_LOCAL_PREFERENCE = 100

_ROUTER_BGP = re.compile(r"router bgp (\S+)", re.IGNORECASE)
_VRF = re.compile(r"address-family ipv4(?: unicast)? vrf (\S+)$", re.IGNORECASE)
_GLOBAL_IPV4 = re.compile(r"address-family ipv4(?: unicast)?$", re.IGNORECASE)
_NEIGHBOR = re.compile(r"(?P<no>no )?neighbor (?P<peer>\S+)(?: (?P<what>\S+))? ?(?P<rest>.*)$", re.IGNORECASE)
_ASDOT = re.compile(r"(\d+)\.(\d+)$")
_FILTERS = ("route-map", "prefix-list", "filter-list", "distribute-list")


class Preference(NamedTuple):
    """What decides first between two routes to one prefix; the greater one wins."""

    weight: int
    local_preference: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """A BGP session, in one VRF's table or, without a VRF, in the global one."""

    address: str
    vrf: str
    remote_asn: int
    own_asn: int
    line: int
    is_active: bool
    has_tunnel: bool
    """It is not adjacent, or its session leaves over a tunnel interface."""
    update_source: str
    """The interface that its session starts from, as the line spells it; empty where none is set."""
    is_multihop: bool
    """Whether the peer may be further than one hop away."""
    has_bfd: bool
    is_shut: bool
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
        """Whether the session runs over a VPN: to a VPN gateway's usual ASN, or through a tunnel."""
        external = self.remote_asn not in (MICROSOFT_ASN, self.own_asn)
        return external and (self.has_tunnel or self.remote_asn == VPN_GATEWAY_ASN)

    @property
    def is_internal(self) -> bool:
        """Whether both ends are in one autonomous system."""
        return self.remote_asn == self.own_asn


VPN_GATEWAY_ASN = 65515
"""A VPN gateway's ASN unless it is changed (ASN-7)."""


@dataclass(slots=True)
class _Attributes:
    """What the lines say about one neighbor or peer group in one address family."""

    line: int = 0
    values: dict[str, str] = field(default_factory=dict)
    filters: dict[tuple[str, str], str] = field(default_factory=dict)

    def over(self, base: _Attributes) -> _Attributes:
        """Lay these over more general ones."""
        return _Attributes(
            self.line or base.line, {**base.values, **self.values}, {**base.filters, **self.filters}
        )


_Families = dict[str, dict[str, _Attributes]]


def neighbors(lines: tuple[Line, ...]) -> tuple[Neighbor, ...]:
    """Return every IPv4 session that the lines configure.

    Raises:
        NotProvenError: What a neighbor is stands in a peer template, or its ASN is a placeholder.
    """
    sections: dict[int, list[Line]] = {}
    for line in lines:
        opened = _ROUTER_BGP.match(line.section)
        if opened:
            sections.setdefault(_asn(opened[1], f"the ASN in line {line.number}"), []).append(line)
    return tuple(neighbor for asn, section in sections.items() for neighbor in _sessions(asn, section))


def unread_families(lines: tuple[Line, ...]) -> tuple[str, ...]:
    """Return the address families other than IPv4 unicast that have neighbors of their own."""
    return tuple(
        dict.fromkeys(
            line.subsection
            for line in lines
            if line.subsection.casefold().startswith("address-family ")
            and _ROUTER_BGP.match(line.section)
            and _NEIGHBOR.match(line.text)
            and not (_VRF.match(line.subsection) or _GLOBAL_IPV4.match(line.subsection))
        )
    )


def own_asns(lines: tuple[Line, ...]) -> Mapping[int, int]:
    """Return the router's own ASNs, each with the number of the line that sets it first."""
    found: dict[int, int] = {}
    for line in lines:
        opened = _ROUTER_BGP.match(line.text)
        if opened:
            found.setdefault(_asn(opened[1], f"the ASN in line {line.number}"), line.number)
    return found


def _sessions(own_asn: int, section: list[Line]) -> Iterator[Neighbor]:
    families = _read_families(section)
    general = families.pop("", {})
    default = _default_local_preference(section)
    activates = not any(line.text.casefold() == "no bgp default ipv4-unicast" for line in section)
    for family, found in families.items():
        in_vrf = _VRF.match(family)
        if in_vrf:
            yield from _family_sessions(own_asn, in_vrf[1], found, general, default, active=False)
    global_family: dict[str, _Attributes] = {}
    for family, found in families.items():
        if _GLOBAL_IPV4.match(family):
            global_family.update(found)
    merged = {
        peer: global_family.get(peer, _Attributes()).over(general.get(peer, _Attributes()))
        for peer in {**general, **global_family}
    }
    yield from _family_sessions(own_asn, "", merged, {}, default, active=activates)


def _family_sessions(
    own_asn: int,
    vrf: str,
    family: Mapping[str, _Attributes],
    general: Mapping[str, _Attributes],
    default: int,
    *,
    active: bool,
) -> Iterator[Neighbor]:
    for peer, own in family.items():
        attributes = _with_group(own, family, general)
        values = attributes.values
        if values.get("peer-group") == "" or "remote-as" not in values:
            if "inherit" in values:
                raise NotProvenError(f"neighbor {peer} takes its settings from a peer template")
            continue
        activation = values.get("activate")
        yield Neighbor(
            address=peer,
            vrf=vrf,
            own_asn=own_asn,
            remote_asn=_remote_asn(peer, values["remote-as"], own_asn),
            line=attributes.line,
            is_active=active if activation is None else activation == "",
            has_tunnel="ebgp-multihop" in values
            or values.get("update-source", "").casefold().startswith("tunnel"),
            update_source=values.get("update-source", ""),
            is_multihop="ebgp-multihop" in values or "disable-connected-check" in values,
            has_bfd=values.get("fall-over", "").casefold().startswith("bfd"),
            is_shut="shutdown" in values,
            weight=int(weight) if (weight := values.get("weight", "")).isdecimal() else 0,
            filters=attributes.filters,
            default_local_preference=default,
        )


def _with_group(
    own: _Attributes, family: Mapping[str, _Attributes], general: Mapping[str, _Attributes]
) -> _Attributes:
    group = own.values.get("peer-group")
    if not group:
        return own
    nothing = _Attributes()
    shared = family.get(group, nothing).over(general.get(group, nothing))
    shared.values.pop("peer-group", None)
    return own.over(shared)


def _read_families(section: list[Line]) -> _Families:
    families: _Families = {"": {}}
    for line in section:
        match = _NEIGHBOR.match(line.text)
        if match is None or line.subsection.casefold().startswith("template "):
            continue
        family = families.setdefault(line.subsection, {})
        what = (match["what"] or "remote-as").casefold()
        if match["no"] and what == "remote-as":
            family.pop(match["peer"], None)  # IOS forgets all else about the neighbor with it
            continue
        attributes = family.setdefault(match["peer"], _Attributes(line.number))
        _read_attribute(attributes, what, match["rest"], negated=bool(match["no"]))
    return families


def _read_attribute(attributes: _Attributes, what: str, rest: str, *, negated: bool) -> None:
    if what in _FILTERS:
        name, _, direction = rest.rpartition(" ")
        if negated:
            attributes.filters.pop((what, direction), None)
        else:
            attributes.filters[what, direction.casefold()] = name
    elif negated and what != "activate":
        attributes.values.pop(what, None)
    else:
        attributes.values[what] = "no" if negated else rest


def _default_local_preference(section: list[Line]) -> int:
    for line in section:
        match = re.match(r"bgp default local-preference (\d+)$", line.text, re.IGNORECASE)
        if match:
            return int(match[1])
    return DEFAULT_LOCAL_PREFERENCE


def _remote_asn(peer: str, text: str, own_asn: int) -> int:
    if text.casefold() == "internal":
        return own_asn
    return _asn(text.partition(" ")[0], f"the ASN of neighbor {peer}")


def _asn(text: str, what: str) -> int:
    """Read an ASN, written as a number or in two halves with a dot."""
    if text.isdecimal():
        return int(text)
    halves = _ASDOT.match(text)
    if halves is None:
        raise NotProvenError(f"{what} is no number")
    return (int(halves[1]) << 16) + int(halves[2])
