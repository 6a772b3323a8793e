"""Local network gateways: an on-premises VPN device as Azure knows it."""

from __future__ import annotations

from lab.azure.change import Change
from lab.azure.declaration import ADDRESS_SPACE, ResourceType, address, ignored, integer, structure, text
from lab.azure.families import asns
from lab.azure.families.connection_rules import refuse_bad_pairs
from lab.azure.refusal import Refusal
from lab.azure.state import Properties, Resource, State

LOCAL_NETWORK_GATEWAYS = "localNetworkGateways"


def _describe(_state: State, gateway: Resource) -> Properties:
    return {"resourceGuid": gateway.guid}


def _refuse_bad_endpoint(change: Change) -> None:
    given = {name for name in ("gatewayIpAddress", "fqdn") if change.properties.get(name)}
    if len(given) != 1:
        raise Refusal(
            "LocalNetworkGatewayEndpointRequired",
            f"Local network gateway {change.id.name} needs either gatewayIpAddress or fqdn.",
        )
    if change.before is not None and not given & change.before.properties.keys():
        raise Refusal(
            "PropertyChangeNotAllowed",
            f"Local network gateway {change.id.name} cannot change between an FQDN and an IP address. "
            "Delete its connections and it, and create it anew.",
        )


def _refuse_bad_bgp(change: Change) -> None:
    bgp = change.properties.get("bgpSettings")
    if bgp is None:
        if not change.properties.get("localNetworkAddressSpace", {}).get("addressPrefixes"):
            raise Refusal(
                "LocalNetworkGatewayWithoutAddressSpace",
                f"Local network gateway {change.id.name} has neither bgpSettings nor address prefixes: "
                "nothing would be routed to it.",
                rule="VPN-6",
            )
        return
    asns.refuse_reserved(bgp["asn"], f"Local network gateway {change.id.name}", rule="ASN-4")
    if bgp["bgpPeeringAddress"] == change.properties.get("gatewayIpAddress"):
        raise Refusal(
            "InvalidBgpPeeringAddress",
            f"Local network gateway {change.id.name} cannot have its public address "
            f"{bgp['bgpPeeringAddress']} as its BGP peering address.",
            rule="VPN-3",
        )


TYPES = (
    ResourceType(
        path=LOCAL_NETWORK_GATEWAYS,
        properties={
            "gatewayIpAddress": address(),
            "fqdn": text(),
            "localNetworkAddressSpace": ADDRESS_SPACE,
            "bgpSettings": structure(
                {
                    "asn": integer(1, asns.HIGHEST, required=True),
                    "bgpPeeringAddress": address(required=True),
                    "peerWeight": integer(0, 100, default=0),
                    "bgpPeeringAddresses": ignored(),
                }
            ),
            "resourceGuid": ignored(),
            "provisioningState": ignored(),
        },
        checks=(_refuse_bad_endpoint, _refuse_bad_bgp, refuse_bad_pairs),
        describe=_describe,
        in_use="InUseLocalNetworkGatewayCannotBeDeleted",
    ),
)
