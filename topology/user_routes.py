"""User-defined routes: what a subnet's own table says before BGP and system routes are asked (PATH-5)."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address

from pydantic import Field

from topology.addressing import Address, Prefix
from topology.azure import Existing
from topology.model import Described, Named, ReadOnly, nothing


class NextHopType(StrEnum):
    """Where a user-defined route sends traffic; Azure's words."""

    VIRTUAL_APPLIANCE = "VirtualAppliance"
    VIRTUAL_NETWORK_GATEWAY = "VirtualNetworkGateway"
    """The VPN gateway that the subnet's virtual network has or uses; never an ExpressRoute gateway (GW-6)."""
    VNET_LOCAL = "VnetLocal"
    INTERNET = "Internet"
    NONE = "None"
    """Nowhere: traffic is dropped."""


class UserRoute(Described):
    """One route of a route table."""

    prefix: Prefix
    """Of the destination."""
    next_hop: NextHopType
    address: Address | None = None
    """Of the virtual appliance, and only for one."""

    @property
    def appliance(self) -> IPv4Address | None:
        """The address that traffic is handed to, if it is handed to a virtual appliance."""
        return self.address if self.next_hop is NextHopType.VIRTUAL_APPLIANCE else None


class RouteTable(Named):
    """A route table, which subnets of one region may share."""

    location: str | None = None
    """Azure region; the network's own `location` if left out."""
    routes: ReadOnly[UserRoute] = Field(default_factory=nothing)
    """Routes by name."""
    propagate_gateway_routes: bool = True
    """Whether its subnets also get what gateways learned by BGP; a GatewaySubnet must (GW-5)."""
    existing: Existing | None = None
