"""Routers against the circuits of the stack: addresses, AS number and VLAN of each ExpressRoute link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv4Network

from network_policies import pages
from network_policies.azure_types import (
    CIRCUIT,
    CIRCUIT_PEERING,
    PRIVATE_PEERING,
    address_of,
    prefix_of,
    word,
)
from network_policies.bgp import Neighbor, neighbors, with_unread
from network_policies.interfaces import Interface, connected, interfaces
from network_policies.resource import NotProvenError, Path, Resource
from network_policies.router_lines import CONFIGURATION, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope, each
from network_policies.stack import Stack
from network_policies.values import REDACTED, Value, reveal

_LINKS = ("primaryPeerAddressPrefix", "secondaryPeerAddressPrefix")
_LINK_LENGTH = 30
_SHORTEST_LINK = 24
"""A link is a /30; one that was given shorter still is recognized."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One of a private peering's two links."""

    peering: Resource
    path: Path
    property: str
    prefix: IPv4Network

    def number(self, name: str) -> int | None:
        """Read a number of the peering's."""
        return self.peering.number(*self.path, name)


@lru_cache(maxsize=2)
def _links(stack: Stack) -> tuple[Link, ...]:
    found: list[Link] = []
    for peering in stack.of(CIRCUIT_PEERING, CIRCUIT):
        with suppress(NotProvenError):  # said in the peering's own turn
            found.extend(_links_of(peering))
    return tuple(found)


@lru_cache(maxsize=2)
def _links_by_prefix(stack: Stack) -> Mapping[IPv4Network, tuple[Link, ...]]:
    found: dict[IPv4Network, list[Link]] = {}
    for link in _links(stack):
        found.setdefault(link.prefix, []).append(link)
    return {prefix: tuple(links) for prefix, links in found.items()}


def _links_of(peering: Resource) -> Iterator[Link]:
    inline = peering.kind == CIRCUIT and peering.inputs.get("peerings") is not None
    paths: list[Path] = (
        [("peerings", i) for i, _ in enumerate(peering.elements("peerings"))] if inline else []
    )
    for path in [()] if peering.kind == CIRCUIT_PEERING else paths:
        if word(peering, *path, "peeringType") == PRIVATE_PEERING:
            for name in _LINKS:
                prefix = prefix_of(peering.text(*path, name))
                if prefix is not None:
                    yield Link(peering=peering, path=path, property=name, prefix=prefix)


def _sessions(case: Case) -> Iterator[tuple[Neighbor, IPv4Address]]:
    for neighbor in neighbors(router_lines(case.resource)):
        address = address_of(neighbor.address)
        if neighbor.is_expressroute and address is not None:
            yield neighbor, address


def _matched(case: Case) -> Iterator[tuple[Neighbor, IPv4Address, Link]]:
    """Yield each ExpressRoute session with the link of the stack that it runs over."""
    links = _links_by_prefix(case.stack)
    for neighbor, address in _sessions(case):
        for length in range(_SHORTEST_LINK, 33):
            prefix = IPv4Network((address, length), strict=False)
            yield from ((neighbor, address, link) for link in links.get(prefix, ()))


def _known(case: Case) -> Findings:
    matched = {neighbor.address for neighbor, _, _ in _matched(case)}

    def judge(session: tuple[Neighbor, IPv4Address]) -> Findings:
        neighbor, address = session
        own = [link for link in _links(case.stack) if link.number("peerASN") == neighbor.shown_asn]
        if not own:
            raise NotProvenError(
                f"which circuit ExpressRoute neighbor {address} belongs to; none of this stack"
            )
        yield Finding(
            wrong=f"ExpressRoute neighbor {address} ({neighbor.place}) is on no link of the circuits "
            f"with AS {neighbor.own_asn}, which have {', '.join(str(link.prefix) for link in own)}",
            mend=f"Set it to the second address of one of them, or {own[0].property} of "
            f"{own[0].peering.name}",
        )

    yield from each([(one, at) for one, at in _sessions(case) if one.address not in matched], judge)


def _addresses(case: Case) -> Findings:
    found = interfaces(router_lines(case.resource))
    for neighbor, address, link in _matched(case):
        hosts = list(link.prefix.hosts())
        own = connected(found, neighbor.vrf, address)
        if link.prefix.prefixlen != _LINK_LENGTH:
            continue
        if address != hosts[1]:
            yield Finding(
                wrong=f"neighbor {address} ({neighbor.place}) is not the second address of "
                f"{link.property} {link.prefix} of {link.peering.name}, which is Microsoft's",
                mend=f"Set the neighbor to {hosts[1]}",
            )
        other = _other_link(case, link, found, neighbor.vrf) if own is None else None
        if other is not None:
            yield Finding(
                wrong=f"neighbor {address} ({neighbor.place}) is on {link.property} {link.prefix} of "
                f"{link.peering.name}, and {other.name} (line {other.line}) on the other link",
                mend=f"Set the neighbor to the second address of that link, or {other.name} to {hosts[0]}",
            )
        if own is not None and own[1].ip != hosts[0]:
            yield Finding(
                wrong=f"{own[0].name} (line {own[0].line}) has {own[1].ip}, not the first address of "
                f"{link.property} {link.prefix} of {link.peering.name}",
                mend=f"Set its address to {hosts[0]} 255.255.255.252",
            )


def _other_link(case: Case, link: Link, found: Mapping[str, Interface], vrf: str) -> Interface | None:
    """Return the router's interface on a peering's other link."""
    for other in _links(case.stack):
        if (other.peering.urn, other.path) == (link.peering.urn, link.path) and other.prefix != link.prefix:
            own = connected(found, vrf, next(other.prefix.hosts()))
            return own[0] if own is not None else None
    return None


def _asn(case: Case) -> Findings:
    for neighbor, _, link in _matched(case):
        peer = link.number("peerASN")
        if peer is not None and peer != neighbor.shown_asn:
            yield Finding(
                wrong=f"the router is in AS {neighbor.shown_asn}, and peerASN of {link.peering.name}, to "
                f"which neighbor {neighbor.address} belongs, is {peer}",
                mend=f"Set peerASN to {neighbor.shown_asn}, or the router's AS to {peer}",
            )


def _vlan(case: Case) -> Findings:
    """Compare the inner tag: with two tags, the outer one selects the circuit on the provider's port."""
    found = interfaces(router_lines(case.resource))
    for neighbor, address, link in _matched(case):
        own = connected(found, neighbor.vrf, address)
        vlan = link.number("vlanId")
        if own is None or vlan is None or not own[0].vlans:
            continue
        if own[0].vlans[-1] != vlan:
            yield Finding(
                wrong=f"{own[0].name} (line {own[0].line}) has {_inner(own[0].vlans)}VLAN "
                f"{own[0].vlans[-1]}, and vlanId of {link.peering.name} is {vlan}",
                mend=f"Set both to one: on the router, the last tag of the encapsulation to {vlan}",
            )


def _key(case: Case) -> Findings:
    """Compare the MD5 key of a link: one that a single end has keeps the session down."""
    for neighbor, _, link in _matched(case):
        key = reveal(link.peering.peek(*link.path, "sharedKey"))
        if (key is None) == (neighbor.password == ""):
            if key is not None and _is_another(case, neighbor, key):
                yield Finding(
                    wrong=f"neighbor {neighbor.address} ({neighbor.place}) and {link.peering.name} have "
                    "different keys",
                    mend="Fill in both from one secret",
                )
            continue
        has, lacks = f"neighbor {neighbor.address} ({neighbor.place})", link.peering.name
        if key is not None:
            has, lacks = lacks, has
        yield Finding(
            wrong=f"{has} has a key, and {lacks} has none, so the session stays down",
            mend=f'Set "neighbor {neighbor.address} password <secret:NAME>" and sharedKey of '
            f"{link.peering.name}, or neither",
        )


def _is_another(case: Case, neighbor: Neighbor, key: Value) -> bool:
    """Whether two known keys differ; of a key that is not known, nothing is said."""
    placeholder = _SECRET.match(neighbor.password)
    own = (
        reveal(case.resource.peek("secrets", placeholder[1]))
        if placeholder
        else neighbor.password.split()[-1]
    )
    return isinstance(key, str) and isinstance(own, str) and REDACTED not in (key, own) and key != own


def _inner(vlans: tuple[int, ...]) -> str:
    return "inner " if len(vlans) > 1 else ""


_SECRET = re.compile(r"<secret:([^<>]+)>$")

_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, scope=Scope.STACK)

RULES = (
    _router(
        name="router-link-known",
        holds="A router's ExpressRoute neighbors are on links of its circuits.",
        sources=("ER-3",),
        page=pages.EXPRESSROUTE_PEERING,
        check=with_unread(_known),
    ),
    _router(
        name="router-link-agrees",
        holds="A router and its circuit have the same addresses on a link.",
        sources=("ER-3",),
        page=pages.EXPRESSROUTE_ROUTING,
        check=with_unread(_addresses),
    ),
    _router(
        name="router-link-asn",
        holds="A router is in the AS that its circuit expects.",
        sources=("ER-1", "ASN-8"),
        page=pages.EXPRESSROUTE_PEERING,
        check=with_unread(_asn),
    ),
    _router(
        name="router-link-key",
        holds="A router and its circuit have one key on a link, or neither has one.",
        sources=("ER-6",),
        page=pages.EXPRESSROUTE_PEERING,
        check=with_unread(_key),
    ),
    _router(
        name="router-link-vlan",
        holds="A router and its circuit have one VLAN.",
        sources=("ER-4", "ER-5"),
        page=pages.EXPRESSROUTE_PEERING,
        check=with_unread(_vlan),
    ),
)
