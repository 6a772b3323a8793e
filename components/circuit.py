"""An ExpressRoute circuit and its private peering.

The peering is a resource of its own, never part of the circuit's: mixed, an update of the one would delete
the other. Azure gives service keys in clear; here they are secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.naming import Placement
from components.provisioning import find_circuit, when_provisioned
from components.references import CircuitReference
from components.replacement import CIRCUIT, replaced_for

PRIVATE_PEERING = "AzurePrivatePeering"

_SECRET_OUTPUTS = ["serviceKey", "authorizationKey", "authorizations"]
"""Whoever has one of these can use the circuit; the SDK does not mark them."""


@dataclass(frozen=True, kw_only=True)
class ExpressRouteCircuitArgs:
    """What a circuit is made of."""

    described: topology.Circuit
    placement: Placement


class ExpressRouteCircuit(pulumi.ComponentResource):
    """A circuit and, once its provider has provisioned it, its private peering."""

    id: pulumi.Output[str]
    service_key: pulumi.Output[str]

    def __init__(
        self, name: str, args: ExpressRouteCircuitArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hybrid:network:ExpressRouteCircuit", name, None, opts)
        self._name, self._args = name, args
        self._physical_name = args.placement.name("erc", args.described.name)
        self._circuit = self._create_circuit()
        self.id = self._circuit.id
        self.service_key = pulumi.Output.secret(self._circuit.service_key.apply(lambda key: key or ""))
        self.register_outputs({"id": self.id, "serviceKey": self.service_key})

    def when_provisioned(self, connect: Callable[[CircuitReference], None]) -> None:
        """Create the private peering and call `connect`, or say what is missing for it."""
        group = self._args.placement.resource_group
        when_provisioned(
            self._circuit,
            find_circuit(group, self._physical_name),
            register=lambda: connect(self._create_private_peering()),
            wait=self._say_what_to_do,
        )

    def _create_circuit(self) -> network.ExpressRouteCircuit:
        placement, described = self._args.placement, self._args.described
        return network.ExpressRouteCircuit(
            self._name,
            circuit_name=self._physical_name,
            resource_group_name=placement.resource_group_name,
            location=placement.region,
            sku=network.ExpressRouteCircuitSkuArgs(
                name=f"{described.tier}_{described.family}", tier=described.tier, family=described.family
            ),
            service_provider_properties=network.ExpressRouteCircuitServiceProviderPropertiesArgs(
                service_provider_name=described.provider,
                peering_location=described.peering_location,
                bandwidth_in_mbps=described.bandwidth,
            ),
            tags=placement.tags,
            opts=replaced_for(
                CIRCUIT,
                pulumi.ResourceOptions(
                    parent=self, protect=placement.protect, additional_secret_outputs=_SECRET_OUTPUTS
                ),
            ),
        )

    def _create_private_peering(self) -> CircuitReference:
        peering = self._args.described.private_peering
        resource = network.ExpressRouteCircuitPeering(
            f"{self._name}-private-peering",
            peering_name=PRIVATE_PEERING,
            circuit_name=self._circuit.name,
            resource_group_name=self._args.placement.resource_group_name,
            peering_type=network.ExpressRoutePeeringType.AZURE_PRIVATE_PEERING,
            peer_asn=peering.peer_asn,
            primary_peer_address_prefix=str(peering.primary.prefix),
            secondary_peer_address_prefix=str(peering.secondary.prefix),
            vlan_id=peering.vlan_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return CircuitReference(
            id=self.id,
            name=self._circuit.name,
            resource_group_name=self._args.placement.resource_group_name,
            depends_on=(resource,),
        )

    def _say_what_to_do(self, state: str) -> None:
        described = self._args.described
        pulumi.log.warn(
            f"circuit {described.name} is ordered, but {described.provider} has not provisioned it yet "
            f"({state}): give {described.provider} its service key, from "
            "`pulumi stack output serviceKeys --show-secrets`, and run `pulumi up` again once it is "
            "provisioned. Its peering and connections wait until then.",
            resource=self,
        )
