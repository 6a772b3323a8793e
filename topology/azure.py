"""What the stack says once for all of Azure: regions, names of SKUs, and what exists already."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from topology.model import Described


class ExpressRouteGatewaySku(StrEnum):
    """ExpressRoute gateway SKUs; the AZ ones are zone-redundant (GW-7, GW-11)."""

    STANDARD = "Standard"
    HIGH_PERFORMANCE = "HighPerformance"
    ULTRA_PERFORMANCE = "UltraPerformance"
    ER_GW_1_AZ = "ErGw1AZ"
    ER_GW_2_AZ = "ErGw2AZ"
    ER_GW_3_AZ = "ErGw3AZ"


class VpnGatewaySku(StrEnum):
    """VPN gateway SKUs that can be ordered and speak BGP (VPN-1, GW-13)."""

    VPN_GW_1 = "VpnGw1"
    VPN_GW_2 = "VpnGw2"
    VPN_GW_3 = "VpnGw3"
    VPN_GW_4 = "VpnGw4"
    VPN_GW_5 = "VpnGw5"
    VPN_GW_1_AZ = "VpnGw1AZ"
    VPN_GW_2_AZ = "VpnGw2AZ"
    VPN_GW_3_AZ = "VpnGw3AZ"
    VPN_GW_4_AZ = "VpnGw4AZ"
    VPN_GW_5_AZ = "VpnGw5AZ"

    @property
    def is_zonal(self) -> bool:
        """Whether it takes public addresses in availability zones (GW-11)."""
        return self.value.endswith("AZ")


class Zone(StrEnum):
    """An availability zone of a region that has them."""

    ONE = "1"
    TWO = "2"
    THREE = "3"


class CircuitTier(StrEnum):
    """How far a circuit reaches: its metro, its geopolitical region, the world (ER-11)."""

    LOCAL = "Local"
    STANDARD = "Standard"
    PREMIUM = "Premium"


class CircuitFamily(StrEnum):
    """How a circuit's outbound data is billed."""

    METERED = "MeteredData"
    UNLIMITED = "UnlimitedData"


class Existing(Described):
    """A resource that exists already: it is read, never created, changed or deleted."""

    id: str = Field(pattern=r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/.+$")
    """Its Azure resource id."""
