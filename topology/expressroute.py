"""ExpressRoute: circuits, their two links, and what they are connected to."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Interface
from typing import Annotated

from pydantic import Field

from topology.addressing import Asn, Prefix, host_address
from topology.azure import CircuitFamily, CircuitTier, Existing
from topology.model import Described, Named
from topology.ports import Port

VlanId = Annotated[int, Field(ge=1, le=4094)]
"""An 802.1Q tag (ER-4)."""


class LinkName(StrEnum):
    """The two links of every circuit, each to its own Microsoft edge router (ER-7)."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Link(Described):
    """One of a circuit's two links, from a customer edge router to a Microsoft edge router."""

    prefix: Prefix
    """The link's /30: the customer takes the first usable address, Microsoft the second (ER-3)."""
    router: str | None = None
    """The customer edge router; left out if somebody else's router ends the link."""
    interface: Port | None = None
    """That router's physical interface, by the name that it prints, such as TenGigabitEthernet0/0/0."""
    outer_vlan: VlanId | None = None
    """The outer tag that selects the circuit, where the provider uses Q-in-Q (ER-5)."""
    enabled: bool = True
    """Whether the customer's sub-interface is up."""
    bfd: bool = True
    """Detect a silent loss within a second instead of minutes (ER-18)."""
    advertised_prefixes: tuple[Prefix, ...] | None = None
    """What the router advertises here; the location's prefixes if left out."""
    as_path_prepend: int = Field(0, ge=0, le=10)
    """How often the router prepends its own ASN to what it advertises here."""

    @property
    def customer_address(self) -> IPv4Interface:
        """The customer edge router's address, first usable of the link's prefix."""
        return IPv4Interface((host_address(self.prefix, 1), self.prefix.prefixlen))

    @property
    def microsoft_address(self) -> IPv4Interface:
        """The Microsoft edge router's address, second usable of the link's prefix."""
        return IPv4Interface((host_address(self.prefix, 2), self.prefix.prefixlen))


class PrivatePeering(Described):
    """A circuit's Azure private peering."""

    peer_asn: Asn
    """The on-premises ASN (ASN-6)."""
    vlan_id: VlanId
    """The tag that selects the private peering, the same on both links (ER-4, ER-5)."""
    primary: Link
    secondary: Link

    @property
    def links(self) -> Iterator[tuple[LinkName, Link]]:
        """Both links with their names, primary first."""
        yield LinkName.PRIMARY, self.primary
        yield LinkName.SECONDARY, self.secondary


class Circuit(Named):
    """An ExpressRoute circuit of a connectivity provider."""

    location: str | None = None
    """Azure region of the circuit resource; the network's own `location` if left out."""
    provider: str | None = None
    """The connectivity provider, as Azure spells it."""
    peering_location: str | None = None
    """Where the provider meets Microsoft."""
    bandwidth: int | None = None
    """In Mbps, one of the sizes on offer (ER-15)."""
    tier: CircuitTier = CircuitTier.STANDARD
    family: CircuitFamily = CircuitFamily.METERED
    private_peering: PrivatePeering
    existing: Existing | None = None


class CircuitConnection(Named):
    """Joins a circuit to a virtual network's ExpressRoute gateway."""

    circuit: str
    """The circuit's name."""
    virtual_network: str
    """Whose ExpressRoute gateway it joins."""
    weight: int = Field(0, ge=0, le=32000)
    """Routing weight: the heavier circuit is preferred, before the AS path is looked at (ER-13)."""


class GlobalReach(Named):
    """Joins two circuits, so that their on-premises locations reach each other (ER-16)."""

    circuits: tuple[str, str]
    """The names of both."""
    prefix: Prefix
    """A /29 of its own for the two Microsoft edges."""
