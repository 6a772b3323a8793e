"""A route table with its routes, which are part of it: nothing else adds routes to it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.naming import Placement


@dataclass(frozen=True, kw_only=True)
class RouteTableArgs:
    """What a route table is made of."""

    described: topology.RouteTable
    placement: Placement


class RouteTable(pulumi.ComponentResource):
    """A route table that subnets attach to by its id."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: RouteTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hybrid:network:RouteTable", name, None, opts)
        self._args = args
        self.id = self._create_route_table(name).id
        self.register_outputs({"id": self.id})

    def _create_route_table(self, name: str) -> network.RouteTable:
        placement, described = self._args.placement, self._args.described
        return network.RouteTable(
            name,
            route_table_name=placement.name("rt", described.name),
            resource_group_name=placement.resource_group_name,
            location=placement.region,
            disable_bgp_route_propagation=not described.propagate_gateway_routes,
            routes=[
                network.RouteArgs(
                    name=route_name,
                    address_prefix=str(route.prefix),
                    next_hop_type=str(route.next_hop),
                    next_hop_ip_address=str(route.appliance) if route.appliance else None,
                )
                for route_name, route in described.routes.items()
            ],
            tags=placement.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
