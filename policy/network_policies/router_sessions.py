"""Routers: what a session over ExpressRoute or over VPN needs on the router itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from ipaddress import IPv4Interface

from network_policies import pages
from network_policies.azure_types import address_of
from network_policies.bgp import Neighbor, neighbors, with_unread
from network_policies.interfaces import Interface, azure_tunnels, connected, interfaces, static_routes
from network_policies.resource import NotProvenError
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Check, Finding, Findings, Level, Rule, Scope, each
from network_policies.stack import Stack

_LINK_LENGTH = 30
_LARGEST_MTU, _LARGEST_MSS = 1400, 1350

_WEAK = re.compile(
    r"(?:encryption|encr|integrity|hash|prf|group|set pfs)\b.*?"
    r"\b(?P<algorithm>3des|des|md5|sha1|sha|group ?[125]|[125])(?= |$)"
    r"|crypto ipsec transform-set \S+ .*?"
    r"\b(?P<transform>esp-3des|esp-des|esp-null|esp-md5-hmac|esp-sha-hmac)\b",
    re.IGNORECASE,
)
_CRYPTO = re.compile(
    r"crypto (?:ikev2 proposal|isakmp policy|ipsec (?:profile|transform-set)) ", re.IGNORECASE
)


Link = tuple[Neighbor, Interface, IPv4Interface]
"""An ExpressRoute neighbor, with the interface that leads to it and the router's own address there."""


def _of_each_link(check: Callable[[Link], Findings]) -> Check:
    """Judge every link; an ExpressRoute neighbor to which no interface leads is not proven."""

    def run(case: Case) -> Findings:
        lines = router_lines(case.resource)
        found = interfaces(lines)

        def judge(neighbor: Neighbor) -> Findings:
            address = address_of(neighbor.address)
            link = connected(found, neighbor.vrf, address) if address else None
            if link is None:
                raise NotProvenError(f"which interface leads to ExpressRoute neighbor {neighbor.address}")
            yield from check((neighbor, *link))

        yield from each([neighbor for neighbor in neighbors(lines) if neighbor.is_expressroute], judge)

    return with_unread(run)


def _link_address(link: Link) -> Findings:
    neighbor, interface, own = link
    hosts = list(own.network.hosts()) if own.network.prefixlen == _LINK_LENGTH else []
    if not hosts:
        yield Finding(
            wrong=f"{interface.name} (line {interface.line}) leads to ExpressRoute neighbor "
            f"{neighbor.address} with a /{own.network.prefixlen}",
            mend=f"Set its mask to 255.255.255.252, a /{_LINK_LENGTH}",
        )
    elif [str(hosts[0]), str(hosts[1])] != [str(own.ip), neighbor.address]:
        yield Finding(
            wrong=f"{interface.name} (line {interface.line}) has {own.ip} and neighbor {neighbor.address} on "
            f"link {own.network}",
            mend=f"Set the router's address to {hosts[0]}, the first, and Microsoft's to {hosts[1]}",
        )


def _link_enabled(link: Link) -> Findings:
    neighbor, interface, _ = link
    if interface.is_shut or neighbor.is_shut:
        what = interface.name if interface.is_shut else f"neighbor {neighbor.address}"
        yield Finding(
            wrong=f"{what} is shut down, so one of the circuit's two links carries nothing, and the SLA does "
            "not hold",
            mend='Set "no shutdown"',
        )


def _bfd(link: Link) -> Findings:
    neighbor, interface, _ = link
    if not neighbor.has_bfd:
        yield Finding(
            wrong=f"ExpressRoute neighbor {neighbor.address} ({neighbor.place}) has no BFD: the loss of "
            "its link shows after up to 180 seconds",
            mend=f'Set "neighbor {neighbor.address} fall-over bfd"',
        )
    if neighbor.has_bfd and not {"bfd interval", "bfd template"} & interface.settings.keys():
        yield Finding(
            wrong=f"{interface.name} (line {interface.line}) has no BFD interval, so neighbor "
            f"{neighbor.address} has no BFD either",
            mend='Set "bfd interval 300 min_rx 300 multiplier 3" on it',
        )


def _bfd_over_vpn(case: Case) -> Findings:
    for neighbor in neighbors(router_lines(case.resource)):
        if neighbor.is_vpn and neighbor.has_bfd:
            yield Finding(
                wrong=f"VPN neighbor {neighbor.address} ({neighbor.place}) has BFD, which no VPN gateway has",
                mend=f'Take "neighbor {neighbor.address} fall-over bfd" out',
            )


# --- tunnels ------------------------------------------------------------------------------------------


def _tunnel_size(case: Case) -> Findings:
    lines = router_lines(case.resource)
    found = interfaces(lines)
    for name in sorted(azure_tunnels(found)):
        interface, mtu = found[name], found[name].number("ip mtu")
        if (
            not _clamps(interface)
            and (mtu is None or mtu > _LARGEST_MTU)
            and not _site_clamps(interface, lines)
        ):
            yield Finding(
                wrong=f"{interface.name} (line {interface.line}) neither clamps the TCP segment size to "
                f"{_LARGEST_MSS} nor has an MTU of {_LARGEST_MTU}",
                mend=f'Set "ip tcp adjust-mss {_LARGEST_MSS}" and "ip mtu {_LARGEST_MTU}" on it',
            )


def _clamps(interface: Interface) -> bool:
    size = interface.number("ip tcp adjust-mss")
    return size is not None and size <= _LARGEST_MSS


def _site_clamps(tunnel: Interface, lines: tuple[Line, ...]) -> bool:
    """Whether all the site's interfaces of a tunnel's VRF clamp instead what crosses them."""
    found = interfaces(lines)
    addresses = [address_of(neighbor.address) for neighbor in neighbors(lines) if neighbor.is_expressroute]
    links = [connected(found, tunnel.vrf, address) for address in addresses if address]
    circuits = {link[0].name for link in links if link}
    site = [
        each_one
        for name, each_one in found.items()
        if each_one.vrf == tunnel.vrf
        and (each_one.addresses or "ip unnumbered" in each_one.settings)
        and not name.startswith(("tunnel", "loopback"))
        and each_one.name not in circuits
    ]
    return bool(site) and all(map(_clamps, site))


def _tunnel_mode(case: Case) -> Findings:
    """Judge the tunnels that Azure's sessions use: Azure speaks IPsec, and nothing inside it but IP."""
    found = interfaces(router_lines(case.resource))
    for name in sorted(azure_tunnels(found)):
        tunnel = found[name]
        mode = tunnel.settings.get("tunnel mode", "gre, IOS's default")
        if not mode.casefold().startswith("ipsec ipv4"):
            yield Finding(
                wrong=f"{tunnel.name} (line {tunnel.line}) has tunnel mode {mode}, which no VPN gateway "
                "speaks",
                mend='Set "tunnel mode ipsec ipv4" on it',
            )
        if "tunnel protection ipsec profile" not in tunnel.settings:
            yield Finding(
                wrong=f"{tunnel.name} (line {tunnel.line}) has no IPsec profile, so it does not come up",
                mend='Set "tunnel protection ipsec profile NAME" on it',
            )


def _endpoint(case: Case) -> Findings:
    """Find a route to a tunnel's far end that leads into a tunnel: it would have to carry itself."""
    lines = router_lines(case.resource)
    found = interfaces(lines)
    for name in sorted(azure_tunnels(found)):
        tunnel = found[name]
        far, front = tunnel.settings.get("tunnel destination"), tunnel.settings.get("tunnel vrf", "")
        for route in static_routes(lines):
            if (
                far
                and route.is_host
                and (route.destination, route.vrf) == (far, front)
                and route.leads_to(name)
            ):
                yield Finding(
                    wrong=f"the route to {far} (line {route.line}) leads into {tunnel.name}, whose far end "
                    "that is, so the tunnel goes down as soon as it is up",
                    mend="Lead it to the next hop on the Internet",
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
                wrong=f"VPN neighbor {neighbor.address} ({neighbor.place}) has no {missing}, and a VPN "
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
                wrong=f"VPN neighbor {neighbor.address} ({neighbor.place}) has no host route into its "
                "tunnel, so its session would run over whatever way BGP finds, ExpressRoute among them",
                mend=f'Set "ip route{_in_vrf(neighbor)} {neighbor.address} 255.255.255.255 TunnelN"',
            )


def _in_vrf(neighbor: Neighbor) -> str:
    return f" vrf {neighbor.vrf}" if neighbor.vrf else ""


def _strong(case: Case) -> Findings:
    for line in router_lines(case.resource):
        weak = _WEAK.match(line.text) if _CRYPTO.match(line.section) else None
        if weak:
            yield Finding(
                wrong=f'"{line.text}" ({line.place}) has {weak["algorithm"] or weak["transform"]}, '
                "which is weak",
                mend="Set AES-256, SHA-256 or better, group 14 or better, in the connection's policy too",
            )


# --- the site -----------------------------------------------------------------------------------------


def _default_always(case: Case) -> Findings:
    for line in router_lines(case.resource):
        text = line.text.casefold()
        if text.startswith("default-information originate") and "always" in text.split():
            yield Finding(
                wrong=f'"{line.text}" ({line.place}) keeps a default route in the site while no way to '
                "Azure or beyond is up",
                mend='Take "always" out, and let the default route come from where it leads',
            )


def _shared_fate(case: Case) -> Findings:
    """Find a router that holds a site's only working ExpressRoute link, and its VPN too."""
    sessions = neighbors(router_lines(case.resource))
    sites = {neighbor.shown_asn for neighbor in sessions if neighbor.is_vpn}
    links = _working_links(case.stack)
    for asn in sorted(sites):
        if links.get(asn, set()) == {case.resource.urn}:
            yield Finding(
                wrong=f"{case.resource.name} holds both the only working ExpressRoute link of AS {asn} and "
                "its VPN, so the backup fails with the router",
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
                    working.setdefault(neighbor.shown_asn, set()).add(router.urn)
    return working


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY)

RULES = (
    _router(
        name="router-link-address",
        holds="On a circuit's link the router has the first address of the /30, and Microsoft the second.",
        sources=("ER-3",),
        page=pages.EXPRESSROUTE_ROUTING,
        check=_of_each_link(_link_address),
    ),
    _router(
        name="router-link-enabled",
        level=Level.ADVISORY,
        holds="A router's link to a circuit is up.",
        sources=("ER-7",),
        page=pages.EXPRESSROUTE_ROUTING,
        check=_of_each_link(_link_enabled),
    ),
    _router(
        name="router-bfd",
        level=Level.ADVISORY,
        holds="BFD watches every ExpressRoute link.",
        sources=("ER-18", "APRL:2a5bf650"),
        page=pages.BFD,
        check=_of_each_link(_bfd),
    ),
    _router(
        name="router-bfd-over-vpn",
        level=Level.ADVISORY,
        holds="No VPN neighbor has BFD.",
        sources=("VPN-13",),
        page=pages.VPN_FAQ,
        check=with_unread(_bfd_over_vpn),
    ),
    _router(
        name="router-tunnel-size",
        holds="A tunnel clamps the TCP segment size, or has a smaller MTU.",
        sources=("IPSEC-6",),
        page=pages.VPN_DEVICES,
        check=_tunnel_size,
    ),
    _router(
        name="router-tunnel-mode",
        holds="A tunnel to Azure is IPsec, without GRE.",
        sources=("IPSEC-8", "SEED"),
        page=pages.VPN_DEVICES,
        check=_tunnel_mode,
    ),
    _router(
        name="router-tunnel-endpoint",
        holds="The way to a tunnel's far end does not lead through the tunnel.",
        sources=("GW-4", "SEED"),
        page=pages.COEXISTENCE,
        check=_endpoint,
    ),
    _router(
        name="router-tunnel-multihop",
        holds="The session with a VPN gateway starts from its tunnel and may take several hops.",
        sources=("VPN-12", "SEED"),
        page=pages.VPN_AS_BACKUP,
        check=with_unread(_multihop),
    ),
    _router(
        name="router-tunnel-host-route",
        holds="A VPN gateway's BGP address is routed into its tunnel.",
        sources=("VPN-11", "SEED"),
        page=pages.VPN_FAQ,
        check=with_unread(_host_route),
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
        check=with_unread(_shared_fate),
    ),
)
