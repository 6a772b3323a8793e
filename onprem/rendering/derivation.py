"""From the network to one router's intent: which sessions it has, what they carry, what things are called.

- Every site of the network but its own may pass from BGP into OSPF; nothing else does.
- A router advertises its own location's prefixes only, on every session to Azure.
- Routers of one location that all have a session to Azure tell each other by iBGP what they prefer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeVar

from onprem.rendering.intent import (
    EthernetInterface,
    Neighbor,
    OspfProcess,
    PrefixList,
    RouteMap,
    RouterIntent,
    StaticRoute,
)
from onprem.rendering.refusal import RenderError
from onprem.rendering.tunnels import (
    TunnelEnd,
    ikev2_policies,
    loopbacks,
    tunnel_crypto,
    tunnel_ends,
    tunnel_interfaces,
    tunnel_routes,
)
from topology import MICROSOFT_EDGE_ASN, Circuit, Link, Network, Router

_POINT_TO_POINT_LENGTH = 30
"""From this prefix length on, a LAN network joins two routers only."""
_VPN_HOPS = 5
"""How far a VPN gateway's BGP address may be; it is never on the tunnel's own network (VPN-12)."""
_INTO_OSPF = "BGP2OSPF"
"""The route map that lets the other sites' prefixes into OSPF."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """A neighbor in Azure and the policy objects that it refers to."""

    neighbor: Neighbor
    advertised: PrefixList
    route_maps: tuple[RouteMap, ...]


def derive_intent(network: Network, router: Router) -> RouterIntent:
    """Return what a router is to be.

    Raises:
        RenderError: if two things on the router would share a name or an address.
    """
    ends = tunnel_ends(network, router)
    sessions = (*_express_route_sessions(network, router), *_vpn_sessions(network, router, ends))
    companions = tuple(_companions(network, router))
    originated = _originated(network, router)
    prefix_lists = [session.advertised for session in sessions]
    route_maps = [route_map for session in sessions for route_map in session.route_maps]
    if router.ospf:
        to_lan = PrefixList(name=f"Azure_to_{_customer(router)}", prefixes=_other_prefixes(network, router))
        prefix_lists.append(to_lan)
        route_maps.append(RouteMap(name=_INTO_OSPF, prefix_list=to_lan.name))
    intent = RouterIntent(
        asn=network.router_asn(router),
        vrf=router.vrf,
        prefix_lists=_unique(prefix_lists),
        route_maps=_unique(route_maps),
        ikev2_policies=ikev2_policies(ends),
        tunnels=tuple(tunnel_crypto(end) for end in ends),
        loopbacks=loopbacks(ends),
        ethernets=(*_link_interfaces(network, router), _lan_interface(router)),
        tunnel_interfaces=tuple(tunnel_interfaces(ends)),
        static_routes=(*tunnel_routes(router, ends), *_lan_routes(router, originated, companions)),
        originated=tuple(network_statement(prefix) for prefix in originated),
        neighbors=(
            *(session.neighbor for session in sessions),
            *(_companion_neighbor(network, router, companion) for companion in companions),
        ),
        ospf=_ospf_process(router, companions),
    )
    _refuse_clashes(router, intent)
    return intent


def _customer(router: Router) -> str:
    return f"Cust{router.vrf.name}"


def _unique(items: Iterable[_Item]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(items))


# --- what is advertised ----------------------------------------------------------------------------------


def _originated(network: Network, router: Router) -> tuple[IPv4Network, ...]:
    """Return what BGP takes from the VRF's table: the location's prefixes, and parts of them to advertise."""
    own = network.locations[router.location].prefixes
    links = (link.advertised_prefixes or () for _, _, link in network.router_links(router.name))
    ends = (tunnel.router for tunnel in network.router_tunnels(router.name))
    tunnels = (end.advertised_prefixes or () for end in ends if end)
    return _unique([*own, *(prefix for part in (*links, *tunnels) for prefix in part)])


def network_statement(prefix: IPv4Network) -> str:
    """Return a prefix as `network` takes it: IOS leaves out the mask that the address's class implies."""
    first_octet = int(prefix.network_address) >> 24
    classful_length = 8 if first_octet < 128 else 16 if first_octet < 192 else 24  # noqa: PLR2004 (RFC 791)
    if prefix.prefixlen in {0, classful_length}:
        return str(prefix.network_address)
    return f"{prefix.network_address} mask {prefix.netmask}"


def _other_prefixes(network: Network, router: Router) -> tuple[IPv4Network, ...]:
    """Return the prefixes of every other site: what may come from Azure and be told to the LAN."""
    others = (site for site in network.sites if site != router.location)
    return tuple(prefix for site in others for prefix in network.site_prefixes(site))


def _advertised(
    network: Network, router: Router, prefixes: tuple[IPv4Network, ...] | None, session: str
) -> PrefixList:
    own = network.locations[router.location].prefixes
    if prefixes is None or set(prefixes) == set(own):
        return PrefixList(name=f"{_customer(router)}_to_Private", prefixes=own)
    return PrefixList(name=f"{_customer(router)}_to_{session}", prefixes=prefixes)


# --- sessions to Azure -----------------------------------------------------------------------------------


def _express_route_sessions(network: Network, router: Router) -> Iterator[_Session]:
    for circuit, name, link in network.router_links(router.name):
        address = str(link.microsoft_address.ip)
        preferred = _preferring("prefer-ER-over-VPN", router.bgp.express_route_local_preference)
        prepended = _prepending(network, router, link.as_path_prepend)
        advertised = _advertised(network, router, link.advertised_prefixes, address)
        yield _Session(
            neighbor=Neighbor(
                address=address,
                asn=MICROSOFT_EDGE_ASN,
                description=f"{circuit.name} {name}",
                bfd=link.bfd,
                next_hop_self=True,
                route_map_in=preferred.name if preferred else None,
                prefix_list_out=advertised.name,
                route_map_out=prepended.name if prepended else None,
            ),
            advertised=advertised,
            route_maps=tuple(one for one in (preferred, prepended) if one),
        )


def _vpn_sessions(network: Network, router: Router, ends: tuple[TunnelEnd, ...]) -> Iterator[_Session]:
    for end in ends:
        preferred = _preferring("VPN-local-preference", router.bgp.vpn_local_preference)
        prepended = _prepending(network, router, end.router.as_path_prepend)
        first_interface = end.instances[0].interface
        advertised = _advertised(network, router, end.router.advertised_prefixes, first_interface)
        for instance in end.instances:
            count = f" {instance.number}" if len(end.instances) > 1 else ""
            yield _Session(
                neighbor=Neighbor(
                    address=instance.bgp_address,
                    asn=end.gateway_asn,
                    description=f"{end.tunnel.name}{count}",
                    multihop=_VPN_HOPS,
                    update_source=end.shared_loopback or instance.interface,
                    route_map_in=preferred.name if preferred else None,
                    prefix_list_out=advertised.name,
                    route_map_out=prepended.name if prepended else None,
                ),
                advertised=advertised,
                route_maps=tuple(one for one in (preferred, prepended) if one),
            )


def _preferring(name: str, local_preference: int | None) -> RouteMap | None:
    return None if local_preference is None else RouteMap(name=name, local_preference=local_preference)


def _prepending(network: Network, router: Router, times: int) -> RouteMap | None:
    if not times:
        return None
    asn = network.router_asn(router)
    return RouteMap(name=f"{_customer(router)}_prepend_{times}", prepend=(asn,) * times)


# --- the location's other routers ------------------------------------------------------------------------


def _companions(network: Network, router: Router) -> Iterator[Router]:
    """Yield the location's other routers, if this one and they have a session to Azure that is enabled."""
    if not _has_session(network, router):
        return
    for other in network.routers.values():
        if other.location == router.location and other != router and _has_session(network, other):
            yield other


def _has_session(network: Network, router: Router) -> bool:
    links = network.router_links(router.name)
    return any(link.enabled for _, _, link in links) or any(network.router_tunnels(router.name))


def _companion_neighbor(network: Network, router: Router, companion: Router) -> Neighbor:
    return Neighbor(
        address=str(companion.lan.address.ip),
        asn=network.router_asn(router),
        description=companion.name,
        update_source=_lan_interface(router).name,
        next_hop_self=True,  # the other router does not know the networks of this one's links
    )


# --- interfaces, OSPF and routes towards the LAN ---------------------------------------------------------


def _lan_interface(router: Router) -> EthernetInterface:
    lan = router.lan
    return EthernetInterface(
        name=f"{lan.interface}.{lan.vlan}" if lan.vlan else lan.interface,
        description=f"Customer {router.vrf.name} to south bound LAN switch",
        vlans=(lan.vlan,) if lan.vlan else (),
        address=lan.address,
        point_to_point=router.ospf is not None and lan.address.network.prefixlen >= _POINT_TO_POINT_LENGTH,
    )


def _link_interfaces(network: Network, router: Router) -> Iterator[EthernetInterface]:
    taken = {_lan_interface(router).name}
    for circuit, _, link in network.router_links(router.name):
        name = _link_interface_name(circuit, link, taken)
        taken.add(name)
        vlan = circuit.private_peering.vlan_id
        yield EthernetInterface(
            name=name,
            description=f"Customer {router.vrf.name} private peering to Azure",
            vlans=(link.outer_vlan, vlan) if link.outer_vlan else (vlan,),
            address=link.customer_address,
            enabled=link.enabled,
            bfd=link.bfd,
        )


def _link_interface_name(circuit: Circuit, link: Link, taken: set[str]) -> str:
    """Name a sub-interface by its inner tag, or by both where the port has one of that name already."""
    vlan = circuit.private_peering.vlan_id
    name = f"{link.interface}.{vlan}"
    return f"{link.interface}.{link.outer_vlan}{vlan:04}" if name in taken and link.outer_vlan else name


def _ospf_process(router: Router, companions: tuple[Router, ...]) -> OspfProcess | None:
    if (ospf := router.ospf) is None:
        return None
    return OspfProcess(
        process=ospf.process,
        router_id=ospf.router_id,
        network=router.lan.address.network,
        area=ospf.area,
        redistribution=_INTO_OSPF,
        default_information=ospf.default_information,
        default_metric=ospf.default_metric,
        # OSPF in a VRF ignores what another BGP router has redistributed (RFC 4577, 4.2.5): a loop guard for
        # provider edges that would hide a companion's routes here
        vrf_lite=bool(companions),
    )


def _lan_routes(
    router: Router, originated: tuple[IPv4Network, ...], companions: tuple[Router, ...]
) -> Iterator[StaticRoute]:
    """Yield the ways to the LAN and to the companions behind it, where OSPF does not tell them."""
    if router.lan.next_hop is None:
        return
    beyond = (companion.lan.address for companion in companions)
    hosts = (IPv4Network(address.ip) for address in beyond if address.ip not in router.lan.address.network)
    for prefix in (*originated, *hosts):
        yield StaticRoute(
            destination=str(prefix.network_address),
            mask=prefix.netmask,
            via=str(router.lan.next_hop),
            in_vrf=True,
        )


# --- clashes ---------------------------------------------------------------------------------------------


def _refuse_clashes(router: Router, intent: RouterIntent) -> None:
    """Refuse what the router would silently merge, or reject halfway."""
    global_addresses = [loopback.address for loopback in intent.loopbacks if not loopback.in_vrf]
    named: dict[str, Iterable[str | IPv4Address]] = {
        "interfaces are called": [
            *(interface.name for interface in intent.loopbacks),
            *(interface.name for interface in intent.ethernets),
            *(interface.name for interface in intent.tunnel_interfaces),
        ],
        "loopbacks have the address": global_addresses,
        "BGP neighbors have the address": (neighbor.address for neighbor in intent.neighbors),
    }
    for relation, names in named.items():
        for name, count in Counter(names).items():
            if count > 1:
                raise RenderError(
                    f"{router.name}: {count} of its {relation} {name}; "
                    "give each link its own VLAN, each public address its own loopbackNumber, "
                    "and each router at most one tunnel to a virtual network"
                )
