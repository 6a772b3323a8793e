"""The network as its owner means it: pure, frozen, typed, and checked across its objects.

`load_stack` reads it from a stack file; everything else in the project starts from the `Network` it returns.
"""

from topology.addressing import AZURE_GATEWAY_ASN, MICROSOFT_EDGE_ASN, Asn, overlapping
from topology.azure import CircuitFamily, CircuitTier, Existing, ExpressRouteGatewaySku, VpnGatewaySku
from topology.document import Document
from topology.errors import Mistake, Place, StackFileError
from topology.expressroute import Circuit, CircuitConnection, GlobalReach, Link, LinkName, PrivatePeering
from topology.loader import CONFIG_KEY, load_config, load_network, load_stack, read_config, stack_file
from topology.network import Network
from topology.routers import (
    DefaultInformation,
    LanInterface,
    Management,
    Ospf,
    Router,
    RouterBgp,
    RouterMode,
    Vrf,
)
from topology.sites import (
    GATEWAY_SUBNET,
    ROUTE_SERVER_SUBNET,
    SERVICE_SUBNETS,
    ExpressRouteGateway,
    Location,
    Peering,
    RouteServer,
    Subnet,
    VirtualNetwork,
    VpnGateway,
)
from topology.user_routes import NextHopType, RouteTable, UserRoute
from topology.vpn import (
    DhGroup,
    IkeEncryption,
    IkeIntegrity,
    IpsecEncryption,
    IpsecIntegrity,
    IpsecPolicy,
    IpsecPreset,
    PfsGroup,
    Tunnel,
    TunnelRouter,
)

__all__ = [
    "AZURE_GATEWAY_ASN",
    "CONFIG_KEY",
    "GATEWAY_SUBNET",
    "MICROSOFT_EDGE_ASN",
    "ROUTE_SERVER_SUBNET",
    "SERVICE_SUBNETS",
    "Asn",
    "Circuit",
    "CircuitConnection",
    "CircuitFamily",
    "CircuitTier",
    "DefaultInformation",
    "DhGroup",
    "Document",
    "Existing",
    "ExpressRouteGateway",
    "ExpressRouteGatewaySku",
    "GlobalReach",
    "IkeEncryption",
    "IkeIntegrity",
    "IpsecEncryption",
    "IpsecIntegrity",
    "IpsecPolicy",
    "IpsecPreset",
    "LanInterface",
    "Link",
    "LinkName",
    "Location",
    "Management",
    "Mistake",
    "Network",
    "NextHopType",
    "Ospf",
    "Peering",
    "PfsGroup",
    "Place",
    "PrivatePeering",
    "RouteServer",
    "RouteTable",
    "Router",
    "RouterBgp",
    "RouterMode",
    "StackFileError",
    "Subnet",
    "Tunnel",
    "TunnelRouter",
    "UserRoute",
    "VirtualNetwork",
    "VpnGateway",
    "VpnGatewaySku",
    "Vrf",
    "load_config",
    "load_network",
    "load_stack",
    "overlapping",
    "read_config",
    "stack_file",
]
