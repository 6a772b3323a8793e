"""Which Azure regions and peering locations are in one geopolitical region (ER-11).

From MicrosoftDocs/azure-docs, articles/expressroute/expressroute-locations, 2019-07-30; newer regions and
locations are not judged.
"""

from __future__ import annotations

_GEOGRAPHIES = {
    "Australia Government": (
        "australiacentral australiacentral2",
        "Canberra, Canberra2",
    ),
    "Europe": (
        "francecentral francesouth northeurope westeurope ukwest uksouth",
        (
            "Amsterdam, Amsterdam2, Copenhagen, Dublin, Frankfurt, London, London2, Marseille, "
            "Newport(Wales), Paris, Zurich"
        ),
    ),
    "North America": (
        (
            "eastus westus eastus2 westus2 centralus southcentralus northcentralus westcentralus "
            "canadacentral canadaeast"
        ),
        (
            "Atlanta, Chicago, Dallas, Denver, Las Vegas, Los Angeles, Miami, New York, San Antonio, "
            "Seattle, Silicon Valley, Silicon Valley2, Washington DC, Washington DC2, Montreal, "
            "Quebec City, Toronto"
        ),
    ),
    "Asia": ("eastasia southeastasia", "Hong Kong SAR, Kuala Lumpur, Singapore, Singapore2, Taipei"),
    "India": ("westindia centralindia southindia", "Chennai, Chennai2, Mumbai, Mumbai2"),
    "Japan": ("japanwest japaneast", "Osaka, Tokyo"),
    "Oceania": ("australiasoutheast australiaeast", "Auckland, Melbourne, Perth, Sydney"),
    "South Korea": ("koreacentral koreasouth", "Busan, Seoul"),
    "UAE": ("uaecentral uaenorth", "Dubai, Dubai2"),
    "South Africa": ("southafricawest southafricanorth", "Cape Town, Johannesburg"),
    "South America": ("brazilsouth", "Sao Paulo"),
}

_OF_REGION = {region: name for name, (regions, _) in _GEOGRAPHIES.items() for region in regions.split()}
_OF_LOCATION = {place: name for name, (_, places) in _GEOGRAPHIES.items() for place in places.split(", ")}


def are_apart(peering_location: str, other: str) -> bool:
    """Whether a peering location is known not to be in the geopolitical region of a region or location.

    >>> are_apart("Washington DC", "westus2"), are_apart("Washington DC", "London")
    (False, True)
    """
    here = _OF_LOCATION.get(peering_location)
    there = _OF_REGION.get(other, _OF_LOCATION.get(other))
    return here is not None and there is not None and here != there
