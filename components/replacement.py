"""What Azure refuses to change in place, although the provider tries: such a change replaces the resource.

Names are fixed, so the old one is deleted first. Names, groups and a public IP's properties need no mention:
there the provider knows by itself.
"""

from __future__ import annotations

import pulumi

PEERING = ("remoteVirtualNetwork",)
CONNECTION = (
    "connectionType",
    "connectionProtocol",
    "virtualNetworkGateway1",
    "virtualNetworkGateway2",
    "localNetworkGateway2",
    "peer",
    "sharedKey",  # taken without a word, and not applied: hashicorp/terraform-provider-azurerm#11742
)
GATEWAY = ("gatewayType", "vpnType", "ipConfigurations[*].subnet")
CIRCUIT = ("serviceProviderProperties.serviceProviderName", "serviceProviderProperties.peeringLocation")
GLOBAL_REACH = ("expressRouteCircuitPeering", "peerExpressRouteCircuitPeering", "addressPrefix")


def replaced_for(properties: tuple[str, ...], opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Add to a resource's options that a change of any of these properties replaces it."""
    return pulumi.ResourceOptions.merge(
        opts, pulumi.ResourceOptions(replace_on_changes=list(properties), delete_before_replace=True)
    )
