"""Virtual network gateways, VPN and ExpressRoute: their table and what Azure fills in.

Their rules are in `gateway_rules.py`. Point-to-site VPN, NAT rules and custom routes are not emulated.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from lab.azure.change import Change
from lab.azure.declaration import (
    ResourceType,
    address,
    boolean,
    ignored,
    integer,
    items,
    named,
    one_of,
    reference,
    structure,
    text,
)
from lab.azure.families import asns, gateway_rules
from lab.azure.families.connection_rules import refuse_bad_pairs
from lab.azure.families.public_ip_addresses import PUBLIC_IP_ADDRESSES
from lab.azure.families.virtual_networks import SUBNETS, subnet_prefixes
from lab.azure.resource_id import ResourceId
from lab.azure.state import Properties, Resource, State

GATEWAYS = "virtualNetworkGateways"


def _fill(change: Change) -> None:
    """Set what Azure sets; its default VPN type is not known, and the only one of use here is taken."""
    vpn = change.properties["gatewayType"] == "Vpn"
    change.properties.setdefault("vpnType", "RouteBased")
    generation = gateway_rules.default_generation(change.properties["sku"]["name"]) if vpn else "None"
    change.properties.setdefault("vpnGatewayGeneration", generation)
    change.properties["sku"].setdefault("tier", change.properties["sku"]["name"])
    if vpn:
        bgp = change.properties.setdefault("bgpSettings", {})
        bgp.setdefault("asn", asns.AZURE_DEFAULT)
        bgp.setdefault("peerWeight", 0)
    else:
        change.properties.pop("bgpSettings", None)
        change.properties.setdefault("allowRemoteVnetTraffic", False)  # ER-17: off by default
        change.properties.setdefault("allowVirtualWanTraffic", False)


def _default_bgp_address(state: State, gateway: Resource | Change, index: int) -> str:
    """The BGP address of a VPN gateway's instance.

    Documented examples have the last usable address of GatewaySubnet for an active-standby gateway (VPN-2).
    Which ones an active-active gateway gets is Azure's choice: here the last and the one before, so that
    the first instance keeps its address when a second is added.
    """
    part = gateway.properties["ipConfigurations"][index]
    subnet = state.find(part["properties"]["subnet"]["id"])
    assert subnet is not None
    broadcast = subnet_prefixes(subnet)[0].broadcast_address
    return str(IPv4Address(int(broadcast) - 1 - index))


def _describe(state: State, gateway: Resource) -> Properties:
    described: Properties = {"resourceGuid": gateway.guid, "sku": _describe_sku(gateway)}
    if gateway.properties["gatewayType"] == "Vpn":
        described["bgpSettings"] = describe_bgp(state, gateway)
    return described


def _describe_sku(gateway: Resource) -> Properties:
    return {**gateway.properties["sku"], "capacity": 2}


def describe_bgp(state: State, gateway: Resource) -> Properties:
    """What Azure shows of a VPN gateway's BGP: a peering address and a public one for each instance."""
    given = gateway.properties["bgpSettings"]
    custom = {
        part["ipconfigurationId"].rpartition("/")[2]: part.get("customBgpIpAddresses", [])
        for part in given.get("bgpPeeringAddresses", ())
    }
    peerings, addresses = [], []
    for index, part in enumerate(gateway.properties["ipConfigurations"]):
        addresses.append(_default_bgp_address(state, gateway, index))
        public_ip = state.find(part["properties"]["publicIPAddress"]["id"])
        peerings.append(
            {
                "ipconfigurationId": f"{gateway.id}/ipConfigurations/{part['name']}",
                "defaultBgpIpAddresses": [addresses[-1]],
                "customBgpIpAddresses": custom.get(part["name"], []),
                "tunnelIpAddresses": [public_ip.hidden["address"]] if public_ip else [],
            }
        )
    return {
        "asn": given["asn"],
        "bgpPeeringAddress": ",".join(addresses),
        "peerWeight": given["peerWeight"],
        "bgpPeeringAddresses": peerings,
    }


def _keep_lenders(state: State, gateway: Resource, root: ResourceId) -> None:
    if root == gateway.id:
        gateway_rules.refuse_to_leave_borrowers(state, gateway)


TYPES = (
    ResourceType(
        path=GATEWAYS,
        properties={
            "gatewayType": one_of("Vpn", "ExpressRoute", required=True, fixed=True),
            "vpnType": one_of("RouteBased", "PolicyBased", fixed=True),
            "vpnGatewayGeneration": one_of("None", "Generation1", "Generation2", fixed=True),
            "sku": structure(
                {
                    "name": one_of(*gateway_rules.SKUS, required=True),
                    "tier": one_of(*gateway_rules.SKUS),
                    "capacity": ignored(),
                },
                required=True,
            ),
            "ipConfigurations": named(
                {
                    "privateIPAllocationMethod": one_of("Dynamic", "Static", default="Dynamic"),
                    "subnet": reference(SUBNETS, required=True, near=True, rule="GW-2"),
                    "publicIPAddress": reference(PUBLIC_IP_ADDRESSES, near=True),
                    "privateIPAddress": ignored(),
                    "provisioningState": ignored(),
                }
            ),
            "activeActive": boolean(default=False),
            "enableBgp": boolean(default=False),
            "bgpSettings": structure(
                {
                    "asn": integer(1, asns.HIGHEST),
                    "peerWeight": integer(0, 100),
                    "bgpPeeringAddress": ignored(),
                    "bgpPeeringAddresses": items(
                        structure(
                            {
                                "ipconfigurationId": text(required=True),
                                "customBgpIpAddresses": items(address(), default=()),
                                "defaultBgpIpAddresses": ignored(),
                                "tunnelIpAddresses": ignored(),
                            }
                        )
                    ),
                }
            ),
            "natRules": items(structure({}), default=()),
            "enablePrivateIpAddress": boolean(default=False),
            "disableIPSecReplayProtection": boolean(),
            "allowRemoteVnetTraffic": boolean(),
            "allowVirtualWanTraffic": boolean(),
            "adminState": one_of("Enabled", "Disabled"),
            "enableBgpRouteTranslationForNat": boolean(default=False),
            "inboundDnsForwardingEndpoint": ignored(),
            "resourceGuid": ignored(),
            "provisioningState": ignored(),
        },
        fill=_fill,
        checks=(*gateway_rules.CHECKS, refuse_bad_pairs),
        removal=(_keep_lenders,),
        describe=_describe,
        in_use="InUseVirtualNetworkGatewayCannotBeDeleted",
    ),
)
