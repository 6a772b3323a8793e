"""Public IP addresses.

Azure creates none of SKU Basic any more (2025-03-31); its addresses of IP version 6 and of a prefix are not
emulated.
"""

from __future__ import annotations

from lab.azure.change import Change
from lab.azure.declaration import ResourceType, ignored, integer, items, one_of, structure, text
from lab.azure.refusal import Refusal
from lab.azure.regions import has_zones
from lab.azure.state import Properties, Resource, State

PUBLIC_IP_ADDRESSES = "publicIPAddresses"

ZONES = ("1", "2", "3")


def _fill(change: Change) -> None:
    if change.is_new:
        change.hidden["address"] = change.state.allocate_public_address(change.id)


def _describe(state: State, public_ip: Resource) -> Properties:
    described: Properties = {"resourceGuid": public_ip.guid, "ipAddress": public_ip.hidden["address"]}
    for gateway in state.list_referrers(public_ip.id):
        for part in gateway.properties["ipConfigurations"]:
            if part["properties"].get("publicIPAddress", {}).get("id", "").lower() == public_ip.id.key:
                described["ipConfiguration"] = {"id": f"{gateway.id}/ipConfigurations/{part['name']}"}
    return described


def _refuse_basic(change: Change) -> None:
    if change.top["sku"]["name"] == "Basic":
        raise Refusal(
            "IPv4BasicSkuPublicIpCountLimitReached",
            "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this "
            f"region. Give {change.id.name} sku.name Standard.",
            rule="GW-12",
        )


def _refuse_dynamic(change: Change) -> None:
    method = change.properties["publicIPAllocationMethod"]
    if method != "Static":
        raise Refusal(
            "StandardSkuPublicIPAddressesMustBeStatic",
            f"Standard sku publicIp {change.id} must have AllocationMethod set to Static: it has {method}.",
            rule="GW-12",
        )


def _refuse_zones(change: Change) -> None:
    zones = change.top.get("zones", ())
    resource = f"'{change.id.full_type}/{change.id.name}'"
    if zones and not has_zones(str(change.location)):
        raise Refusal(
            "LocationNotSupportAvailabilityZones",
            f"The resource {resource} does not support availability zones at location '{change.location}'.",
        )
    unknown = [zone for zone in zones if zone not in ZONES]
    if unknown:
        raise Refusal(
            "InvalidAvailabilityZone",
            f"The zone(s) '{','.join(unknown)}' for resource {resource} is not supported. The supported "
            f"zones for location '{change.location}' are '{','.join(ZONES)}'.",
        )


TYPES = (
    ResourceType(
        path=PUBLIC_IP_ADDRESSES,
        properties={
            "publicIPAllocationMethod": one_of("Static", "Dynamic", default="Dynamic"),
            "publicIPAddressVersion": one_of("IPv4", default="IPv4", fixed=True),
            "idleTimeoutInMinutes": integer(4, 30, default=4),
            "dnsSettings": structure({"domainNameLabel": text(), "fqdn": ignored(), "reverseFqdn": text()}),
            "ddosSettings": structure(
                {"protectionMode": one_of("VirtualNetworkInherited", "Enabled", "Disabled")}
            ),
            "deleteOption": one_of("Delete", "Detach"),
            "ipTags": items(structure({"ipTagType": text(), "tag": text()}), default=()),
            "migrationPhase": ignored(),
            "ipAddress": ignored(),
            "ipConfiguration": ignored(),
            "resourceGuid": ignored(),
            "provisioningState": ignored(),
        },
        top={
            "sku": structure(
                {
                    "name": one_of("Basic", "Standard", default="Basic", fixed=True),
                    "tier": one_of("Regional", "Global", default="Regional", fixed=True),
                }
            ),
            "zones": items(text(), fixed=True, fixed_code="ResourceAvailabilityZonesCannotBeModified"),
        },
        fill=_fill,
        checks=(_refuse_basic, _refuse_dynamic, _refuse_zones),
        describe=_describe,
        in_use="PublicIPAddressCannotBeDeleted",
    ),
)
