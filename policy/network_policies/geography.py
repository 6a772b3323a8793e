"""Which Azure regions and peering locations lie in one geopolitical region, and which regions have zones.

Source of the first: learn.microsoft.com, "ExpressRoute connectivity locations" (2019-07-30, with the regions
and locations that were there then). What is missing here is not known, and said so.
Source of the second: learn.microsoft.com, "Azure regions list" (2025).
"""

from __future__ import annotations

_GEOPOLITICAL_REGIONS = {
    "Australia Government": ("australiacentral australiacentral2", "Canberra, Canberra2"),
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
            "Seattle, Silicon Valley, Silicon Valley2, Washington DC, Washington DC2, Montreal, Quebec "
            "City, Toronto"
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


def _folded(place: str) -> str:
    return place.casefold().replace(" ", "")


_BY_PLACE = {
    _folded(place): name
    for name, (regions, locations) in _GEOPOLITICAL_REGIONS.items()
    for place in (*regions.split(), *locations.split(", "))
}

_REGIONS_WITHOUT_ZONES = frozenset(
    {
        *("australiacentral", "australiacentral2", "australiasoutheast", "brazilsoutheast", "canadaeast"),
        *("francesouth", "germanynorth", "koreasouth", "northcentralus", "norwaywest", "southafricawest"),
        *("southindia", "switzerlandwest", "uaecentral", "ukwest", "westcentralus", "westindia", "westus"),
    }
)


def geopolitical_region(place: str) -> str | None:
    """Return the geopolitical region of an Azure region or a peering location; None if it is not listed.

    >>> geopolitical_region("East US"), geopolitical_region("London"), geopolitical_region("Atlantis")
    ('North America', 'Europe', None)
    """
    return _BY_PLACE.get(_folded(place))


def may_have_zones(region: str) -> bool:
    """Whether a region has availability zones, or is too new to say."""
    return _folded(region) not in _REGIONS_WITHOUT_ZONES
