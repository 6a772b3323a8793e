"""The whole network, as the stack file describes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from ipaddress import IPv4Network
from types import MappingProxyType

from pydantic import Field

from topology.addressing import Asn
from topology.expressroute import Circuit, CircuitConnection, GlobalReach, Link, LinkName
from topology.model import Described, ReadOnly, Section, nothing
from topology.routers import Router, RouterMode
from topology.sites import Location, Peering, VirtualNetwork
from topology.user_routes import RouteTable
from topology.vpn import Tunnel


class Network(Described):
    """A hybrid network: Azure virtual networks and on-premises locations, and what joins them."""

    location: str = Field(min_length=1)
    """The Azure region of everything that names no other."""
    workload: str = Field("hybrid", pattern=r"^[a-z][a-z0-9-]{0,19}$")
    """Stands in the names of resource groups."""
    tags: ReadOnly[str] = Field(default_factory=nothing)
    """Put on every Azure resource that takes tags."""
    protect: bool = False
    """Refuse to delete gateways and circuits until this is taken back."""
    router_mode: RouterMode = RouterMode.PUSH
    """How far the program goes with routers that do not say it themselves."""
    virtual_networks: Section[VirtualNetwork] = Field(default_factory=nothing)
    route_tables: Section[RouteTable] = Field(default_factory=nothing)
    peerings: Section[Peering] = Field(default_factory=nothing)
    circuits: Section[Circuit] = Field(default_factory=nothing)
    connections: Section[CircuitConnection] = Field(default_factory=nothing)
    global_reach: Section[GlobalReach] = Field(default_factory=nothing)
    tunnels: Section[Tunnel] = Field(default_factory=nothing)
    locations: Section[Location] = Field(default_factory=nothing)
    routers: Section[Router] = Field(default_factory=nothing)

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of all sites: virtual networks, then locations, each in the order of the file."""
        return (*self.virtual_networks, *self.locations)

    def site_prefixes(self, site: str) -> tuple[IPv4Network, ...]:
        """Return what a site is advertised as. Raises KeyError for an unknown site."""
        if site in self.virtual_networks:
            return self.virtual_networks[site].address_space
        return self.locations[site].prefixes

    def region(self, item: VirtualNetwork | RouteTable | Circuit) -> str:
        """Return the Azure region of a virtual network, a route table or a circuit."""
        return item.location or self.location

    def router_asn(self, router: Router) -> Asn:
        """Return the ASN of the location that a router serves."""
        return self.locations[router.location].asn

    @property
    def links(self) -> Iterator[tuple[Circuit, LinkName, Link]]:
        """Every circuit's two links, in the order of the file."""
        for circuit in self.circuits.values():
            for name, link in circuit.private_peering.links:
                yield circuit, name, link

    def router_links(self, router: str) -> Iterator[tuple[Circuit, LinkName, Link]]:
        """Yield the circuit links that end on a router, in the order of the file."""
        return iter(self.links_by_router.get(router, ()))

    @cached_property
    def links_by_router(self) -> Mapping[str, tuple[tuple[Circuit, LinkName, Link], ...]]:
        """The circuit links that end on each router, in the order of the file."""
        ended: dict[str, list[tuple[Circuit, LinkName, Link]]] = {}
        for entry in self.links:
            if entry[2].router:
                ended.setdefault(entry[2].router, []).append(entry)
        return MappingProxyType({router: tuple(entries) for router, entries in ended.items()})

    def router_tunnels(self, router: str) -> Iterator[Tunnel]:
        """Yield the tunnels that end on a router, in the order of the file."""
        return iter(self.tunnels_by_router.get(router, ()))

    @cached_property
    def tunnels_by_router(self) -> Mapping[str, tuple[Tunnel, ...]]:
        """The tunnels that end on each router, in the order of the file."""
        ended: dict[str, list[Tunnel]] = {}
        for tunnel in self.tunnels.values():
            if tunnel.router:
                ended.setdefault(tunnel.router.name, []).append(tunnel)
        return MappingProxyType({router: tuple(tunnels) for router, tunnels in ended.items()})

    @cached_property
    def peerings_by_hub(self) -> Mapping[str, tuple[Peering, ...]]:
        """The peerings in which each virtual network is the hub, in the order of the file."""
        lent: dict[str, list[Peering]] = {}
        for peering in self.peerings.values():
            lent.setdefault(peering.hub, []).append(peering)
        return MappingProxyType({hub: tuple(peerings) for hub, peerings in lent.items()})

    def mode(self, router: Router) -> RouterMode:
        """Return how far the program goes with a router."""
        return router.management.mode or self.router_mode
