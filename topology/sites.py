"""The sites: Azure virtual networks with their gateways, and on-premises locations."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import Field

from topology.addressing import AZURE_GATEWAY_ASN, Address, Asn, Prefix
from topology.azure import Existing, ExpressRouteGatewaySku, VpnGatewaySku, Zone
from topology.model import Described, Named, ReadOnly, nothing

GATEWAY_SUBNET = "GatewaySubnet"
"""The only name Azure takes for a gateway's subnet (GW-2)."""

ROUTE_SERVER_SUBNET = "RouteServerSubnet"

SERVICE_SUBNETS = frozenset({GATEWAY_SUBNET, ROUTE_SERVER_SUBNET})
"""Subnets that hold a service of Azure's and nothing else."""


class Subnet(Described):
    """One subnet of a virtual network."""

    prefix: Prefix
    """Inside the address space."""
    route_table: str | None = None
    """The route table in which its traffic looks first."""


class ExpressRouteGateway(Described):
    """A virtual network gateway of type ExpressRoute; Azure chooses its ASN and public address (GW-15)."""

    sku: ExpressRouteGatewaySku = ExpressRouteGatewaySku.ER_GW_1_AZ
    allow_remote_vnet_traffic: bool = False
    """Pass traffic from and to other virtual networks on the same circuits (ER-17)."""
    existing: Existing | None = None

    @property
    def is_zone_redundant(self) -> bool:
        """Whether its instances are in several zones, by its SKU (GW-11)."""
        return self.sku.value.endswith("AZ")


class VpnGateway(Described):
    """A route-based virtual network gateway of type Vpn that speaks BGP."""

    sku: VpnGatewaySku = VpnGatewaySku.VPN_GW_1_AZ
    asn: Asn = AZURE_GATEWAY_ASN
    """Its side of BGP; one end of a tunnel between two gateways needs another than 65515 (ASN-8)."""
    active_active: bool = False
    """Two instances, each with a public address, a BGP address and a tunnel to every peer (GW-14)."""
    zones: tuple[Zone, ...] | None = None
    """Of its public addresses: all three for an AZ SKU if left out; `[]` where a region has none (GW-11)."""
    existing: Existing | None = None

    @property
    def address_zones(self) -> tuple[Zone, ...]:
        """The availability zones of its public addresses."""
        if self.zones is not None:
            return self.zones
        return tuple(Zone) if self.sku.is_zonal else ()

    @property
    def is_zone_redundant(self) -> bool:
        """Whether its instances are in several zones, by SKU and addresses (GW-11)."""
        return self.sku.is_zonal and len(self.address_zones) > 1

    @property
    def instance_count(self) -> int:
        """How many instances end tunnels: 2 if active-active, else 1."""
        return 2 if self.active_active else 1


class RouteServer(Described):
    """Azure Route Server: paths over it are predicted; it is deployed elsewhere, and named by `existing`."""

    branch_to_branch: bool = True
    """Exchange routes between the VPN and the ExpressRoute gateway (PATH-8, ASN-12)."""
    existing: Existing | None = None


class VirtualNetwork(Named):
    """An Azure virtual network: hub, spoke, branch or remote, by what is joined to it."""

    location: str | None = None
    """Azure region; the network's own `location` if left out."""
    address_space: tuple[Prefix, ...] = Field(min_length=1)
    """What it is made of, and advertised as, whole (PEER-13)."""
    subnets: ReadOnly[Subnet] = Field(default_factory=nothing)
    """Subnets by name; gateways need one called GatewaySubnet."""
    host: Address | None = None
    """A virtual machine that stands for the site in probes."""
    express_route_gateway: ExpressRouteGateway | None = None
    vpn_gateway: VpnGateway | None = None
    route_server: RouteServer | None = None
    existing: Existing | None = None

    @property
    def prefixes(self) -> tuple[IPv4Network, ...]:
        """What the virtual network is advertised as: its whole address space (PEER-13)."""
        return self.address_space

    @property
    def has_gateway(self) -> bool:
        """Whether a spoke could use a gateway here (PEER-3)."""
        return self.express_route_gateway is not None or self.vpn_gateway is not None


class Peering(Named):
    """A VNet peering, both halves of it."""

    hub: str
    """The virtual network that lends its gateways (allowGatewayTransit, PEER-1)."""
    spoke: str
    """The virtual network that uses them (useRemoteGateways)."""
    gateway_transit: bool = True
    """Whether the spoke uses the hub's gateways; without, the two only reach each other."""
    allow_forwarded_traffic: bool = False
    """Let pass what a virtual appliance of the other side forwards; gateways do not need it (PEER-11)."""


class Location(Named):
    """An on-premises site: its LAN and its autonomous system."""

    asn: Asn
    """Of its routers, the same on circuits and tunnels."""
    prefixes: tuple[Prefix, ...] = Field(min_length=1)
    """The LAN prefixes it advertises."""
    host: Address | None = None
    """A host that stands for the site in probes."""
    default_gateway: Address | None = None
    """The LAN's own router, which speaks OSPF with the customer edge routers."""
