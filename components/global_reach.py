"""Joins two circuits by Global Reach, so that their on-premises locations reach each other (ER-16)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.authorization import authorization_key
from components.circuit import PRIVATE_PEERING
from components.references import CircuitReference
from components.replacement import GLOBAL_REACH, replaced_for


@dataclass(frozen=True, kw_only=True)
class GlobalReachArgs:
    """Which circuits are joined; both must have their private peering."""

    described: topology.GlobalReach
    circuit: CircuitReference
    """The one that the connection is a part of."""
    peer: CircuitReference
    authorization_key: pulumi.Output[str] | None
    """The user's own, issued by the owner of `peer` where that is in another subscription (ER-12)."""


class GlobalReach(pulumi.ComponentResource):
    """A connection between the private peerings of two circuits."""

    def __init__(self, name: str, args: GlobalReachArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hybrid:network:GlobalReach", name, None, opts)
        connection = self._create_connection(name, args)
        self.register_outputs({"id": connection.id})

    def _create_connection(self, name: str, args: GlobalReachArgs) -> network.ExpressRouteCircuitConnection:
        options = pulumi.ResourceOptions(
            parent=self,
            provider=args.circuit.provider,
            depends_on=[*args.circuit.depends_on, *args.peer.depends_on],
        )
        return network.ExpressRouteCircuitConnection(
            name,
            connection_name=args.described.name,
            circuit_name=args.circuit.name,
            peering_name=PRIVATE_PEERING,
            resource_group_name=args.circuit.resource_group_name,
            express_route_circuit_peering=network.SubResourceArgs(id=_private_peering_id(args.circuit)),
            peer_express_route_circuit_peering=network.SubResourceArgs(id=_private_peering_id(args.peer)),
            address_prefix=str(args.described.prefix),
            authorization_key=authorization_key(
                args.described.name,
                args.peer,
                user=args.circuit.subscription,
                own=args.authorization_key,
                parent=self,
            ),
            opts=replaced_for(GLOBAL_REACH, options),
        )


def _private_peering_id(circuit: CircuitReference) -> pulumi.Output[str]:
    return circuit.id.apply(lambda circuit_id: f"{circuit_id}/peerings/{PRIVATE_PEERING}")
