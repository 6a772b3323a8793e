"""Routers: every name that a line uses is defined by another line, and every placeholder is supplied.

IOS takes a reference to nothing without a word. What it then does differs by command and release: an
undefined prefix-list lets everything pass, an undefined route-map may let nothing pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from network_policies import pages
from network_policies.interfaces import interfaces
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule
from network_policies.values import reveal


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that lines define and refer to, by patterns over a line's text."""

    name: str
    definition: re.Pattern[str]
    references: tuple[re.Pattern[str], ...]
    """Their first group holds one name, or several with blanks between."""
    section: str = ""
    """How the section starts in which alone the references count."""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_KINDS = (
    Kind(
        "route-map",
        _pattern(r"route-map (\S+)(?: (?:permit|deny)(?: \d+)?)?$"),
        (
            _pattern(r"route-map (\S+) (?:in|out)$"),
            _pattern(r"(?!route-map ).*\broute-map (\S+)"),
            _pattern(
                r"(?:aggregate-address|neighbor) .*\b(?:attribute|suppress|unsuppress|advertise)-map (\S+)"
            ),
            _pattern(r"(?:import|export)(?: ipv4)?(?: unicast)? map (\S+)"),
        ),
    ),
    Kind(
        "prefix-list",
        _pattern(r"(?:ip|ipv6) prefix-list (\S+)(?: seq \d+)? (?:permit|deny) "),
        (
            _pattern(r"(?:neighbor \S+ )?prefix-list (\S+) (?:in|out)$"),
            _pattern(r"match (?:ip|ipv6) (?:address|next-hop|route-source) prefix-list (.+)$"),
            _pattern(r"distribute-list prefix (\S+)"),
        ),
    ),
    Kind(
        "community list",
        _pattern(r"ip community-list (?:standard |expanded )?(\S+) "),
        (_pattern(r"match community (.+?)(?: exact-match)?$"),),
    ),
    Kind(
        "access list",
        _pattern(r"(?:ip access-list (?:standard |extended )|access-list )(\S+)"),
        (
            _pattern(r"neighbor \S+ distribute-list (\S+) (?:in|out)$"),
            _pattern(r"match ip address (?!prefix-list )(.+)$"),
            _pattern(r"distribute-list (?!prefix |gateway |route-map )(\S+) (?:in|out)"),
        ),
    ),
    Kind(
        "template",
        _pattern(r"template peer-(?:policy|session) (\S+)$"),
        (_pattern(r"(?:neighbor \S+ )?inherit peer-(?:policy|session) (\S+)"),),
    ),
    Kind(
        "peer group",
        _pattern(r"neighbor (\S+) peer-group$"),
        (_pattern(r"neighbor \S+ peer-group (\S+)$"),),
    ),
    Kind(
        "VRF",
        _pattern(r"(?:ip vrf (?!forwarding |receive |select |sitemap )|vrf definition )(\S+)$"),
        (
            _pattern(r"(?:ip )?vrf forwarding (\S+)"),
            _pattern(r"address-family \S+(?: unicast| multicast)? vrf (\S+)"),
            _pattern(r"router (?:ospf|ospfv3|eigrp) \S+ vrf (\S+)"),
            _pattern(r"ip route vrf (\S+)"),
            _pattern(r"(?:tunnel vrf|ivrf|match fvrf(?! any$)) (\S+)"),
        ),
    ),
    Kind(
        "AS-path list",
        _pattern(r"ip as-path access-list (\S+)"),
        (_pattern(r"neighbor \S+ filter-list (\S+) (?:in|out)$"), _pattern(r"match as-path (.+)$")),
    ),
    Kind(
        "IKEv2 proposal",
        _pattern(r"crypto ikev2 proposal (\S+)"),
        (_pattern(r"proposal (\S+)$"),),
        section="crypto ikev2 policy",
    ),
    Kind(
        "IKEv2 keyring",
        _pattern(r"crypto ikev2 keyring (\S+)"),
        (_pattern(r"keyring local (\S+)"),),
        section="crypto ikev2 profile",
    ),
    Kind(
        "IKEv2 profile",
        _pattern(r"crypto ikev2 profile (\S+)"),
        (_pattern(r"set ikev2-profile (\S+)"),),
    ),
    Kind(
        "transform-set",
        _pattern(r"crypto ipsec transform-set (\S+)"),
        (_pattern(r"set transform-set (.+)$"),),
    ),
    Kind(
        "IPsec profile",
        _pattern(r"crypto ipsec profile (\S+)"),
        (_pattern(r"tunnel protection ipsec profile (\S+)"),),
    ),
    Kind(
        "logical interface",
        _pattern(r"interface ((?:Loopback|Tunnel)\d+)$"),
        (
            _pattern(r"tunnel source ((?:Loopback|Tunnel)\d+)"),
            _pattern(r"neighbor \S+ update-source ((?:Loopback|Tunnel)\d+)"),
            _pattern(r"ip unnumbered ((?:Loopback|Tunnel)\d+)"),
            _pattern(r"ip route .* ((?:Loopback|Tunnel)\d+)"),
        ),
    ),
)

_BUILT_IN = frozenset({"default", "Mgmt-intf", "Mgmt-vrf"})
"""IOS has a proposal, a transform-set and profiles of the first name, and a management port's VRF."""

_PLACEHOLDER = re.compile(r"<(output|secret):([^<>]*)>")


def _reference_defined(case: Case) -> Findings:
    yield from _undefined(router_lines(case.resource))


@lru_cache(maxsize=1024)
def _undefined(all_lines: tuple[Line, ...]) -> tuple[Finding, ...]:
    return tuple(_find_undefined([line for line in all_lines if not line.text.casefold().startswith("no ")]))


def _find_undefined(lines: list[Line]) -> Iterator[Finding]:
    for kind in _KINDS:
        defined = {match[1] for line in lines if (match := kind.definition.match(line.text))}
        missing: dict[str, Line] = {}
        for name, line in _references(kind, lines):
            if name not in defined and name not in _BUILT_IN:
                missing.setdefault(name, line)
        for name, line in missing.items():
            yield Finding(
                wrong=f'"{line.text}" ({line.place}) refers to {kind.name} {name}, which no line defines',
                mend=f"Define {kind.name} {name}, or take the reference out",
            )


def _references(kind: Kind, lines: list[Line]) -> Iterator[tuple[str, Line]]:
    for line in lines:
        if not line.section.casefold().startswith(kind.section) or kind.definition.match(line.text):
            continue
        for pattern in kind.references:
            match = pattern.match(line.text)
            if match:
                yield from ((name, line) for name in match[1].split())


def _vrf_whole(case: Case) -> Findings:
    """Find what IOS refuses of a VRF, or undoes: a use before its definition, or of a part that it lacks."""
    lines = router_lines(case.resource)
    defined: dict[str, int] = {}
    parts: dict[str, set[str]] = {}
    for line in lines:
        opened = _VRF_SECTION.match(line.section)
        if opened:
            defined.setdefault(opened[1], line.number)
            parts.setdefault(opened[1], set()).add(" ".join(line.text.casefold().split()[:2]))
    yield from _used_too_early(lines, defined)
    for vrf, place in _bgp_vrfs(lines).items():
        if vrf in defined and not any(part.startswith("rd ") for part in parts[vrf]):
            yield Finding(
                wrong=f'{place} opens an address family for VRF {vrf}, which has no "rd", so IOS refuses it',
                mend=f'Set "rd ASN:NUMBER" in VRF {vrf}',
            )
    for interface in interfaces(lines).values():
        own = parts.get(interface.vrf, set())
        if interface.addresses and own & {"vrf definition"} and "address-family ipv4" not in own:
            yield Finding(
                wrong=f"{interface.name} (line {interface.line}) has an IPv4 address in VRF {interface.vrf}, "
                "which has no IPv4 address family",
                mend=f'Set "address-family ipv4" in VRF {interface.vrf}',
            )
        if interface.loses_address:
            yield Finding(
                wrong=f"{interface.name} (line {interface.line}) joins VRF {interface.vrf} after its address "
                "is set, which IOS then takes away",
                mend="Set the VRF first, and the address after it",
            )


_VRF_SECTION = _pattern(r"(?:ip vrf|vrf definition) (\S+)$")
_BGP_FAMILY = _pattern(r"address-family ipv4(?: unicast)? vrf (\S+)$")


def _bgp_vrfs(lines: tuple[Line, ...]) -> Mapping[str, str]:
    """Return the VRFs that BGP has an IPv4 family for, each with the line that opens it first, quoted."""
    found: dict[str, str] = {}
    for line in lines:
        match = _BGP_FAMILY.match(line.text)
        if match and line.section.casefold().startswith("router bgp "):
            found.setdefault(match[1], f'"{line.text}" ({line.place})')
    return found


def _used_too_early(lines: tuple[Line, ...], defined: Mapping[str, int]) -> Findings:
    vrf = next(kind for kind in _KINDS if kind.name == "VRF")
    said = set()
    for name, line in _references(vrf, list(lines)):
        if name not in said and line.number < defined.get(name, 0):
            said.add(name)
            yield Finding(
                wrong=f'"{line.text}" ({line.place}) uses VRF {name}, which line {defined[name]} defines '
                "only then, so IOS refuses it",
                mend=f"Define VRF {name} before its first use",
            )


def _placeholder_supplied(case: Case) -> Findings:
    supplied = {kind: _names(case, properties) for kind, properties in _SUPPLIERS.items()}
    missing: dict[tuple[str, str], str] = {}
    for line in router_lines(case.resource):
        for kind, name in _PLACEHOLDER.findall(line.text):
            if name not in supplied[kind]:
                missing.setdefault((kind, name), line.place)
    for (kind, name), place in missing.items():
        yield Finding(
            wrong=f"{place}, has the placeholder <{kind}:{name}>, and nothing supplies it",
            mend=f"Give {_SUPPLIERS[kind]} an entry {name}",
        )


_SUPPLIERS = {"output": "values", "secret": "secrets"}


def _names(case: Case, properties: str) -> frozenset[str]:
    """Return the names of a mapping's entries, whose values may well be unknown."""
    value = reveal(case.resource.inputs.get(properties))
    if value is None:
        return frozenset()
    if not isinstance(value, Mapping):
        case.resource.read(properties)  # unknown as a whole: nothing is proven
        return frozenset()
    return frozenset(value)


RULES = (
    Rule(
        name="router-reference-defined",
        level=Level.MANDATORY,
        holds="Every route-map, prefix-list, VRF, profile and interface that a line uses is defined.",
        kinds=(CONFIGURATION,),
        sources=("IOS",),
        page=pages.CISCO_ROUTE_MAPS,
        check=_reference_defined,
    ),
    Rule(
        name="router-vrf-whole",
        level=Level.MANDATORY,
        holds="A VRF is defined whole, before it is used, and joined before the address is set.",
        kinds=(CONFIGURATION,),
        sources=("IOS", "SEED"),
        page=pages.CISCO_VRF,
        check=_vrf_whole,
    ),
    Rule(
        name="router-placeholder-supplied",
        level=Level.MANDATORY,
        holds="Every placeholder in a router's lines has a value or a secret of its name.",
        kinds=(CONFIGURATION,),
        sources=("VPN-2",),
        page=pages.VPN_FAQ,
        check=_placeholder_supplied,
    ),
)
