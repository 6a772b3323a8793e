"""A virtual network and its subnets.

The subnets are resources of their own, never part of the virtual network's: mixed, an update of the one would
delete the others. Azure changes one subnet of a virtual network at a time, hence their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.naming import Placement
from components.references import VirtualNetworkReference


@dataclass(frozen=True, kw_only=True)
class VirtualNetworkArgs:
    """What a virtual network is made of."""

    described: topology.VirtualNetwork
    placement: Placement
    route_table_ids: Mapping[str, pulumi.Output[str]]
    """Of every route table that there is, by name."""


class VirtualNetwork(pulumi.ComponentResource):
    """A virtual network with its subnets."""

    id: pulumi.Output[str]
    subnet_ids: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: VirtualNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hybrid:network:VirtualNetwork", name, None, opts)
        self._args = args
        self._virtual_network = self._create_virtual_network(name)
        self._subnets = self._create_subnets(name)
        self.id = self._virtual_network.id
        self.subnet_ids = {subnet: resource.id for subnet, resource in self._subnets.items()}
        self.register_outputs({"id": self.id, "subnetIds": self.subnet_ids})

    @property
    def reference(self) -> VirtualNetworkReference:
        """What peerings and gateways attach to."""
        return VirtualNetworkReference(
            id=self.id,
            name=self._virtual_network.name,
            subnet_ids=self.subnet_ids,
            address_space=self._args.described.address_space,
            placement=self._args.placement,
        )

    def _create_virtual_network(self, name: str) -> network.VirtualNetwork:
        placement, described = self._args.placement, self._args.described
        return network.VirtualNetwork(
            name,
            virtual_network_name=placement.name("vnet", described.name),
            resource_group_name=placement.resource_group_name,
            location=placement.region,
            address_space=network.AddressSpaceArgs(
                address_prefixes=[str(p) for p in described.address_space]
            ),
            tags=placement.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=placement.protect),
        )

    def _create_subnets(self, name: str) -> dict[str, network.Subnet]:
        subnets: dict[str, network.Subnet] = {}
        for subnet_name, subnet in self._args.described.subnets.items():
            subnets[subnet_name] = network.Subnet(
                f"{name}-{subnet_name}",
                subnet_name=subnet_name,
                resource_group_name=self._args.placement.resource_group_name,
                virtual_network_name=self._virtual_network.name,
                address_prefix=str(subnet.prefix),
                route_table=self._route_table(subnet),
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(subnets.values())[-1:]),
            )
        return subnets

    def _route_table(self, subnet: topology.Subnet) -> network.RouteTableArgs | None:
        if subnet.route_table is None:
            return None
        return network.RouteTableArgs(id=self._args.route_table_ids[subnet.route_table])
