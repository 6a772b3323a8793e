"""What one component needs to know of another, be the resource created here or referred to by its id.

- `ResourceId`: the parts of an Azure resource id.
- `...Reference`: what peerings, connections and routers attach to.
- `Subscriptions`: the provider for what lives in another subscription than the stack's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from typing import Self

import pulumi
import pulumi_azure_native as azure_native

from components.lookup import saying
from components.naming import Placement

_RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.Network/(?P<type>[^/]+)/(?P<name>[^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class ResourceId:
    """The parts of a top-level network resource's id."""

    text: str
    subscription: str
    resource_group: str
    name: str

    @classmethod
    def parse(cls, text: str, resource_type: str) -> Self:
        """Take an id apart. Raises ValueError unless it is one of `Microsoft.Network/<resource_type>`."""
        match = _RESOURCE_ID.fullmatch(text)
        if match is None or match["type"].lower() != resource_type.lower():
            raise ValueError(f"{text} is not the id of one of Microsoft.Network/{resource_type}")
        return cls(
            text=text,
            subscription=match["subscription"],
            resource_group=match["resource_group"],
            name=match["name"],
        )


@dataclass(frozen=True, kw_only=True)
class VirtualNetworkReference:
    """A virtual network to attach peerings and gateways to."""

    id: pulumi.Output[str]
    name: pulumi.Input[str]
    subnet_ids: Mapping[str, pulumi.Output[str]]
    """By name; of a virtual network that exists already, the gateways' only."""
    address_space: Sequence[IPv4Network]
    """As described: what the halves of its peerings in other virtual networks have to have noted (PEER-7)."""
    placement: Placement
    """Where it is, and where its gateways and their connections go."""


@dataclass(frozen=True, kw_only=True)
class VpnGatewayReference:
    """A VPN gateway to connect to; one public IP and one BGP address for each instance, in one order."""

    id: pulumi.Output[str]
    public_ips: Sequence[pulumi.Output[str]]
    bgp_addresses: Sequence[pulumi.Output[str]]
    resource_group_name: pulumi.Input[str]
    provider: pulumi.ProviderResource | None
    """Set where it is in another subscription."""


@dataclass(frozen=True, kw_only=True)
class ExpressRouteGatewayReference:
    """An ExpressRoute gateway to connect to circuits; without a subscription, it is in the stack's own."""

    id: pulumi.Output[str]
    resource_group_name: pulumi.Input[str]
    subscription: str | None
    provider: pulumi.ProviderResource | None


@dataclass(frozen=True, kw_only=True)
class CircuitReference:
    """A circuit to connect gateways to; without a subscription, it is in the stack's own."""

    id: pulumi.Output[str]
    name: pulumi.Input[str]
    resource_group_name: pulumi.Input[str]
    subscription: str | None = None
    provider: pulumi.ProviderResource | None = None
    depends_on: Sequence[pulumi.Resource] = ()


class Subscriptions:
    """Which subscription is the stack's own, and one provider for each other."""

    def __init__(self, configured: str | None) -> None:
        self._configured = configured
        self._providers: dict[str, azure_native.Provider] = {}

    def other(self, subscription: str) -> str | None:
        """Return the subscription in lower case, or None for the stack's own."""
        return None if subscription.lower() == self._own else subscription.lower()

    @cached_property
    def _own(self) -> str:
        """The subscription in lower case: as configured, else the one that azure-native is logged in to."""
        if self._configured:
            return self._configured.lower()
        with saying("which subscription is the stack's own could not be found out"):
            return azure_native.authorization.get_client_config().subscription_id.lower()

    def provider(self, subscription: str | None) -> azure_native.Provider | None:
        """Return the provider of another subscription, None for the stack's own."""
        if subscription is None:
            return None
        if subscription not in self._providers:
            self._providers[subscription] = azure_native.Provider(
                f"subscription-{subscription}", subscription_id=subscription
            )
        return self._providers[subscription]
