"""Azure's resource types by the name that a rule uses, and the little that several subjects ask of each."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

from network_policies.resource import Resource

_NETWORK = "azure-native:network:"

AUTHORIZATION = f"{_NETWORK}ExpressRouteCircuitAuthorization"
CIRCUIT = f"{_NETWORK}ExpressRouteCircuit"
CIRCUIT_PEERING = f"{_NETWORK}ExpressRouteCircuitPeering"
CONNECTION = f"{_NETWORK}VirtualNetworkGatewayConnection"
GATEWAY = f"{_NETWORK}VirtualNetworkGateway"
GLOBAL_REACH = f"{_NETWORK}ExpressRouteCircuitConnection"
LOCAL_GATEWAY = f"{_NETWORK}LocalNetworkGateway"
NETWORK_INTERFACE = f"{_NETWORK}NetworkInterface"
PRIVATE_ENDPOINT = f"{_NETWORK}PrivateEndpoint"
PUBLIC_IP = f"{_NETWORK}PublicIPAddress"
ROUTE = f"{_NETWORK}Route"
ROUTE_TABLE = f"{_NETWORK}RouteTable"
SUBNET = f"{_NETWORK}Subnet"
VIRTUAL_HUB = f"{_NETWORK}VirtualHub"
VIRTUAL_HUB_ADDRESS = f"{_NETWORK}VirtualHubIpConfiguration"
VIRTUAL_NETWORK = f"{_NETWORK}VirtualNetwork"
VNET_PEERING = f"{_NETWORK}VirtualNetworkPeering"

PRIVATE_PEERING = "azureprivatepeering"


def word(resource: Resource, *path: str | int) -> str:
    """Read one of Azure's enumeration values in small letters, empty if it is not set."""
    return (resource.text(*path) or "").casefold()


def is_vpn(gateway: Resource) -> bool:
    """Whether a gateway is for VPN."""
    return word(gateway, "gatewayType") == "vpn"


def is_expressroute(gateway: Resource) -> bool:
    """Whether a gateway is for ExpressRoute."""
    return word(gateway, "gatewayType") == "expressroute"


def sku_name(gateway: Resource) -> str:
    """Return a gateway's SKU in small letters, empty if it is not set."""
    return word(gateway, "sku", "name")


def prefix_of(text: object) -> IPv4Network | None:
    """Read an IPv4 prefix; None if the text is none, or has bits beyond its mask."""
    try:
        prefix = ip_network(str(text))
    except ValueError:
        return None
    return prefix if isinstance(prefix, IPv4Network) else None


def address_of(text: object) -> IPv4Address | None:
    """Read an IPv4 address; None if the text is none."""
    try:
        address = ip_address(str(text))
    except ValueError:
        return None
    return address if isinstance(address, IPv4Address) else None


def address_space(network: Resource) -> tuple[IPv4Network, ...]:
    """Return the IPv4 prefixes of a VNet. Raises NotProvenError if one is unknown."""
    prefixes = (
        prefix_of(network.text("addressSpace", "addressPrefixes", index))
        for index, _ in enumerate(network.elements("addressSpace", "addressPrefixes"))
    )
    return tuple(prefix for prefix in prefixes if prefix is not None)
