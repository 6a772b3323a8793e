"""Joins a circuit to an ExpressRoute gateway, with an authorization only where their subscriptions differ."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
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
    """Issued by the owner of a circuit in another subscription (ER-12)."""
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
        authorization_key = args.authorization_key
        if authorization_key is None and args.circuit.subscription != args.gateway.subscription:
            authorization_key = self._create_authorization(name)
        connection = self._create_connection(name, authorization_key)
        self.id = connection.id
        self.register_outputs({"id": self.id})

    def _create_authorization(self, name: str) -> pulumi.Output[str]:
        circuit = self._args.circuit
        authorization = network.ExpressRouteCircuitAuthorization(
            f"{name}-authorization",
            authorization_name=self._args.described.name,
            circuit_name=circuit.name,
            resource_group_name=circuit.resource_group_name,
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=circuit.provider,
                depends_on=list(circuit.depends_on),
                additional_secret_outputs=["authorizationKey"],
            ),
        )
        return pulumi.Output.secret(authorization.authorization_key.apply(lambda key: key or ""))

    def _create_connection(
        self, name: str, authorization_key: pulumi.Output[str] | None
    ) -> network.VirtualNetworkGatewayConnection:
        placement, gateway = self._args.placement, self._args.gateway
        return network.VirtualNetworkGatewayConnection(
            name,
            virtual_network_gateway_connection_name=placement.name("con", self._args.described.name),
            resource_group_name=gateway.resource_group_name or placement.resource_group_name,
            location=placement.region,
            connection_type=network.VirtualNetworkGatewayConnectionType.EXPRESS_ROUTE,
            virtual_network_gateway1=network.VirtualNetworkGatewayArgs(id=gateway.id),
            peer=network.SubResourceArgs(id=self._args.circuit.id),
            routing_weight=self._args.described.weight,
            authorization_key=authorization_key,
            tags=placement.tags,
            opts=replaced_for(
                CONNECTION,
                pulumi.ResourceOptions(
                    parent=self, provider=gateway.provider, depends_on=list(self._args.circuit.depends_on)
                ),
            ),
        )
