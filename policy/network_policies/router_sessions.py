"""Routers: what a session over ExpressRoute or over VPN needs on the router itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from ipaddress import IPv4Interface

from network_policies import pages
from network_policies.azure_types import address_of
from network_policies.bgp import Neighbor, neighbors
from network_policies.interfaces import Interface, connected, interfaces, static_routes
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import NotProvenError, Stack

_LINK_LENGTH = 30
_LARGEST_MTU, _LARGEST_MSS = 1400, 1350

_WEAK = re.compile(
    r"(?:encryption|integrity|prf|group|set pfs)\b.*?"
    r"\b(?P<algorithm>3des|des|md5|sha1|sha|group ?[125]|[125])(?= |$)"
    r"|crypto ipsec transform-set \S+ .*?"
    r"\b(?P<transform>esp-3des|esp-des|esp-null|esp-md5-hmac|esp-sha-hmac)\b",
    re.IGNORECASE,
)
_CRYPTO = re.compile(r"crypto (?:ikev2 proposal|ipsec (?:profile|transform-set)) ", re.IGNORECASE)


def _links(lines: tuple[Line, ...]) -> Iterator[tuple[Neighbor, Interface, IPv4Interface]]:
    """Yield each ExpressRoute neighbor with the interface that leads to it.

    Raises:
        NotProvenError: No interface among the lines does, or the neighbor's address is a placeholder.
    """
    found = interfaces(lines)
    for neighbor in neighbors(lines):
        if not neighbor.is_expressroute:
            continue
        address = address_of(neighbor.address)
        link = connected(found, neighbor.vrf, address) if address else None
        if link is None:
            raise NotProvenError(f"which interface leads to ExpressRoute neighbor {neighbor.address}")
        yield neighbor, *link


def _link_address(case: Case) -> Findings:
    for neighbor, interface, own in _links(router_lines(case.resource)):
        hosts = list(own.network.hosts()) if own.network.prefixlen == _LINK_LENGTH else []
        if not hosts:
            yield Finding(
                wrong=f"{interface.name} (line {interface.line}) leads to ExpressRoute neighbor "
                f"{neighbor.address} with a /{own.network.prefixlen}",
                mend=f"Set its mask to 255.255.255.252, a /{_LINK_LENGTH}",
            )
        elif [str(hosts[0]), str(hosts[1])] != [str(own.ip), neighbor.address]:
            yield Finding(
                wrong=f"{interface.name} (line {interface.line}) has {own.ip} and neighbor "
                f"{neighbor.address} on "
                f"link {own.network}",
                mend=f"Set the router's address to {hosts[0]}, the first, and Microsoft's to {hosts[1]}",
            )


def _link_enabled(case: Case) -> Findings:
    for neighbor, interface, _ in _links(router_lines(case.resource)):
        if interface.is_shut or neighbor.is_shut:
            what = interface.name if interface.is_shut else f"neighbor {neighbor.address}"
            yield Finding(
                wrong=f"{what} is shut down, so one of the circuit's two links carries nothing, and the SLA "
                "does not hold",
                mend='Set "no shutdown"',
            )


def _bfd(case: Case) -> Findings:
    for neighbor, interface, _ in _links(router_lines(case.resource)):
        if not neighbor.has_bfd:
            yield Finding(
                wrong=f"ExpressRoute neighbor {neighbor.address} (line {neighbor.line}) has no BFD: the "
                "loss of "
                "its link shows after up to 180 seconds",
                mend=f'Set "neighbor {neighbor.address} fall-over bfd"',
            )
        if neighbor.has_bfd and "bfd interval" not in interface.settings:
            yield Finding(
                wrong=f"{interface.name} (line {interface.line}) has no BFD interval, so neighbor "
                f"{neighbor.address} has no BFD either",
                mend='Set "bfd interval 300 min_rx 300 multiplier 3" on it',
            )


def _bfd_over_vpn(case: Case) -> Findings:
    for neighbor in neighbors(router_lines(case.resource)):
        if neighbor.is_vpn and neighbor.has_bfd:
            yield Finding(
                wrong=f"VPN neighbor {neighbor.address} (line {neighbor.line}) has BFD, which no VPN "
                "gateway has",
                mend=f'Take "neighbor {neighbor.address} fall-over bfd" out',
            )


# --- tunnels ------------------------------------------------------------------------------------------


def _tunnel_size(case: Case) -> Findings:
    for interface in interfaces(router_lines(case.resource)).values():
        if "tunnel protection ipsec profile" not in interface.settings:
            continue
        mss, mtu = interface.number("ip tcp adjust-mss"), interface.number("ip mtu")
        clamped = mss is not None and mss <= _LARGEST_MSS
        if not clamped and (mtu is None or mtu > _LARGEST_MTU):
            yield Finding(
                wrong=f"{interface.name} (line {interface.line}) neither clamps the TCP segment size to "
                f"{_LARGEST_MSS} nor has an MTU of {_LARGEST_MTU}",
                mend=f'Set "ip tcp adjust-mss {_LARGEST_MSS}" and "ip mtu {_LARGEST_MTU}" on it',
            )


def _distant_peers(lines: tuple[Line, ...]) -> Iterator[Neighbor]:
    """Yield the VPN neighbors that are not on the network of one of the router's own interfaces."""
    found = interfaces(lines)
    for neighbor in neighbors(lines):
        address = address_of(neighbor.address)
        if neighbor.is_vpn and not (address and connected(found, neighbor.vrf, address)):
            yield neighbor


def _multihop(case: Case) -> Findings:
    for neighbor in _distant_peers(router_lines(case.resource)):
        if not neighbor.is_multihop or not neighbor.update_source:
            missing = "update-source" if neighbor.is_multihop else "ebgp-multihop"
            yield Finding(
                wrong=f"VPN neighbor {neighbor.address} (line {neighbor.line}) has no {missing}, and a VPN "
                "gateway is no adjacent peer",
                mend=f'Set "neighbor {neighbor.address} ebgp-multihop 5" and "neighbor {neighbor.address} '
                'update-source" to the tunnel',
            )


def _host_route(case: Case) -> Findings:
    lines = router_lines(case.resource)
    routes = list(static_routes(lines))
    for neighbor in _distant_peers(lines):
        if not any(
            route.is_host
            and route.destination == neighbor.address
            and route.vrf == neighbor.vrf
            and route.via[0].casefold().startswith("tunnel")
            for route in routes
        ):
            yield Finding(
                wrong=f"VPN neighbor {neighbor.address} (line {neighbor.line}) has no host route into its "
                "tunnel, "
                "so its session would run over whatever way BGP finds, ExpressRoute among them",
                mend=f'Set "ip route{_in_vrf(neighbor)} {neighbor.address} 255.255.255.255 TunnelN"',
            )


def _in_vrf(neighbor: Neighbor) -> str:
    return f" vrf {neighbor.vrf}" if neighbor.vrf else ""


def _strong(case: Case) -> Findings:
    for line in router_lines(case.resource):
        weak = _WEAK.match(line.text) if _CRYPTO.match(line.section) else None
        if weak:
            yield Finding(
                wrong=f"line {line.number} has {weak['algorithm'] or weak['transform']}, which is weak",
                mend="Set AES-256, SHA-256 or better, group 14 or better, in the connection's policy too",
            )


# --- the site -----------------------------------------------------------------------------------------


def _default_always(case: Case) -> Findings:
    for line in router_lines(case.resource):
        text = line.text.casefold()
        if text.startswith("default-information originate") and "always" in text.split():
            yield Finding(
                wrong=f'"{line.text}" (line {line.number}) keeps a default route in the site while no way to '
                "Azure or beyond is up",
                mend='Take "always" out, and let the default route come from where it leads',
            )


def _shared_fate(case: Case) -> Findings:
    """Find a router that holds a site's only working ExpressRoute link, and its VPN too."""
    sessions = neighbors(router_lines(case.resource))
    asns = {neighbor.own_asn for neighbor in sessions if neighbor.is_vpn}
    links = _working_links(case.stack)
    for asn in asns:
        if links.get(asn, set()) == {case.resource.urn}:
            yield Finding(
                wrong=f"{case.resource.name} holds both the only working ExpressRoute link of AS {asn} "
                "and its "
                "VPN, so the backup fails with the router",
                mend="Enable the other link, or end the VPN on another router",
            )


@lru_cache(maxsize=2)
def _working_links(stack: Stack) -> Mapping[int, set[str]]:
    """Return, by AS, the routers of the stack with an ExpressRoute link that is up."""
    working: dict[int, set[str]] = {}
    for router in stack.of(CONFIGURATION):
        with suppress(NotProvenError):  # said in that router's own turn
            lines = router_lines(router)
            found = interfaces(lines)
            for neighbor in neighbors(lines):
                address = address_of(neighbor.address)
                link = connected(found, neighbor.vrf, address) if address else None
                if neighbor.is_expressroute and not neighbor.is_shut and not (link and link[0].is_shut):
                    working.setdefault(neighbor.own_asn, set()).add(router.urn)
    return working


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY)

RULES = (
    _router(
        name="router-link-address",
        holds="On a circuit's link the router has the first address of the /30, and Microsoft the second.",
        sources=("ER-3",),
        page=pages.EXPRESSROUTE_ROUTING,
        check=_link_address,
    ),
    _router(
        name="router-link-enabled",
        level=Level.ADVISORY,
        holds="A router's link to a circuit is up.",
        sources=("ER-7",),
        page=pages.EXPRESSROUTE_ROUTING,
        check=_link_enabled,
    ),
    _router(
        name="router-bfd",
        level=Level.ADVISORY,
        holds="BFD watches every ExpressRoute link.",
        sources=("ER-18", "APRL:2a5bf650"),
        page=pages.BFD,
        check=_bfd,
    ),
    _router(
        name="router-bfd-over-vpn",
        level=Level.ADVISORY,
        holds="No VPN neighbor has BFD.",
        sources=("VPN-13",),
        page=pages.VPN_FAQ,
        check=_bfd_over_vpn,
    ),
    _router(
        name="router-tunnel-size",
        holds="A tunnel clamps the TCP segment size, or has a smaller MTU.",
        sources=("IPSEC-6",),
        page=pages.VPN_DEVICES,
        check=_tunnel_size,
    ),
    _router(
        name="router-tunnel-multihop",
        holds="The session with a VPN gateway starts from its tunnel and may take several hops.",
        sources=("VPN-12", "SEED"),
        page=pages.VPN_AS_BACKUP,
        check=_multihop,
    ),
    _router(
        name="router-tunnel-host-route",
        holds="A VPN gateway's BGP address is routed into its tunnel.",
        sources=("VPN-11", "SEED"),
        page=pages.VPN_FAQ,
        check=_host_route,
    ),
    _router(
        name="router-ipsec-strong",
        level=Level.ADVISORY,
        holds="A router's IKE and IPsec algorithms are strong.",
        sources=("IPSEC-3", "IPSEC-8"),
        page=pages.CRYPTOGRAPHY,
        check=_strong,
    ),
    _router(
        name="router-default-always",
        level=Level.ADVISORY,
        holds="A router offers its site no default route that leads nowhere.",
        sources=("IOS", "SEED"),
        page=pages.CISCO_OSPF,
        check=_default_always,
    ),
    _router(
        name="router-shared-fate",
        level=Level.ADVISORY,
        holds="A site's ExpressRoute and its VPN do not hang on one router.",
        sources=("ER-19", "APRL:0e19cc41"),
        page=pages.EXPRESSROUTE_RESILIENCY,
        scope=Scope.STACK,
        check=_shared_fate,
    ),
)
