"""Both halves of a VNet peering: the hub lends its gateways, the spoke uses them (PEER-1).

Azure notes the other side's address space in each half, and notes it anew only when a write of that half asks
to (`syncRemoteAddressSpace`); until then nothing reaches a prefix that the other side has got since
(https://learn.microsoft.com/azure/virtual-network/update-virtual-network-peering-address-space). So each half
says which address space it has to have noted, and is written again as that changes, after the network itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.references import VirtualNetworkReference
from components.replacement import PEERING, replaced_for

_SET_BY_AZURE = ["peeringState", "peeringSyncLevel"]
"""Inputs by the SDK's account, but Azure moves them as the other half comes; a refresh would take them up."""


@dataclass(frozen=True, kw_only=True)
class VnetPeeringArgs:
    """What a peering joins; the hub's gateways must be there before the spoke can use them (PEER-3)."""

    described: topology.Peering
    hub: VirtualNetworkReference
    spoke: VirtualNetworkReference
    hub_gateways: Sequence[pulumi.Resource]


class VnetPeering(pulumi.ComponentResource):
    """A peering between a hub and a spoke."""

    def __init__(self, name: str, args: VnetPeeringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hybrid:network:VnetPeering", name, None, opts)
        self._args = args
        hub_half = self._create_half(f"{name}-hub-half", args.hub, args.spoke, transit=True, depends_on=())
        # PEER-4: the spoke may use gateways only once the hub's half allows it
        spoke_half = self._create_half(
            f"{name}-spoke-half",
            args.spoke,
            args.hub,
            transit=False,
            depends_on=(hub_half, *args.hub_gateways),
        )
        self.register_outputs({"hubHalfId": hub_half.id, "spokeHalfId": spoke_half.id})

    def _create_half(
        self,
        name: str,
        local: VirtualNetworkReference,
        remote: VirtualNetworkReference,
        *,
        transit: bool,
        depends_on: Sequence[pulumi.Resource],
    ) -> network.VirtualNetworkPeering:
        described = self._args.described
        far_end = described.spoke if transit else described.hub
        return network.VirtualNetworkPeering(
            name,
            virtual_network_peering_name=f"peer-to-{far_end}",
            resource_group_name=local.placement.resource_group_name,
            virtual_network_name=local.name,
            remote_virtual_network=network.SubResourceArgs(id=remote.id),
            remote_address_space=network.AddressSpaceArgs(
                address_prefixes=[str(prefix) for prefix in remote.address_space]
            ),
            sync_remote_address_space="true",  # in the query of each write, as azurerm has it, the first too
            allow_virtual_network_access=True,
            allow_forwarded_traffic=described.allow_forwarded_traffic,
            allow_gateway_transit=described.gateway_transit and transit,
            use_remote_gateways=described.gateway_transit and not transit,
            opts=replaced_for(
                PEERING,
                pulumi.ResourceOptions(
                    parent=self,
                    depends_on=list(depends_on),
                    provider=local.placement.provider,
                    ignore_changes=_SET_BY_AZURE,
                ),
            ),
        )
