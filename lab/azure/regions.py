"""Azure's regions: which there are, and which have availability zones.

A list of the public cloud's larger regions as of 2025 (learn.microsoft.com, "Azure regions list"); a region
that is missing here is refused, as a misspelt one would be.
"""

from __future__ import annotations

from lab.azure.refusal import Refusal

_WITH_ZONES = (
    *("australiaeast", "austriaeast", "belgiumcentral", "brazilsouth", "canadacentral", "centralindia"),
    "centralus",
    *("chilecentral", "eastasia", "eastus", "eastus2", "francecentral", "germanywestcentral"),
    "indonesiacentral",
    *("israelcentral", "italynorth", "japaneast", "japanwest", "koreacentral", "malaysiawest"),
    "mexicocentral",
    *("newzealandnorth", "northeurope", "norwayeast", "polandcentral", "qatarcentral", "southafricanorth"),
    *("southcentralus", "southeastasia", "spaincentral", "swedencentral", "switzerlandnorth", "uaenorth"),
    "uksouth",
    *("westeurope", "westus2", "westus3"),
)

_WITHOUT_ZONES = (
    *("australiacentral", "australiacentral2", "australiasoutheast", "brazilsoutheast", "canadaeast"),
    "francesouth",
    *("germanynorth", "koreasouth", "northcentralus", "norwaywest", "southafricawest", "southindia"),
    "switzerlandwest",
    *("uaecentral", "ukwest", "westcentralus", "westindia", "westus"),
)


def canonical_region(given: object, type_name: str) -> str:
    """A region's name as Azure writes it: without capitals and spaces.

    >>> canonical_region("East US", "virtualNetworks")
    'eastus'
    """
    if not isinstance(given, str) or not given:
        raise Refusal("LocationRequired", "The location property is required for this definition.")
    region = given.lower().replace(" ", "")
    if region not in _WITH_ZONES and region not in _WITHOUT_ZONES:
        raise Refusal(
            "LocationNotAvailableForResourceType",
            f"The provided location '{given}' is not available for resource type '{type_name}'.",
        )
    return region


def has_zones(region: str) -> bool:
    """Whether a region has availability zones."""
    return region in _WITH_ZONES
