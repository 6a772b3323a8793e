"""The customer's side: edge routers as their configuration makes them, and LANs that follow their OSPF.

Routers do what the rendered IOS-XE configuration says: prefer by local preference, advertise their location's
prefixes only, tell the LAN by OSPF what eBGP told them, and each other by iBGP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import combinations

from lab.bgp.addressing import lan_side, location_host
from lab.bgp.azure import AzureSide
from lab.bgp.blueprint import Jack, NodeKind, Port, Wire
from lab.bgp.configuration import (
    Clause,
    Neighbor,
    Ospf,
    PrefixList,
    Redistribution,
    RouteMap,
    StaticRoute,
)
from lab.bgp.draft import Draft, NodeDraft
from lab.bgp.errors import UnsupportedDesignError
from topology import MICROSOFT_EDGE_ASN, Circuit, DefaultInformation, Link, LinkName, Location, Router

_EXTERNAL = "tag 1"
"""Marks what eBGP told: IOS redistributes nothing else of BGP into OSPF, FRR does."""
_LONGEST_NAME = 15


class Premises:
    """Draws locations and their routers, and joins them to Microsoft's edge."""

    def __init__(self, draft: Draft, azure: AzureSide) -> None:
        self._draft = draft
        self._network = draft.network
        self.lans = {name: self._lan(location) for name, location in self._network.locations.items()}
        self.routers = {name: self._router(router) for name, router in self._network.routers.items()}
        self._lan_ports: dict[str, list[tuple[Router, Port]]] = {name: [] for name in self.lans}
        for router in self._network.routers.values():
            self._join_lan(router)
        for name, location in self._network.locations.items():
            self._finish_lan(location, self.lans[name])
        for circuit, link_name, link in self._network.links:
            self._join_link(circuit, link_name, link, azure.edges[circuit.name, link_name])
        self._join_companions()

    # --- LANs ----------------------------------------------------------------------------------------

    def _lan(self, location: Location) -> NodeDraft:
        node = self._draft.add(NodeKind.LAN, location.name)
        host, gateway = location_host(location.prefixes, location.host, location.default_gateway)
        interface = self._draft.add_host(location.name, node, host, gateway)
        for prefix in (*location.prefixes, *self._advertised_parts(location)):
            if prefix != host.network:
                via = interface if host.ip in prefix else "blackhole"
                node.static_routes.append(StaticRoute(destination=prefix, via=via))
        return node

    def _advertised_parts(self, location: Location) -> Iterator[IPv4Network]:
        """Yield what routers advertise on one session only; the LAN has to have it as such."""
        for router in self._network.routers.values():
            if router.location == location.name:
                yield from self._originated(router)[len(location.prefixes) :]

    def _originated(self, router: Router) -> tuple[IPv4Network, ...]:
        own = self._network.locations[router.location].prefixes
        links = [link.advertised_prefixes or () for _, _, link in self._network.router_links(router.name)]
        tunnels = [
            tunnel.router.advertised_prefixes or ()
            for tunnel in self._network.router_tunnels(router.name)
            if tunnel.router
        ]
        return tuple(dict.fromkeys([*own, *(prefix for part in (*links, *tunnels) for prefix in part)]))

    def _join_lan(self, router: Router) -> None:
        lan = self.lans[router.location]
        taken = [each for each, _ in self._lan_ports[router.location]]
        for other in taken:
            if other.lan.address.network == router.lan.address.network:
                raise UnsupportedDesignError(
                    f"{other.name} and {router.name} share the LAN network {router.lan.address.network}: "
                    "only networks between a router and the LAN's own router are brought to life here"
                )
        wire = Wire(
            first=Port(
                node=self.routers[router.name].name,
                interface=interface_name(router.lan.interface, router.lan.vlan),
                addresses=(router.lan.address,),
                jack=Jack(port=router.lan.interface, tags=_tags(router.lan.vlan)),
            ),
            second=Port(
                node=lan.name,
                interface=lan.next_port(),
                addresses=(lan_side(router.lan.address, router.lan.next_hop),),
            ),
        )
        self._draft.wires.append(wire)
        self._lan_ports[router.location].append((router, wire.second))

    def _finish_lan(self, location: Location, lan: NodeDraft) -> None:
        """Let the LAN speak OSPF where its routers do, and point a default route at the others."""
        speaking = [(router, port) for router, port in self._lan_ports[location.name] if router.ospf]
        for router, port in self._lan_ports[location.name]:
            if (router, port) not in speaking:
                default = IPv4Network("0.0.0.0/0")
                lan.static_routes.append(StaticRoute(destination=default, via=str(router.lan.address.ip)))
        if not speaking:
            return
        own = lan.define(
            PrefixList(name="own", prefixes=(*location.prefixes, *self._advertised_parts(location)))
        )
        told = lan.define(RouteMap(name="own", clauses=(Clause(matches=(f"ip address prefix-list {own}",)),)))
        lan.ospf = Ospf(
            router_id=lan.label,
            interfaces=tuple(port.interface for _, port in speaking),
            networks=tuple(
                (port.addresses[0].network, router.ospf.area) for router, port in speaking if router.ospf
            ),
            redistributed=tuple(
                Redistribution(protocol=protocol, route_map=told) for protocol in ("connected", "static")
            ),
        )

    # --- routers -------------------------------------------------------------------------------------

    def _router(self, router: Router) -> NodeDraft:
        asn = self._network.router_asn(router)
        node = self._draft.add(
            NodeKind.ROUTER, router.name, asn=asn, element=f"router:{router.name}", shares=False
        )
        node.networks += self._originated(router)
        for kind, preference in (
            ("express-route", router.bgp.express_route_local_preference),
            ("vpn", router.bgp.vpn_local_preference),
        ):
            sets = [_EXTERNAL] if preference is None else [_EXTERNAL, f"local-preference {preference}"]
            node.define(RouteMap(name=f"from-{kind}", clauses=(Clause(sets=tuple(sets)),)))
        if router.ospf:
            self._speak_ospf(node, router)
        if router.lan.next_hop:
            node.static_routes += [
                StaticRoute(destination=prefix, via=str(router.lan.next_hop))
                for prefix in self._originated(router)
            ]
        return node

    def _speak_ospf(self, node: NodeDraft, router: Router) -> None:
        assert router.ospf is not None
        others = (site for site in self._network.sites if site != router.location)
        prefixes = tuple(prefix for site in others for prefix in self._network.site_prefixes(site))
        azure = node.define(PrefixList(name="from-azure", prefixes=prefixes))
        matches = (f"ip address prefix-list {azure}", _EXTERNAL)
        told = node.define(RouteMap(name="to-lan", clauses=(Clause(matches=matches),)))
        information = {
            DefaultInformation.NEVER: None,
            DefaultInformation.WITH_DEFAULT: "",
            DefaultInformation.ALWAYS: "always",
        }
        node.ospf = Ospf(
            router_id=router.ospf.router_id,
            interfaces=(interface_name(router.lan.interface, router.lan.vlan),),
            networks=((router.lan.address.network, router.ospf.area),),
            redistributed=(Redistribution(protocol="bgp", route_map=told),),
            default_metric=router.ospf.default_metric,
            default_information=information[router.ospf.default_information],
        )

    def advertising(
        self, router: Router, prefixes: tuple[IPv4Network, ...] | None, session: str, prepend: int
    ) -> tuple[str, str | None]:
        """Define what a router tells on one session; return its prefix list and its outbound route map."""
        node = self.routers[router.name]
        own = self._network.locations[router.location].prefixes
        told = own if prefixes is None else prefixes
        name = node.define(PrefixList(name=f"to-{session}", prefixes=told))
        if not prepend:
            return name, None
        path = " ".join([str(node.asn)] * prepend)
        clause = Clause(sets=(f"as-path prepend {path}",))
        return name, node.define(RouteMap(name=f"prepend-{prepend}", clauses=(clause,)))

    def _join_link(self, circuit: Circuit, link_name: LinkName, link: Link, edge: NodeDraft) -> None:
        element = f"link:{circuit.name}/{link_name}"
        if link.router is None:
            self._draft.limits.append(
                f"{element} ends on a router that is not described: it stays unconnected"
            )
            return
        assert link.interface is not None  # the loader asks for it beside a router
        router = self._network.routers[link.router]
        node = self.routers[router.name]
        wire = Wire(
            first=Port(
                node=node.name,
                interface=self._free_name(node, link.interface, circuit, link),
                addresses=(link.customer_address,),
                enabled=link.enabled,
                jack=Jack(port=link.interface, tags=_tags(link.outer_vlan, circuit.private_peering.vlan_id)),
            ),
            second=Port(node=edge.name, interface=edge.next_port(), addresses=(link.microsoft_address,)),
            elements=(element,),
        )
        self._draft.wires.append(wire)
        session = f"{circuit.name}-{link_name}"
        prefixes, prepend = self.advertising(router, link.advertised_prefixes, session, link.as_path_prepend)
        node.neighbors.append(
            Neighbor(
                address=link.microsoft_address.ip,
                asn=MICROSOFT_EDGE_ASN,
                node=edge.name,
                description=f"{circuit.name} {link_name}",
                expected=link.enabled,
                bfd=link.bfd,
                next_hop_self=True,
                import_map="from-express-route",
                export_map=prepend,
                export_prefixes=prefixes,
            )
        )
        assert node.asn is not None
        edge.neighbors.append(
            Neighbor(
                address=link.customer_address.ip,
                asn=node.asn,
                node=node.name,
                description=node.name,
                expected=link.enabled,
                bfd=link.bfd,
                import_map="from-router",
                export_map="to-router",
                hides_private_as=True,
            )
        )

    def _free_name(self, node: NodeDraft, port: str, circuit: Circuit, link: Link) -> str:
        """Name a sub-interface by its inner tag, or by both where the port has one of that name already."""
        taken = {end.interface for wire in self._draft.wires for end in wire.ends if end.node == node.name}
        vlan = circuit.private_peering.vlan_id
        name = interface_name(port, vlan)
        return interface_name(port, int(f"{link.outer_vlan or 0}{vlan:04}")) if name in taken else name

    def _join_companions(self) -> None:
        """Let routers of one location that have a session to Azure tell each other what they learned."""
        speakers = [router for router in self._network.routers.values() if self._has_session(router)]
        for first, second in combinations(speakers, 2):
            if first.location == second.location:
                for router, other in ((first, second), (second, first)):
                    self._add_companion(self.routers[router.name], router, other)

    def _add_companion(self, node: NodeDraft, router: Router, other: Router) -> None:
        assert node.asn is not None
        node.neighbors.append(
            Neighbor(
                address=other.lan.address.ip,
                asn=node.asn,
                node=self.routers[other.name].name,
                description=other.name,
                next_hop_self=True,
                update_source=str(router.lan.address.ip),
            )
        )
        if router.lan.next_hop and other.lan.address.ip not in router.lan.address.network:
            beyond = IPv4Network(other.lan.address.ip)
            node.static_routes.append(StaticRoute(destination=beyond, via=str(router.lan.next_hop)))

    def _has_session(self, router: Router) -> bool:
        links = self._network.router_links(router.name)
        return any(link.enabled for _, _, link in links) or any(self._network.router_tunnels(router.name))


def interface_name(port: str, vlan: int | None) -> str:
    """Shorten an IOS interface's name to what Linux takes: TenGigabitEthernet0/0/0.300 is Te0-0-0.300."""
    letters, numbers = re.fullmatch(r"([A-Za-z]+)([0-9/]*)", port).groups()  # type: ignore[union-attr]
    name = letters[:2] + numbers.replace("/", "-") + (f".{vlan}" if vlan is not None else "")
    if len(name) > _LONGEST_NAME:
        raise UnsupportedDesignError(
            f"{port}: {name} is longer than the {_LONGEST_NAME} letters that Linux takes"
        )
    return name


def _tags(*vlans: int | None) -> tuple[int, ...]:
    return tuple(vlan for vlan in vlans if vlan is not None)


def host_length(address: IPv4Address) -> IPv4Interface:
    """Return an address with the length of a host route."""
    return IPv4Interface((address, address.max_prefixlen))
