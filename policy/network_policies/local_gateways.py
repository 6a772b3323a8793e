"""Local network gateways, and the BGP addresses of both ends of a tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Address, IPv4Network

from network_policies import pages
from network_policies.attachments import Connection, attachments, network_of
from network_policies.azure_types import GATEWAY, LOCAL_GATEWAY, address_of, address_space, is_vpn, prefix_of
from network_policies.resource import NotProvenError, Resource
from network_policies.rules import Case, Doubt, Finding, Findings, Level, Rule, Scope, each

_APIPA = IPv4Network("169.254.0.0/16")
_APIPA_OF_AZURE = (IPv4Network("169.254.21.0/24"), IPv4Network("169.254.22.0/24"))


def _peer(local: Resource) -> IPv4Address | None:
    return address_of(local.text("bgpSettings", "bgpPeeringAddress"))


def _space(local: Resource) -> list[IPv4Network]:
    path = ("localNetworkAddressSpace", "addressPrefixes")
    prefixes = (prefix_of(local.text(*path, index)) for index, _ in enumerate(local.elements(*path)))
    return [prefix for prefix in prefixes if prefix is not None]


def _connections(case: Case) -> tuple[Connection, ...]:
    return attachments(case.stack).to_local_gateway.get(case.resource.urn, ())


def _peer_not_public(case: Case) -> Findings:
    local = case.resource
    peer = _peer(local)
    if peer is not None and peer == address_of(local.text("gatewayIpAddress")):
        yield Finding(
            wrong=f"{local.name} has {peer} as its public address and as its BGP address",
            mend="Set bgpSettings.bgpPeeringAddress to another address of the router, a loopback's or a "
            "tunnel's",
        )


def _peer_outside_network(case: Case) -> Findings:
    local = case.resource
    peer = _peer(local)

    def judge(connection: Connection) -> Findings:
        network = network_of(case.stack, connection.gateway)
        if network is None or network.resource is None:
            raise NotProvenError(f"the address space of the VNet that {connection.resource.name} ends in")
        for space in address_space(network.resource):
            if peer in space:
                yield Finding(
                    wrong=f"BGP address {peer} of {local.name} lies in {space} of {network.name}, which "
                    f"{connection.resource.name} leads to",
                    mend="Set bgpSettings.bgpPeeringAddress, and the router's, to an address of the site",
                )

    yield from each(_connections(case) if peer else (), judge)


def _space_with_bgp(case: Case) -> Findings:
    """The peer's own host route is judged by another rule: it does no harm."""
    local = case.resource
    if not any(connection.has_bgp for connection in _connections(case)):
        return
    peer = _peer(local)
    for prefix in _space(local):
        if peer is None or prefix != IPv4Network(peer):
            yield Finding(
                wrong=f"{local.name} lists {prefix}, and BGP runs to it: the prefix becomes a static route "
                "that stays when BGP withdraws it",
                mend="Leave localNetworkAddressSpace empty",
            )


def _host_route(case: Case) -> Findings:
    local = case.resource
    peer = _peer(local)
    if peer is not None and IPv4Network(peer) in _space(local):
        yield Finding(
            wrong=f"{local.name} lists {peer}/32, its own BGP address, for which Azure adds the route itself",
            mend="Leave localNetworkAddressSpace empty",
        )


def _space_without_bgp(case: Case) -> Findings:
    connections = _connections(case)
    if (
        connections
        and not any(connection.has_bgp for connection in connections)
        and not _space(case.resource)
    ):
        yield Finding(
            wrong=f"{case.resource.name} has no prefixes, and {connections[0].resource.name} has no BGP to "
            "learn them",
            mend="Set localNetworkAddressSpace to the site's prefixes, or enableBgp on the connection",
        )


def _space_apart(case: Case) -> Findings:
    """Find a site's prefix that the VNet has too; NAT rules may translate it, which is not followed."""
    local = case.resource
    for connection in _connections(case):
        gateway = connection.gateway.resource if connection.gateway else None
        network = network_of(case.stack, connection.gateway)
        if gateway is None or network is None or network.resource is None:
            if _space(local):
                yield Doubt(what=f"whether the prefixes of {local.name} are outside its gateway's VNet")
            continue
        rules = ("ingressNatRules", "egressNatRules")
        if gateway.elements("natRules") or any(connection.resource.elements(one) for one in rules):
            continue
        for prefix in _space(local):
            for space in address_space(network.resource):
                if prefix.subnet_of(space):
                    yield Finding(
                        wrong=f"{local.name} lists {prefix}, which lies in {space} of {network.name}, so "
                        "Azure never sends it to the site",
                        mend="List the site's own prefixes, or translate them by natRules of the gateway",
                    )


def _siblings(case: Case) -> Iterator[Resource]:
    """Yield the other local network gateways that tunnels lead to from the same VPN gateways."""
    attached, seen = attachments(case.stack), set()
    for connection in _connections(case):
        for other in attached.to_gateway.get(connection.gateway.key, ()) if connection.gateway else ():
            local = other.local_gateway.resource if other.local_gateway else None
            if local is not None and local.urn < case.resource.urn and local.urn not in seen:
                seen.add(local.urn)
                yield local


def _distinct(case: Case) -> Findings:
    local = case.resource
    for other in _siblings(case):
        for name, of in (
            ("gatewayIpAddress", lambda one: address_of(one.text("gatewayIpAddress"))),
            ("bgpSettings.bgpPeeringAddress", _peer),
        ):
            if of(local) is not None and of(local) == of(other):
                yield Finding(
                    wrong=f"{local.name} and {other.name}, reached from one VPN gateway, both have {name} "
                    f"{of(local)}",
                    mend="Give each tunnel's router an address of its own",
                )
        for prefix in _space(local):
            if any(prefix.overlaps(foreign) for foreign in _space(other)):
                yield Finding(
                    wrong=f"{local.name} and {other.name}, reached from one VPN gateway, both list {prefix}",
                    mend="List each prefix once; for two tunnels to one site use BGP",
                )


# --- link-local BGP addresses -------------------------------------------------------------------------


def _own_apipa(gateway: Resource) -> Iterator[IPv4Address | None]:
    """Yield the link-local BGP addresses that a VPN gateway was given, None for what is no address."""
    peers = ("bgpSettings", "bgpPeeringAddresses")
    for index, _ in enumerate(gateway.elements(*peers)):
        for number, _ in enumerate(gateway.elements(*peers, index, "customBgpIpAddresses")):
            yield address_of(gateway.text(*peers, index, "customBgpIpAddresses", number))


def _apipa_range(case: Case) -> Findings:
    if not is_vpn(case.resource):
        return
    for address in _own_apipa(case.resource):
        if address is None or not any(address in prefix for prefix in _APIPA_OF_AZURE):
            yield Finding(
                wrong=f"{case.resource.name} has custom BGP address {address}, outside 169.254.21.0 to "
                "169.254.22.255",
                mend="Set customBgpIpAddresses to addresses of that range",
            )


def _apipa_distinct(case: Case) -> Findings:
    """Compare with the gateway's own addresses, other gateways', and the routers' it leads to."""
    gateway = case.resource
    if not is_vpn(gateway):
        return
    own = [address for address in _own_apipa(gateway) if address is not None]
    taken = {address: gateway.name for address in own if own.count(address) > 1}
    for other in case.stack.of(GATEWAY) if own else ():
        if other.urn < gateway.urn:
            taken |= {address: other.name for address in _own_apipa(other) if address is not None}
    for connection in attachments(case.stack).to_gateway.get(gateway.urn, ()):
        local = connection.local_gateway.resource if connection.local_gateway else None
        if local is not None and (peer := _peer(local)) is not None:
            taken[peer] = local.name
    for address in dict.fromkeys(own):
        if address in taken:
            yield Finding(
                wrong=f"{gateway.name} has custom BGP address {address}, which {taken[address]} has too",
                mend="Give each instance and each router a link-local address of its own",
            )


def _apipa_both(case: Case) -> Findings:
    """Find a router with a link-local BGP address at a gateway that has none."""
    local = case.resource
    peer = _peer(local)
    if peer is None or peer not in _APIPA:
        return
    for connection in _connections(case):
        gateway = connection.gateway.resource if connection.gateway else None
        if gateway is None:
            raise NotProvenError(f"the custom BGP addresses at the Azure end of {connection.resource.name}")
        if not any(True for _ in _own_apipa(gateway)):
            yield Finding(
                wrong=f"{local.name} has BGP address {peer}, and {gateway.name} has no customBgpIpAddresses "
                "to speak to it from",
                mend="Set customBgpIpAddresses of the gateway to addresses in 169.254.21.0 to 169.254.22.255",
            )


_local = partial(
    Rule,
    kinds=(LOCAL_GATEWAY,),
    level=Level.MANDATORY,
    scope=Scope.STACK,
    page=pages.VPN_FAQ,
)

RULES = (
    _local(
        name="local-network-gateway-peer-public",
        holds="A router's BGP address is not its public address.",
        sources=("VPN-3",),
        scope=Scope.RESOURCE,
        check=_peer_not_public,
    ),
    _local(
        name="local-network-gateway-peer-outside",
        holds="A router's BGP address lies outside the VNet that its tunnel leads to.",
        sources=("VPN-3",),
        check=_peer_outside_network,
    ),
    _local(
        name="local-network-gateway-space-with-bgp",
        holds="A local network gateway with BGP lists no prefixes.",
        sources=("VPN-5",),
        check=_space_with_bgp,
    ),
    _local(
        name="local-network-gateway-host-route",
        level=Level.ADVISORY,
        holds="A local network gateway does not list its own BGP address.",
        sources=("VPN-5",),
        scope=Scope.RESOURCE,
        check=_host_route,
    ),
    _local(
        name="local-network-gateway-space-without-bgp",
        holds="A local network gateway without BGP lists its prefixes.",
        sources=("VPN-6",),
        page=pages.BGP_HOWTO,
        check=_space_without_bgp,
    ),
    _local(
        name="local-network-gateway-space-apart",
        holds="A local network gateway lists no prefix of the VNet that its tunnel leads to.",
        sources=("VPN-9", "PATH-5"),
        check=_space_apart,
    ),
    _local(
        name="local-network-gateway-distinct",
        holds="Tunnels from one VPN gateway lead to different addresses and prefixes.",
        sources=("VPN-15",),
        page=pages.HIGHLY_AVAILABLE_VPN,
        check=_distinct,
    ),
    _local(
        name="vpn-gateway-apipa-range",
        kinds=(GATEWAY,),
        holds="A VPN gateway's link-local BGP addresses are of Azure's range.",
        sources=("VPN-4",),
        page=pages.BGP_HOWTO,
        scope=Scope.RESOURCE,
        check=_apipa_range,
    ),
    _local(
        name="vpn-gateway-apipa-distinct",
        kinds=(GATEWAY,),
        holds="No two ends have one link-local BGP address.",
        sources=("VPN-4",),
        page=pages.BGP_HOWTO,
        check=_apipa_distinct,
    ),
    _local(
        name="local-network-gateway-apipa",
        holds="Where a router's BGP address is link-local, the gateway has one too.",
        sources=("VPN-4",),
        page=pages.BGP_HOWTO,
        check=_apipa_both,
    ),
)
