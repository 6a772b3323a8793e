"""Routers: every name that a line uses is defined by another line, and every placeholder is supplied.

IOS takes a reference to nothing without a word. What it then does differs by command and release: an
undefined prefix-list lets everything pass, an undefined route-map may let nothing pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule
from network_policies.values import reveal

CISCO_ROUTE_MAPS = (
    "https://www.cisco.com/c/en/us/support/docs/ip/border-gateway-protocol-bgp/49111-route-map-bestp.html"
)


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
            _pattern(
                r"(?!route-map ).*\b(?:route|attribute|suppress|unsuppress|advertise|table|policy)-map (\S+)"
            ),
            _pattern(r"(?:import|export)(?: ipv4)?(?: unicast)? map (\S+)"),
        ),
    ),
    Kind(
        "prefix-list",
        _pattern(r"ip prefix-list (\S+)(?: seq \d+)? (?:permit|deny) "),
        (
            _pattern(r"neighbor \S+ prefix-list (\S+) (?:in|out)$"),
            _pattern(r"match ip (?:address|next-hop|route-source) prefix-list (.+)$"),
            _pattern(r"distribute-list prefix (\S+)"),
        ),
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

_BUILT_IN = "default"
"""IOS has a proposal, a transform-set and profiles of this name."""

_PLACEHOLDER = re.compile(r"<(output|secret):([^<>]*)>")


def _reference_defined(case: Case) -> Findings:
    lines = [line for line in router_lines(case.resource) if not line.text.casefold().startswith("no ")]
    for kind in _KINDS:
        defined = {match[1] for line in lines if (match := kind.definition.match(line.text))}
        missing: dict[str, int] = {}
        for name, line in _references(kind, lines):
            if name not in defined and name != _BUILT_IN:
                missing.setdefault(name, line.number)
        for name, number in missing.items():
            yield Finding(
                wrong=f"line {number} refers to {kind.name} {name}, which no line defines",
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


def _placeholder_supplied(case: Case) -> Findings:
    supplied = {kind: _names(case, properties) for kind, properties in _SUPPLIERS.items()}
    missing: dict[tuple[str, str], int] = {}
    for line in router_lines(case.resource):
        for kind, name in _PLACEHOLDER.findall(line.text):
            if name not in supplied[kind]:
                missing.setdefault((kind, name), line.number)
    for (kind, name), number in missing.items():
        yield Finding(
            wrong=f"line {number} has the placeholder <{kind}:{name}>, and nothing supplies it",
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
        page=CISCO_ROUTE_MAPS,
        check=_reference_defined,
    ),
    Rule(
        name="router-placeholder-supplied",
        level=Level.MANDATORY,
        holds="Every placeholder in a router's lines has a value or a secret of its name.",
        kinds=(CONFIGURATION,),
        sources=("VPN-2",),
        page="https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-vpn-faq",
        check=_placeholder_supplied,
    ),
)
