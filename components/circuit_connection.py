"""Joins a circuit to an ExpressRoute gateway, with an authorization only where their subscriptions differ."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.authorization import authorization_key
from components.naming import Placement
from components.references import CircuitReference, ExpressRouteGatewayReference
from components.replacement import CONNECTION, replaced_for


@dataclass(frozen=True, kw_only=True)
class CircuitConnectionArgs:
    """What a connection joins."""

    described: topology.CircuitConnection
    circuit: CircuitReference
    gateway: ExpressRouteGatewayReference
    authorization_key: pulumi.Output[str] | None
    """The user's own, issued by the owner of a circuit in another subscription (ER-12)."""
    placement: Placement


class CircuitConnection(pulumi.ComponentResource):
    """A connection between a circuit and a gateway.

    It carries no shared key: ExpressRoute has none, and Azure refuses one on every later update.
    """

    id: pulumi.Output[str]

    def __init__(
        self, name: str, args: CircuitConnectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hybrid:network:CircuitConnection", name, None, opts)
        self._args = args
        key = authorization_key(
            args.described.name,
            args.circuit,
            user=args.gateway.subscription,
            own=args.authorization_key,
            parent=self,
        )
        connection = self._create_connection(name, key)
        self.id = connection.id
        self.register_outputs({"id": self.id})

    def _create_connection(
        self, name: str, key: pulumi.Output[str] | None
    ) -> network.VirtualNetworkGatewayConnection:
        placement, gateway = self._args.placement, self._args.gateway
        return network.VirtualNetworkGatewayConnection(
            name,
            virtual_network_gateway_connection_name=placement.name("con", self._args.described.name),
            resource_group_name=gateway.resource_group_name,
            location=placement.region,
            connection_type=network.VirtualNetworkGatewayConnectionType.EXPRESS_ROUTE,
            virtual_network_gateway1=network.VirtualNetworkGatewayArgs(id=gateway.id),
            peer=network.SubResourceArgs(id=self._args.circuit.id),
            routing_weight=self._args.described.weight,
            authorization_key=key,
            tags=placement.tags,
            opts=replaced_for(
                CONNECTION,
                pulumi.ResourceOptions(
                    parent=self, provider=gateway.provider, depends_on=list(self._args.circuit.depends_on)
                ),
            ),
        )
