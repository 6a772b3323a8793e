"""What Azure asks of a virtual network gateway. Codes that are not published follow Azure's manner.

Not confirmed, and so not refused: that Azure creates no VPN gateways of the SKUs VpnGw1 to VpnGw5 any more;
that a gateway cannot get a smaller SKU (Microsoft's pages of 2019 and of 2023 disagree).
"""

from __future__ import annotations

from ipaddress import IPv4Address

from lab.azure.change import Change
from lab.azure.families import asns
from lab.azure.families.virtual_network_peerings import (
    find_use_of_remote_gateways,
    list_borrowers,
    list_gateways,
)
from lab.azure.families.virtual_networks import GATEWAY_SUBNET, subnet_prefixes
from lab.azure.refusal import Refusal
from lab.azure.regions import has_zones
from lab.azure.state import Resource, State

VPN_SKUS = (
    *("Basic", "VpnGw1", "VpnGw2", "VpnGw3", "VpnGw4", "VpnGw5"),
    *("VpnGw1AZ", "VpnGw2AZ", "VpnGw3AZ", "VpnGw4AZ", "VpnGw5AZ"),
)
EXPRESS_ROUTE_SKUS = (
    *("Standard", "HighPerformance", "UltraPerformance"),
    *("ErGw1AZ", "ErGw2AZ", "ErGw3AZ", "ErGwScale"),
)
SKUS = (*VPN_SKUS, *EXPRESS_ROUTE_SKUS)

_SECOND_GENERATION_ONLY = ("VpnGw4", "VpnGw5")
_RETIRED_VPN_SKUS = ("Standard", "HighPerformance")
_SMALLEST_FOR_EXPRESS_ROUTE = 27
_APIPA = (IPv4Address("169.254.21.0"), IPv4Address("169.254.22.255"))


def _is_vpn(gateway: Change | Resource) -> bool:
    return bool(gateway.properties["gatewayType"] == "Vpn")


def _refuse_wrong_sku(change: Change) -> None:
    kind, sku = change.properties["gatewayType"], change.properties["sku"]["name"]
    if _is_vpn(change) and sku in _RETIRED_VPN_SKUS:
        raise Refusal(
            "GatewaySkuRetired",
            f"Gateway {change.id.name}: VPN SKU {sku} was retired on 2025-09-30.",
            rule="GW-13",
        )
    if sku not in (VPN_SKUS if _is_vpn(change) else EXPRESS_ROUTE_SKUS):
        raise Refusal(
            "InvalidGatewaySkuSpecified",
            f"Gateway {change.id.name}: SKU {sku} is not one of gateway type {kind}.",
            rule="GW-7" if not _is_vpn(change) else "",
        )
    if change.before is not None:
        before = change.before.properties["sku"]["name"]
        if before != sku and "Basic" in (before, sku):
            raise Refusal(
                "GatewaySkuChangeNotAllowed",
                f"Gateway {change.id.name} cannot be resized from {before} to {sku}: delete it and create "
                "it anew.",
            )


def default_generation(sku: str) -> str:
    """The generation of a VPN gateway that names none: the first, but for SKUs that only the second has."""
    return "Generation2" if sku.startswith(_SECOND_GENERATION_ONLY) else "Generation1"


def _refuse_wrong_generation(change: Change) -> None:
    """Hold a VPN gateway's SKU to its generation (MicrosoftDocs, "About gateway SKUs": generation table).

    A gateway cannot change its generation, so a resize ends here too ("Gateway SKU upgrade": migrate only).
    """
    sku, generation = change.properties["sku"]["name"], change.properties["vpnGatewayGeneration"]
    if not _is_vpn(change):
        return
    lacking = {
        "Generation1": sku.startswith(_SECOND_GENERATION_ONLY),
        "Generation2": sku.startswith(("Basic", "VpnGw1")),
    }
    if lacking.get(generation, False):
        raise Refusal(
            "VpnGatewayGenerationNotSupportedForSku",
            f"Gateway {change.id.name}: SKU {sku} does not exist in {generation}.",
        )


def _refuse_basic_features(change: Change) -> None:
    """Refuse what SKU Basic and policy-based VPN lack."""
    basic = change.properties["sku"]["name"] == "Basic"
    policy_based = change.properties["vpnType"] == "PolicyBased"
    if change.properties["enableBgp"] and (basic or policy_based):
        raise Refusal(
            "BgpNotSupportedOnGateway",
            f"Gateway {change.id.name} cannot have enableBgp: SKU Basic and policy-based VPN have no BGP.",
            rule="VPN-1",
        )
    if _is_vpn(change) and policy_based and not basic:
        raise Refusal(
            "InvalidVpnTypeForSku",
            f"Gateway {change.id.name}: vpnType PolicyBased exists for SKU Basic only.",
        )


def _refuse_wrong_parts(change: Change) -> None:
    parts = change.properties.get("ipConfigurations", ())
    active_active = change.properties["activeActive"]
    if active_active and not _is_vpn(change):
        raise Refusal(
            "ActiveActiveNotSupported", f"Gateway {change.id.name}: activeActive is for VPN gateways only."
        )
    wanted = 2 if active_active else 1
    if len(parts) != wanted:
        raise Refusal(
            "VirtualNetworkGatewayIpConfigurationsInvalid",
            f"Gateway {change.id.name} needs {wanted} ipConfigurations, one for each instance, and has "
            f"{len(parts)}.",
            rule="GW-14" if active_active else "",
        )


def _gateway_subnet(change: Change) -> Resource:
    subnets = {part["properties"]["subnet"]["id"].lower() for part in change.properties["ipConfigurations"]}
    for subnet in subnets:
        if subnet.rpartition("/")[2] != GATEWAY_SUBNET.lower() or len(subnets) > 1:
            raise Refusal(
                "InvalidGatewaySubnet",
                f"Gateway {change.id.name} must be in the one subnet named {GATEWAY_SUBNET}: {subnet} is "
                "not.",
                rule="GW-2",
            )
    found = change.state.find(subnets.pop())
    assert found is not None
    return found


def _refuse_wrong_subnet(change: Change) -> None:
    subnet = _gateway_subnet(change)
    smallest = _SMALLEST_FOR_EXPRESS_ROUTE
    if not _is_vpn(change) and change.is_new and subnet_prefixes(subnet)[0].prefixlen > smallest:
        raise Refusal(
            "GatewaySubnetTooSmall",
            f"Gateway {change.id.name}: an ExpressRoute gateway needs a {GATEWAY_SUBNET} of /{smallest} or "
            f"larger, and {subnet.id} has {subnet_prefixes(subnet)[0]}.",
            rule="GW-3",
        )
    if change.is_new and "routeTable" in subnet.properties:
        table = change.target(subnet.properties["routeTable"])
        if any(route["properties"]["addressPrefix"] == "0.0.0.0/0" for route in table.properties["routes"]):
            raise Refusal(
                "GatewaySubnetWithDefaultRoute",
                f"Gateway {change.id.name} cannot be created: route table {table.id} of {subnet.id} has a "
                "route to 0.0.0.0/0.",
                rule="GW-5",
            )
    if change.before is not None:
        before = change.before.properties["ipConfigurations"][0]["properties"]["subnet"]["id"].lower()
        if before != subnet.id.key:
            raise Refusal(
                "PropertyChangeNotAllowed",
                f"Gateway {change.id.name} cannot move to another virtual network.",
            )


def _refuse_second_gateway(change: Change) -> None:
    virtual_network = _gateway_subnet(change).id.parent
    for other in list_gateways(change.state, virtual_network):
        if other.id == change.id:
            continue
        if other.properties["gatewayType"] == change.properties["gatewayType"]:
            raise Refusal(
                "OnlyOneGatewayOfATypePerVirtualNetwork",
                f"Virtual network {virtual_network} already has the {other.properties['gatewayType']} "
                f"gateway {other.id}.",
                rule="GW-1",
            )
        if "Basic" in (other.properties["sku"]["name"], change.properties["sku"]["name"]):
            raise Refusal(
                "BasicGatewayCannotCoexist",
                f"Gateways {change.id.name} and {other.id.name} cannot be in one virtual network: SKU "
                "Basic cannot coexist.",
                rule="GW-4",
            )
    borrowing = find_use_of_remote_gateways(change.state, virtual_network)
    if borrowing is not None:
        raise Refusal(
            "VnetHasGatewayAndUseRemoteGateways",
            f"Gateway {change.id.name} cannot be created: the virtual network uses remote gateways by "
            f"peering {borrowing.id}.",
            rule="PEER-2",
        )


def _refuse_wrong_public_ips(change: Change) -> None:
    used = []
    for part in change.properties["ipConfigurations"]:
        given = part["properties"].get("publicIPAddress")
        if not _is_vpn(change):
            if given is not None:
                raise Refusal(
                    "ExpressRouteGatewayPublicIpNotAllowed",
                    f"Gateway {change.id.name} cannot have a publicIPAddress: Azure gives an ExpressRoute "
                    "gateway its own, hosted on the customer's behalf.",
                    rule="GW-15",
                )
            continue
        if given is None:
            raise Refusal(
                "VirtualNetworkGatewayPublicIpAddressRequired",
                f"Gateway {change.id.name}: ipConfiguration {part['name']} needs a publicIPAddress.",
                rule="GW-12",
            )
        used.append(change.target(given))
    for public_ip in used:
        _refuse_wrong_zones(change, public_ip)
        users = [user for user in change.state.list_referrers(public_ip.id) if user.id != change.id]
        if users or used.count(public_ip) > 1:
            raise Refusal(
                "PublicIPAddressInUse",
                f"Gateway {change.id.name}: public IP address {public_ip.id} is already in use by "
                f"{users[0].id if users else change.id}.",
            )


def _refuse_wrong_zones(change: Change, public_ip: Resource) -> None:
    zonal_sku, zonal_ip = change.properties["sku"]["name"].endswith("AZ"), bool(public_ip.top.get("zones"))
    if zonal_sku and not zonal_ip and has_zones(str(change.location)):
        raise Refusal(
            "VmssVpnGatewayPublicIpsMustHaveZonesConfigured",
            "Standard Public IPs associated with VPN Gateways with AZ VPN skus must have zones configured: "
            f"{public_ip.id} has none.",
            rule="GW-11",
        )
    if zonal_ip and not zonal_sku:
        raise Refusal(
            "RegionalVmssVpnGatewayPublicIpsMustNotHaveZonesConfigured",
            "Standard Public IPs associated with VPN gateways with non-AZ VPN skus cannot have zones "
            f"configured: {public_ip.id} has.",
            rule="GW-11",
        )


def _refuse_wrong_bgp(change: Change) -> None:
    if not _is_vpn(change):
        return
    bgp = change.properties["bgpSettings"]
    asns.refuse_for_gateway(bgp["asn"], f"Gateway {change.id.name}")
    custom = [a for part in bgp.get("bgpPeeringAddresses", ()) for a in part["customBgpIpAddresses"]]
    for text in custom:
        if not _APIPA[0] <= IPv4Address(text) <= _APIPA[1] or custom.count(text) > 1:
            raise Refusal(
                "InvalidCustomBgpIpAddress",
                f"Gateway {change.id.name}: custom BGP address {text} is not in {_APIPA[0]} to "
                f"{_APIPA[1]}, or is there twice.",
                rule="VPN-4",
            )


def refuse_to_leave_borrowers(state: State, gateway: Resource) -> None:
    """Refuse to delete the last gateway that another virtual network uses: assumed from PEER-3."""
    subnet = state.find(gateway.properties["ipConfigurations"][0]["properties"]["subnet"]["id"])
    assert subnet is not None
    borrowers = list_borrowers(state, subnet.id.parent)
    if borrowers and len(list_gateways(state, subnet.id.parent)) == 1:
        raise Refusal(
            "GatewayInUseByRemoteVirtualNetwork",
            f"Gateway {gateway.id} cannot be deleted: peering {borrowers[0].id} has UseRemoteGateways.",
            rule="PEER-3",
        )


CHECKS = (
    _refuse_wrong_sku,
    _refuse_wrong_generation,
    _refuse_basic_features,
    _refuse_wrong_parts,
    _refuse_wrong_subnet,
    _refuse_second_gateway,
    _refuse_wrong_public_ips,
    _refuse_wrong_bgp,
)
